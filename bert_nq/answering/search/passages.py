"""The parts of a page that are searched."""
from typing import Iterator, List, NamedTuple, Tuple

from bert_nq.answering.page_text import PageText
from bert_nq.datasets.html_pages.page import Page


class Passage(NamedTuple):
    """A candidate that is in no other one: a paragraph, a list, a table."""
    candidate: int  # its number on the page
    about: str  # the title of the page and the heading above
    text: str  # its words


def of_page(page: Page) -> Iterator[Passage]:
    """All passages of a page with a word in them, in their order.

    The heading belongs to a passage because it says what its pronouns stand for: the paragraph
    under "Founding" of the page "Tovin" may say "It was done in 1822" and no more.
    """
    text = PageText(page)
    headings = _headings(page, text)
    heading, next_heading = "", 0
    for number, candidate in enumerate(page.candidates):
        if not candidate.top_level:
            continue
        while (next_heading < len(headings)
               and headings[next_heading][0] <= candidate.start_token):
            heading = headings[next_heading][1]
            next_heading += 1
        words = _words(text, candidate.start_token, candidate.end_token)
        if words:
            yield Passage(number, " ".join(filter(None, (page.title, heading))), words)


def _headings(page: Page, text: PageText) -> List[Tuple[int, str]]:
    """(token at which it begins, words) of each heading."""
    found = []
    start = None
    for i, is_html in enumerate(page.is_html):
        if not is_html:
            continue
        tag = page.tokens[i].lower()
        if _is_heading(tag[1:-1]):
            start = i
        elif start is not None and _is_heading(tag[2:-1]):
            found.append((start, _words(text, start, i)))
            start = None
    return found


def _is_heading(name: str) -> bool:
    return len(name) == 2 and name[0] == "h" and name[1] in "123456"


def _words(text: PageText, start_token: int, end_token: int) -> str:
    start, end = text.characters_of(start_token, end_token)
    return text.text[start:end]
