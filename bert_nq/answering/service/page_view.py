"""A page with the places of its answers, as harmless HTML."""
from typing import List, Sequence, Tuple

from bert_nq.answering.answer import Alternative, Passage
from bert_nq.answering.page_text import PageText
from bert_nq.datasets.html_pages.page import Page
from bert_nq.error_pages.nq import markup
from bert_nq.error_pages.nq.markup import Mark


def render(page: Page, places: Sequence[Tuple[int, Alternative]]) -> str:
    """The page's words in a few elements without attributes, as error pages show them, with blanks
    where the page has them.

    Words of answer N are in <mark class="aN-long"> and <mark class="aN-short">; before and behind
    each stands an empty <span class="begin aN-long" id="aN-long"> or "end". Whoever shows the page
    gives those of one answer a look, so that another can be shown without asking again.

    Args:
      page: the page.
      places: (N, answer N) of those that are on it.
    """
    marks: List[Mark] = []
    for number, answer in places:
        if answer.long:
            marks.append(_mark("a%d-long" % number, "long answer", answer.long))
        if answer.short:
            marks.append(_mark("a%d-short" % number, "short answer", answer.short))
    return str(markup.render(page.tokens, page.is_html, marks, PageText(page).is_glued()))


def _mark(key: str, label: str, passage: Passage) -> Mark:
    return Mark(key, key, label, passage.start_token, passage.end_token)
