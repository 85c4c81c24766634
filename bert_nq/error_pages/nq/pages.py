"""Questions as they are read from their shards, each to its file of the site.

In memory are the annotations, predictions, n-best lists and list rows of all questions, and two
pages.
"""
import functools
from typing import IO, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.decoding import decode_page
from bert_nq.datasets.nq.example import Example
from bert_nq.error_pages import site
from bert_nq.error_pages.nq import answer_files, highlights, index_page, question_page
from bert_nq.error_pages.nq.answer_files import Details, NBestFile
from bert_nq.error_pages.nq.outcomes import (
    ANSWERED,
    ERRORS,
    UNANSWERED,
    JudgedQuestion,
    Scored,
)
from bert_nq.error_pages.nq.question_page import Content
from bert_nq.scoring.nq.labels import Answers, Prediction, Record


class Source(NamedTuple):
    """All that the site shows, but for the pages, which are read from their shards."""
    gold_paths: Sequence[str]
    gold: Mapping[int, Sequence[Answers]]  # by example id
    predictions: Mapping[int, Prediction]
    scored: Scored
    best_thresholds: Tuple[bool, bool]  # see index_page.Summary
    details: Mapping[int, Details]
    nbest: Optional[NBestFile]
    predictor: Record  # {} where the predictions do not say
    remarks: Sequence[str]  # see index_page.Summary


def choose(questions: Sequence[JudgedQuestion], only: str = "all", max_pages: int = 0
           ) -> List[JudgedQuestion]:
    """The questions that get a page.

    Args:
      questions: all questions, in the order of the shards.
      only: "all", "wrong" for any error, "yes_no", "answered" or "unanswered" by the long and the
        short answer together, or one of the VERDICTS.
      max_pages: how many of the wanted questions, counted from the first; 0: all.
    """
    def is_wanted(question: JudgedQuestion) -> bool:
        if only == "yes_no":
            return question.has_yes_no
        if only in (ANSWERED, UNANSWERED):
            return (question.long.is_answered or question.short.is_answered) == (only == ANSWERED)
        verdicts = ERRORS if only == "wrong" else (only,)
        return only == "all" or any(v in verdicts for v in question.verdicts())

    chosen = list(filter(is_wanted, questions))
    return chosen[:max_pages] if max_pages else chosen


def write(path: str, source: Source, chosen: Sequence[JudgedQuestion], bad_input: BadInput
          ) -> Iterator[str]:
    """Writes the site and yields the name of each question's file; the folder appears at the end.

    Args:
      path: the folder; `site.check_folder` was called for it.
      source: predictions, verdicts and so on.
      chosen: the questions that get a file, in the order of the shards.
      bad_input: told of pages that cannot be used.

    Raises:
      UserError: a shard cannot be read, there is nothing to write, or it cannot be written.
    """
    site.check_chosen(chosen)
    index = site.Index(functools.partial(_write_index, _summary(source)), {
        "predictor": answer_files.describe(source.predictor),
        "thresholds": dict(zip(("long", "short"), source.scored.thresholds()))})
    return site.write(path, map(_page, _contents(source, chosen, bad_input)), index)


def _page(content: Content) -> site.Page:
    return site.Page(content.question.example_id, functools.partial(question_page.build, content),
                     functools.partial(index_page.row, content))


def _write_index(summary: index_page.Summary, out: IO[bytes], rows: Sequence[str]) -> None:
    index_page.write(out, summary, rows)


def _summary(source: Source) -> index_page.Summary:
    scored = source.scored
    return index_page.Summary(len(scored.questions), scored.counts(),
                              (scored.long_point, scored.short_point), source.best_thresholds,
                              answer_files.name_of(source.predictor),
                              answer_files.options_of(source.predictor), source.remarks,
                              scored.verdicts())


def _contents(source: Source, chosen: Sequence[JudgedQuestion], bad_input: BadInput
              ) -> Iterator[Content]:
    """The content of each chosen question's file, in the order of the shards."""
    left = {question.example_id: question for question in chosen}
    for path in source.gold_paths:
        for place, line in lines.checked_lines(path, bad_input):
            if not left:
                return
            try:
                example = decode_page(line, place)
                question = left.pop(example.example_id, None)
                content = (None if question is None
                           else _content(source, question, example, line))
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            if content is not None:
                yield content


def _content(source: Source, question: JudgedQuestion, example: Example, line: bytes) -> Content:
    example_id = question.example_id
    prediction = source.predictions[example_id]
    found = highlights.find(
        example, highlights.Locator(example, line), source.gold[example_id], prediction,
        (question.long.is_answered, question.short.is_answered))
    return Content(example, question, prediction, found, source.details.get(example_id),
                   source.nbest.get(example_id) if source.nbest else None,
                   source.scored.thresholds())
