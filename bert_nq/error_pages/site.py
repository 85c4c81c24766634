"""The files of the site, written as pages are read from their shards.

    DIR/index.html              the list of questions
    DIR/pages/000/q-123.html    the question with the id -123; 1,000 of them in a folder
    DIR/site.json               what was written, and that it may be replaced

In memory are the annotations, predictions, n-best lists and list rows of all questions, and two
pages.
"""
import os
from typing import Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import files, lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.decoding import decode_page
from bert_nq.datasets.nq.example import Example
from bert_nq.error_pages import (
    answer_files,
    documents,
    folder,
    highlights,
    index_page,
    question_page,
)
from bert_nq.error_pages.answer_files import Details, NBestFile
from bert_nq.error_pages.outcomes import ERRORS, JudgedQuestion, Scored, counts
from bert_nq.error_pages.question_page import Content, Links
from bert_nq.scoring.nq.labels import Answers, Prediction, Record

_INDEX, _PAGES, _MARKER = "index.html", "pages", "site.json"
_MADE_BY = "bert_nq error pages"
_IN_A_FOLDER = 1000


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


def check_folder(path: str, inputs: Sequence[str]) -> None:
    """Raises UserError if the site must not be written to `path`; see `folder.check`."""
    folder.check(path, _MARKER, (_INDEX, _PAGES, _MARKER), inputs)


def choose(questions: Sequence[JudgedQuestion], only: str = "all", max_pages: int = 0
           ) -> List[JudgedQuestion]:
    """The questions that get a page.

    Args:
      questions: all questions, in the order of the shards.
      only: "all", "wrong" for any error, "yes_no", or one of the VERDICTS.
      max_pages: how many of the wanted questions, counted from the first; 0: all.
    """
    def is_wanted(question: JudgedQuestion) -> bool:
        if only == "yes_no":
            return question.has_yes_no
        verdicts = ERRORS if only == "wrong" else (only,)
        return only == "all" or any(v in verdicts for v in question.verdicts())

    chosen = list(filter(is_wanted, questions))
    return chosen[:max_pages] if max_pages else chosen


def write(path: str, source: Source, chosen: Sequence[JudgedQuestion], bad_input: BadInput
          ) -> Iterator[str]:
    """Writes the site and yields the name of each question's file; the folder appears at the end.

    Args:
      path: the folder; `check_folder` was called for it.
      source: predictions, verdicts and so on.
      chosen: the questions that get a file, in the order of the shards.
      bad_input: told of pages that cannot be used.

    Raises:
      UserError: a shard cannot be read, there is nothing to write, or it cannot be written.
    """
    if not chosen:
        raise UserError("no question is of the kind that was asked for: there is nothing to write")
    with folder.replacing(path) as new:
        rows = []
        for row, name in _write_questions(new, source, chosen, bad_input):
            rows.append(row)
            yield name
        with open(os.path.join(new, _INDEX), "wb") as out:
            index_page.write(out, _summary(source), rows)
        files.write_json(os.path.join(new, _MARKER), {
            "made_by": _MADE_BY, "predictor": answer_files.describe(source.predictor),
            "thresholds": dict(zip(("long", "short"), source.scored.thresholds()))})


def _summary(source: Source) -> index_page.Summary:
    scored = source.scored
    return index_page.Summary(len(scored.questions), counts(scored.questions),
                              (scored.long_point, scored.short_point), source.best_thresholds,
                              answer_files.name_of(source.predictor),
                              answer_files.options_of(source.predictor), source.remarks)


def _write_questions(root: str, source: Source, chosen: Sequence[JudgedQuestion],
                     bad_input: BadInput) -> Iterator[Tuple[str, str]]:
    """Writes the questions' files and yields the row in the list and the name of each.

    A file is written after the next page has been read: only then it is known whether there is a
    next file to link to.
    """
    before, name, pending = None, None, None
    for number, content in enumerate(_contents(source, chosen, bad_input)):
        next_name = "%s/%03d/q%d.html" % (_PAGES, number // _IN_A_FOLDER,
                                          content.question.example_id)
        if pending is not None:
            yield _write_question(root, pending, name, before, next_name)
            before = name
        pending, name = content, next_name
    if pending is not None:
        yield _write_question(root, pending, name, before, None)


def _write_question(root: str, content: Content, name: str, before: Optional[str],
                    after: Optional[str]) -> Tuple[str, str]:
    up = "../" * name.count("/")
    links = Links(up + _INDEX, before and up + before, after and up + after)
    path = os.path.join(root, *name.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(documents.encode(question_page.build(content, links)))
    return index_page.row(content, name), name


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
