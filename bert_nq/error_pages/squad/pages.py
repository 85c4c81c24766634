"""Questions as they are read from their files, each to its file of the site.

In memory are the annotated texts, predictions, n-best lists and list rows of all questions, and two
contexts.
"""
import functools
from typing import IO, Iterator, List, NamedTuple, Optional, Sequence

from bert_nq.base.bad_input import BadInput
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.squad.example import Example
from bert_nq.datasets.squad.reading import READING
from bert_nq.error_pages import site
from bert_nq.error_pages.squad import highlights, index_page, outcomes, question_page
from bert_nq.error_pages.squad.nbest_file import NBestFile
from bert_nq.error_pages.squad.outcomes import ERRORS, JudgedQuestion
from bert_nq.error_pages.squad.question_page import Content
from bert_nq.scoring.squad.system import System


class Source(NamedTuple):
    """All that the site shows, but for the contexts, which are read from their files."""
    gold_paths: Sequence[str]
    system: System
    questions: Sequence[JudgedQuestion]  # all of them
    nbest: Optional[NBestFile]


def choose(questions: Sequence[JudgedQuestion], only: str = "all", max_pages: int = 0
           ) -> List[JudgedQuestion]:
    """The questions that get a page.

    Args:
      questions: all questions, in their order.
      only: "all", "wrong" for any error, or another one of the VERDICTS.
      max_pages: how many of the wanted questions, counted from the first; 0: all.
    """
    verdicts = ERRORS if only == "wrong" else (only,)
    chosen = [q for q in questions if only == "all" or q.verdict in verdicts]
    return chosen[:max_pages] if max_pages else chosen


def write(path: str, source: Source, chosen: Sequence[JudgedQuestion], bad_input: BadInput
          ) -> Iterator[str]:
    """Writes the site and yields the name of each question's file; the folder appears at the end.

    Args:
      path: the folder; `site.check_folder` was called for it.
      source: predictions, verdicts and so on.
      chosen: the questions that get a file, in their order.
      bad_input: told of questions whose context cannot be used.

    Raises:
      UserError: a file cannot be read, there is nothing to write, or it cannot be written.
    """
    site.check_chosen(chosen)
    system, scores = source.system, source.system.numbers()
    summary = index_page.Summary(
        system.version, outcomes.counts(source.questions, system.version), scores,
        system.threshold, system.na_probs is not None, source.nbest is not None)
    index = site.Index(functools.partial(_write_index, summary), {
        "version": system.version, "threshold": system.threshold, "scores": scores})
    return site.write(path, map(_page, _contents(source, chosen, bad_input)), index)


def _page(content: Content) -> site.Page:
    return site.Page(content.example.example_id, functools.partial(question_page.build, content),
                     functools.partial(index_page.row, content))


def _write_index(summary: index_page.Summary, out: IO[bytes], rows: Sequence[str]) -> None:
    index_page.write(out, summary, rows)


def _contents(source: Source, chosen: Sequence[JudgedQuestion], bad_input: BadInput
              ) -> Iterator[Content]:
    """The content of each chosen question's file, in the order of the files."""
    left = {hashed_id(question.question.question_id): question for question in chosen}
    for example in READING.examples(source.gold_paths, bad_input):
        question = left.pop(example.example_id, None)
        if question is not None:
            yield _content(source, question, example)
        if not left:
            return


def _content(source: Source, question: JudgedQuestion, example: Example) -> Content:
    found = highlights.find(example, question.question.answers, question.text,
                            question.is_silenced())
    return Content(example, question, found,
                   source.nbest.get(example.question_id) if source.nbest else None,
                   source.system.threshold, source.system.version)
