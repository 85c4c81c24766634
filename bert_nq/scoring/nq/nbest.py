"""The reader of n-best files: the best long and short answers of each page with their scores.

docs/error_pages.md describes the format; decoding/nbest.py makes the entries.
"""
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.scoring.nq.answer_files import AnswerFile
from bert_nq.scoring.nq.labels import Record, entry_id

YES_NO = ("yes", "no")

_MAX_TOKENS = 1 << 31  # of a page, by far
_REMEDY = "a file of bert_nq/run_nq.py --output_nbest_file is wanted"


class NBestAnswer(NamedTuple):
    """A long or a short answer of a list."""
    start_token: int
    end_token: int
    text: str
    score: float
    probability: Optional[float]  # None where it is not given
    window: Optional[int]  # of the page's windows, the one that it comes from
    candidate_index: Optional[int]  # of a long answer: its index in the page's list


class YesNoScore(NamedTuple):
    """The score of yes or of no."""
    score: float
    probability: Optional[float]


class NBest(NamedTuple):
    """The best answers to a question, best first."""
    example_id: int
    question: str
    long_answers: List[NBestAnswer]
    short_answers: List[NBestAnswer]
    yes_no: Dict[str, YesNoScore]  # by YES_NO; empty where the decoder answers neither


def read_nbest(path: str) -> Iterator[NBest]:
    """Yields the entries of an n-best file, of which one at a time is in memory.

    Raises:
      UserError: the file is not JSON or not of this format, an entry is impossible, or an id occurs
        twice.
    """
    return (nbest for _, nbest in AnswerFile(path).entries(parse_nbest))


def parse_nbest(record: Record) -> NBest:
    """One entry of an n-best file; a missing (or null) list is empty.

    Raises:
      UserError: a value is impossible, or this is an entry of a prediction file; the message names
        the example.
    """
    example_id = entry_id(record)
    where = "example %d" % example_id
    if "long_answer" in record and "long_answers" not in record:
        raise UserError("%s has no n-best long_answers: %s" % (where, _REMEDY))
    return NBest(example_id, _text(record, "question"),
                 _answers(record, "long_answers", where, "long answer"),
                 _answers(record, "short_answers", where, "short answer"), _yes_no(record, where))


def _text(record: Record, field: str) -> str:
    value = record.get(field)
    return value if isinstance(value, str) else ""


def _answers(record: Record, field: str, where: str, kind: str) -> List[NBestAnswer]:
    answers = _field(record, field, list, where, "a list")
    return [_answer(answer, "%s: %s" % (where, kind)) for answer in answers]


def _answer(record: Any, where: str) -> NBestAnswer:
    if not isinstance(record, dict):
        raise UserError("%s is not a JSON object" % where)
    start, end = _tokens(record, where)
    return NBestAnswer(start, end, _text(record, "text"), _score(record, where),
                       _probability(record, where), _index(record, "window"),
                       _index(record, "candidate_index"))


def _tokens(record: Record, where: str) -> Tuple[int, int]:
    start, end = record.get("start_token"), record.get("end_token")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= _MAX_TOKENS:
        raise UserError("%s: tokens %.40r to %.40r are no span" % (where, start, end))
    return start, end


def _index(record: Record, field: str) -> Optional[int]:
    value = record.get(field)
    return value if type(value) is int and abs(value) <= _MAX_TOKENS else None


def _yes_no(record: Record, where: str) -> Dict[str, YesNoScore]:
    values = _field(record, "yes_no", dict, where, "a JSON object")
    return {kind: _yes_no_score(values[kind], "%s: %s" % (where, kind))
            for kind in YES_NO if kind in values}


def _yes_no_score(value: Any, where: str) -> YesNoScore:
    if not isinstance(value, dict):
        raise UserError("%s is not a JSON object" % where)
    return YesNoScore(_score(value, where), _probability(value, where))


def _score(record: Record, where: str) -> float:
    return float(parse_finite(record.get("score"), where + ": its score"))


def _probability(record: Record, where: str) -> Optional[float]:
    value = record.get("probability")
    return None if value is None else float(parse_finite(value, where + ": its probability"))


def _field(record: Record, field: str, kind: type, where: str, wanted: str) -> Any:
    value = record.get(field)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise UserError("%s: %s is not %s" % (where, field, wanted))
    return value
