"""The parts of a page: each writes itself and returns the answers it holds."""
import random
from typing import List, NamedTuple

from sample_corpus import filler
from sample_corpus.names import Namer
from sample_corpus.page import Page, Span
from sample_corpus.sentences import Text


class Answer(NamedTuple):
    """A right answer: its long answer candidate, short answers, and YES, NO or NONE."""

    about: str  # The key of the question, see questions.key.
    long: Span
    short: List[Span]
    yes_no: str = "NONE"


class Paragraph(NamedTuple):
    """Sentences. As a whole they may answer the question `about`, with YES, NO or neither."""

    sentences: List[Text]
    about: str = ""
    yes_no: str = "NONE"

    def write(self, page: Page) -> List[Answer]:
        span, values = page.block("P", " ".join(s.text for s in self.sentences))
        whole = [Answer(self.about, span, [], self.yes_no)] if self.about else []
        return whole + _answers(span, values, self.sentences)


class Items(NamedTuple):
    """A list, with a paragraph before it that introduces it."""

    lead: str
    items: List[Text]
    tag: str = "Ul"

    def write(self, page: Page) -> List[Answer]:
        if self.lead:
            page.block("P", self.lead)
        page.open(self.tag)
        spans = [span for item in self.items for span in page.block("Li", item.text)[1]]
        return _answers(page.close(), spans, self.items)


class Infobox(NamedTuple):
    """Labels and values beside the first paragraph."""

    title: str
    caption: str
    labels: List[str]
    values: List[Text]
    nested: List[str]  # Items of a list in the last cell.

    def write(self, page: Page) -> List[Answer]:
        page.open("Table", 'class="infobox" style="width:22em"')
        _row(page, [("Th", self.title)], 'colspan="2" class="summary"')
        if self.caption:
            _row(page, [("Td", self.caption)], 'colspan="2" style="text-align:center"')
        spans = []
        for label, value in zip(self.labels, self.values):
            spans += _row(page, [("Th", label), ("Td", value.text)])
        if self.nested:
            page.open("Tr")
            page.block("Th", "See also")
            page.open("Td")
            page.open("Ul")
            for item in self.nested:
                page.block("Li", item)
            page.close()
            page.close()
            page.close()
        return _answers(page.close(), spans, self.values)


class Grid(NamedTuple):
    """A table with a row of headings, which holds no answer."""

    headings: List[str]
    rows: List[List[str]]

    def write(self, page: Page) -> List[Answer]:
        page.open("Table", 'class="wikitable"')
        _row(page, [("Th", h) for h in self.headings])
        for row in self.rows:
            _row(page, [("Td", cell) for cell in row])
        page.close()
        return []


class Glossary(NamedTuple):
    """Terms and their meanings."""

    terms: List[str]
    meanings: List[str]

    def write(self, page: Page) -> List[Answer]:
        page.open("Dl")
        for term, meaning in zip(self.terms, self.meanings):
            page.block("Dt", term)
            page.block("Dd", meaning)
        page.close()
        return []


class Empty(NamedTuple):
    """A paragraph without words, as on real pages, where it is mostly no candidate."""

    candidate: bool

    def write(self, page: Page) -> List[Answer]:
        page.block("P", "", keep_empty=self.candidate)
        return []


def _answers(long: Span, spans: List[Span], texts: List[Text]) -> List[Answer]:
    """One answer for each key that the marked spans of `texts` answer."""
    keys = [key for text in texts for key in text.answers]
    return [Answer(key, long, [span for span, k in zip(spans, keys) if k == key])
            for key in dict.fromkeys(keys) if key]


def _row(page: Page, cells, attributes: str = "") -> List[Span]:
    page.open("Tr")
    spans = [span for tag, text in cells for span in page.block(tag, text, attributes)[1]]
    page.close()
    return spans


def write_head(page: Page, title: str) -> None:
    """Writes the title and everything above the article."""
    page.raw('<!DOCTYPE html>\n<HTML lang="en" dir="ltr"><HEAD>\n<META charset="utf-8">\n<TITLE>')
    page.text("%s - Sample Encyclopedia" % title)
    page.raw("</TITLE>\n<STYLE>.infobox{float:right}</STYLE></HEAD>\n<BODY>\n")
    page.block("H1", title, 'id="firstHeading" class="firstHeading"')
    page.text("Jump to: navigation, search")
    page.raw("\n")


def write_contents(page: Page, headings: List[str]) -> None:
    """Writes the table of contents: a list, but not a candidate."""
    page.block("P", "")
    page.block("H2", "Contents")
    page.open("Ul", candidate=False)
    for i, heading in enumerate(headings, 1):
        page.block("Li", "%d %s" % (i, heading), 'class="toclevel-1 tocsection-%d"' % i)
    page.close()


def write_foot(page: Page, rng: random.Random, namer: Namer) -> None:
    """Writes links, references and the footer."""
    if rng.random() < 0.5:
        page.block("H2", "See also")
        page.open("Ul")
        for link in filler.links(rng, namer, rng.randint(1, 5)):
            page.block("Li", link)
        page.close()
    if rng.random() < 0.4:
        page.block("H2", "References")
        page.open("Ol", 'class="references"', candidate=rng.random() < 0.3)
        for _ in range(rng.randint(1, 4)):
            page.block("Li", "%s (%d). %s, p. %d." % (
                namer.person(), rng.randint(1890, 2015), namer.work(), rng.randint(3, 400)))
        page.close()
    page.open("Ul", 'id="footer-info"', candidate=False)
    page.block("Li", "This page was last edited on %d May 2018, at %02d:%02d." % (
        rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59)))
    page.block("Li", "Text is invented; any likeness to real names is chance.")
    page.close()
    page.raw("</BODY></HTML>\n")
