"""Pages of Natural Questions made of articles of SQuAD.

A page is a run of 6 to 12 paragraphs of an article around the one that is asked about, which stands
anywhere among them. On every fourth page, by chance, another of its paragraphs is a list of its
sentences. From a share of the pages the asked paragraph is taken out, so that they have no answer.
"""
import heapq
import itertools
import re
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import unquote

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.randomness import hash_of_integers
from bert_nq.datasets.html_pages.builder import Builder
from bert_nq.datasets.html_pages.locating import PageText
from bert_nq.datasets.html_pages.making import NULL, Counts
from bert_nq.datasets.html_pages.nq_lines import nq_line
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Annotation
from bert_nq.datasets.squad.example import Example
from bert_nq.datasets.squad.reading import READING

FEWEST_PARAGRAPHS, MOST_PARAGRAPHS = 6, 12
_PAGES_PER_LIST = 4
DEV_ANNOTATIONS = 5

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
# What is drawn for a question, each from a hash of its own.
_CHOICE, _LENGTH, _POSITION, _IS_NULL, _HAS_LIST, _LIST = range(6)


class Options(NamedTuple):
    """How pages are made."""
    is_dev: bool  # five annotations a page, and not one
    null_fraction: float  # of the answerable questions, whose paragraph is taken out
    seed: int
    max_examples: int = 0  # so many questions, chosen by chance; 0 for all
    only_unique: bool = False  # leaves out answers that occur more than once in their paragraph


def lines(paths: Sequence[str], options: Options, bad_input: BadInput, counts: Counts,
          note: Callable[[str], None]) -> Iterator[bytes]:
    """Yields a line, without its end, for every question; one article is in memory.

    Args:
      paths: files of questions in any format that squad.reading knows, questions about an article
        in a row; they are read twice if `max_examples` is given.
      options: see there.
      bad_input: told of questions that cannot be used.
      counts: is added to.
      note: told of the first answers that are not in their paragraph.
    """
    chosen = _chosen(paths, options) if options.max_examples else None
    for title, group in itertools.groupby(_titled(paths, bad_input), key=lambda e: e.title):
        article = list(group)
        counts["articles"] += 1
        paragraphs = list(dict.fromkeys(example.context for example in article))
        counts["short articles"] += len(paragraphs) < FEWEST_PARAGRAPHS
        for example in article:
            if chosen is not None and example.example_id not in chosen:
                continue
            made = _make(example, title, paragraphs, options)
            if made is None:
                counts["skipped"] += 1
                if counts["skipped"] <= 5:
                    note("skipped: %s: %s" % (example.place(), _why(example)))
                continue
            page, annotations = made
            counts["examples"] += 1
            counts["without an answer"] += annotations[0] == NULL
            counts["candidates"] += len(page.candidates)
            counts["with a list"] += "<Ul>" in page.tokens
            yield nq_line(page, example.question, example.example_id, annotations)


def _titled(paths: Sequence[str], bad_input: BadInput) -> Iterator[Example]:
    """Yields the questions that tell their article."""
    for example in READING.examples(paths, bad_input):
        if example.title:
            yield example
        else:
            bad_input.handle(BadExampleError(
                "%s: it has no title, so that it is not known which paragraphs are around its own"
                % example.place()))


def _chosen(paths: Sequence[str], options: Options) -> "frozenset[int]":
    """The ids of so many questions, those with the smallest hashes."""
    ids = (example.example_id for example in _titled(paths, BadInput(True, _silent))
           if not _is_left_out(example, options))
    return frozenset(heapq.nsmallest(
        options.max_examples, ids, key=lambda i: (_draw(options, i, _CHOICE), i)))


def _silent(message: str) -> None:
    """Says nothing: faults are told when the file is read again."""


def _why(example: Example) -> str:
    if not example.answers:
        return "it has no answer, nor is it said to be impossible"
    return ("the answer %.60r is not at its place in the paragraph, or occurs there more than once"
            % example.answers[0].text)


def _is_left_out(example: Example, options: Options) -> bool:
    if example.is_impossible:
        return False
    return not example.answers or options.only_unique and any(
        example.context.count(answer.text) > 1 for answer in example.answers if answer.text)


def _draw(options: Options, example_id: int, what: int) -> int:
    return hash_of_integers(options.seed, example_id, what)


def _make(example: Example, title: str, paragraphs: List[str], options: Options
          ) -> Optional[Tuple[Page, List[Annotation]]]:
    if _is_left_out(example, options):
        return None

    def draw(what: int, below: int) -> int:
        return _draw(options, example.example_id, what) % below

    asked = paragraphs.index(example.context)
    length = FEWEST_PARAGRAPHS + draw(_LENGTH, MOST_PARAGRAPHS - FEWEST_PARAGRAPHS + 1)
    first = max(0, min(asked - draw(_POSITION, length), len(paragraphs) - length))
    run = list(range(first, min(first + length, len(paragraphs))))
    others = [i for i in run if i != asked]
    is_null = bool(example.is_impossible)
    if not is_null and others and draw(_IS_NULL, 1 << 53) < options.null_fraction * (1 << 53):
        is_null, run = True, others
    as_list = -1
    if others and draw(_HAS_LIST, _PAGES_PER_LIST) == 0:
        as_list = others[draw(_LIST, len(others))]
    # SQuAD has the titles of Wikipedia's addresses: Fr%C3%A9d%C3%A9ric_Chopin.
    page = _page(unquote(title).replace("_", " "), [(paragraphs[i], i == as_list) for i in run],
                 example.source)
    num_annotations = DEV_ANNOTATIONS if options.is_dev else 1
    if is_null:
        return page, [NULL] * num_annotations
    found = _annotations(example, page)
    if not found:
        return None
    return page, [found[i % len(found)] for i in range(num_annotations)]


def _annotations(example: Example, page: Page) -> List[Annotation]:
    """An annotation for each distinct answer that is at its place, in their order."""
    text = PageText(page)
    places = [text.find_in(example.context, answer.text, answer.start_char)
              for answer in example.answers if answer.start_char >= 0]
    return list(dict.fromkeys(Annotation(place.candidate_index, (place.span,), "NONE")
                              for place in places if place))


def _page(title: str, paragraphs: Iterable[Tuple[str, bool]], source: str) -> Page:
    """A page of paragraphs, each with whether it is a list of its sentences."""
    builder = Builder()
    heading = builder.open("H1")
    builder.text(title)
    builder.close(heading)
    for paragraph, is_list in paragraphs:
        block = builder.open("Ul" if is_list else "P")
        if is_list:
            for sentence in _SENTENCE_END.split(paragraph):
                item = builder.open("Li")
                builder.text(sentence)
                builder.close(item)
        else:
            builder.text(paragraph)
        builder.close(block)
    return builder.page(title, source)
