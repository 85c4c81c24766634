"""The reader of annotated questions, without their contexts and the places of their answers.

Files of SQuAD's own format are read here, an article at a time. Other formats are taken apart by
the dataset's reader, which is given by the caller.
"""
import contextlib
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import files, inflating, lines
from bert_nq.base.errors import UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.json_lines import parse_line
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError
from bert_nq.base.reading import Read


class Question(NamedTuple):
    """An annotated question."""
    question_id: str
    question: str
    answers: Tuple[str, ...]  # as annotated; none where the question is impossible
    is_impossible: Optional[bool]  # None where it is not said, as in version 1.1
    source: str  # "dev-v2.0.json, question 17 (56ddde6b9a695914005b9628)"


class _OtherFormatError(Exception):
    """The file is not of SQuAD's own format."""


def read_questions(paths: Sequence[str], read: Optional[Read] = None) -> Dict[str, Question]:
    """The questions of files, by their ids, in their order.

    Args:
      paths: of SQuAD's own format, or of one that `read` knows; gzip or not.
      read: takes files of other formats apart into questions as JSON, see `base.reading`.

    Raises:
      UserError: a file cannot be read, a field is missing or of another type, an id occurs twice,
        or there is no question.
    """
    questions: Dict[str, Question] = {}
    for path in paths:
        for question in _of_file(path, read):
            earlier = questions.setdefault(question.question_id, question)
            if earlier is not question:
                raise UserError("%s: this id was already in %s" % (question.source, earlier.source))
    if not questions:
        raise UserError("%s: there is no question in it" % paths[0])
    return questions


def read_gold(paths: Sequence[str], read: Optional[Read] = None) -> Dict[int, Question]:
    """`read_questions`, by the examples' ids."""
    return {hashed_id(question_id): question
            for question_id, question in read_questions(paths, read).items()}


def _of_file(path: str, read: Optional[Read]) -> Iterator[Question]:
    try:
        for number, record in _official(path):
            yield _question(record, path, number)
    except _OtherFormatError:
        if read is None:
            raise UserError('%s is not of SQuAD\'s format, {"data": [{"paragraphs": ...}]}'
                            % path) from None
        for number, item in read(path, None):
            question = _question(parse_line(item), path, number)
            # These formats need not say what is false for all questions.
            yield question if question.is_impossible else question._replace(is_impossible=None)


def _official(path: str) -> Iterator[Tuple[int, Any]]:
    """Yields (number, question) of a file of SQuAD's own format, as they are in it.

    Raises:
      _OtherFormatError: it is of another one.
    """
    with _stream(path) as stream:
        if not stream.skip("{"):
            raise _OtherFormatError
        found = False
        for _ in stream.members("}"):
            key = stream.key()
            if key != "data":
                stream.value()
            elif found or not stream.skip("["):
                raise _OtherFormatError
            else:
                found = True
                number = 0
                for _ in stream.members("]"):
                    for record in _of_article(stream.value(), path, number):
                        number += 1
                        yield number, record
        if not found:
            raise _OtherFormatError
        stream.end()


@contextlib.contextmanager
def _stream(path: str) -> Iterator[JSONStream]:
    with files.open_binary(path) as raw:
        text, inflated = inflating.decompressed(raw)
        fault = None
        try:
            yield JSONStream(text)
        except NotJSONError as e:
            fault = e
        if inflated and inflated.fault:
            raise UserError("%s: the gzip data are cut off or damaged (%s)"
                            % (path, inflated.fault))
        if fault:
            raise UserError("%s is not JSON (%s)" % (path, fault)) from fault


def _of_article(article: Any, path: str, number: int) -> Iterator[Any]:
    """Yields the questions of an article; `number` is that of the last question before it."""
    if not isinstance(article, dict) or not isinstance(article.get("paragraphs"), list):
        raise _OtherFormatError
    for paragraph in article["paragraphs"]:
        if not isinstance(paragraph, dict) or not isinstance(paragraph.get("qas"), list):
            raise UserError('%s, after question %d: a paragraph has no list "qas"' % (path, number))
        for record in paragraph["qas"]:
            number += 1
            yield record


def _question(record: Any, path: str, number: int) -> Question:
    source = lines.source_of(path, number, "question")
    if not isinstance(record, dict):
        raise UserError("%s is not a JSON object" % source)
    question_id = record.get("id")
    if type(question_id) is int:  # as rows of a table may have it
        question_id = str(question_id)
    if "fault" not in record and not isinstance(question_id, str):
        raise UserError("%s: its id is %.40r, not a string" % (source, question_id))
    source = "%s (%s)" % (source, question_id)
    if "fault" in record:  # The dataset's reader could not use it.
        raise UserError("%s: %s" % (source, record["fault"]))
    is_impossible = record.get("is_impossible")
    if not (is_impossible is None or isinstance(is_impossible, bool)):
        raise UserError("%s: is_impossible is %.40r, not true or false" % (source, is_impossible))
    question = record.get("question")
    return Question(question_id, question if isinstance(question, str) else "",
                    _answers(record.get("answers"), source), is_impossible, source)


def _answers(answers: Any, source: str) -> Tuple[str, ...]:
    if not isinstance(answers, list):
        raise UserError("%s: it has no list of answers: a test split cannot be scored" % source)
    found = tuple(answer.get("text") if isinstance(answer, dict) else None for answer in answers)
    if not all(isinstance(text, str) for text in found):
        raise UserError("%s: an answer has no text" % source)
    return found
