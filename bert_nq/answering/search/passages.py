"""The parts of a page that are searched."""
from typing import Iterator, List, NamedTuple, Sequence, Tuple

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
    headings = _headings(page)
    heading, next_heading = "", 0
    for number, candidate in enumerate(page.candidates):
        if not candidate.top_level:
            continue
        while (next_heading < len(headings)
               and headings[next_heading][0] <= candidate.start_token):
            heading = headings[next_heading][1]
            next_heading += 1
        text = _text(page, candidate.start_token, candidate.end_token)
        if text:
            yield Passage(number, " ".join(filter(None, (page.title, heading))), text)


def _headings(page: Page) -> List[Tuple[int, str]]:
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
            found.append((start, _text(page, start, i)))
            start = None
    return found


def _is_heading(name: str) -> bool:
    return len(name) == 2 and name[0] == "h" and name[1] in "123456"


def _text(page: Page, start_token: int, end_token: int) -> str:
    """The words of a part; those that touch on the page do so here: "do" and "n't" are "don't"."""
    parts: List[str] = []
    end_byte = -1
    for i in _words(page.is_html, start_token, end_token):
        if parts and page.start_bytes[i] != end_byte:
            parts.append(" ")
        parts.append(page.tokens[i])
        end_byte = page.end_bytes[i]
    return "".join(parts)


def _words(is_html: Sequence[bool], start_token: int, end_token: int) -> Iterator[int]:
    return (i for i in range(start_token, end_token) if not is_html[i])
