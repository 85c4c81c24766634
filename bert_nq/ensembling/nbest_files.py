"""Reading the n-best files of several models side by side, page by page.

`output.prediction_file` writes a page on each line, and so the files are read: of models that saw
the same pages in the same order, one page each is in memory at a time.
"""
import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.lines import read_lines
from bert_nq.base.numbers import is_finite
from bert_nq.datasets.nq.example import Span
from bert_nq.scoring.nq.labels import parse_id

Record = Dict[str, Any]

YES_NO = ("yes", "no")

_FIRST = b'{"predictor": '
_BEGIN = b'"predictions": ['
_END = b"]}"
_MAX_TOKENS = 1 << 31  # of a page, by far
_REMEDY = "a file of bert_nq/run_nq.py --output_nbest_file is wanted, as it was written"


class Answer(NamedTuple):
    """A long or a short answer of a list."""
    score: float
    text: str
    window: int  # of the model's windows of the page
    candidate: Optional[int]  # of a long answer: its index in the page's list


class Page(NamedTuple):
    """What a model says of a page."""
    example_id: int
    question: str
    longs: Dict[Span, Answer]  # each span once, with its best score
    shorts: Dict[Span, Answer]
    yes_no: Dict[str, float]  # the scores of YES_NO; empty where the decoder knows neither


def read_predictor(path: str) -> Optional[Record]:
    """What the file says of the model and the decoder; None if it does not say.

    Raises:
      UserError: it is no n-best file.
    """
    return _begin(path)[0]


def read_pages(path: str, with_texts: bool = True) -> Iterator[Page]:
    """Yields the pages of an n-best file.

    Args:
      path: the file, gzipped or not.
      with_texts: False leaves the texts and the question empty, which saves most of the memory.

    Raises:
      UserError: the file is no n-best file or cut off, an entry is impossible, or a page occurs
        twice; the message names the line.
    """
    ids = set()
    for number, line in _begin(path)[1]:
        line = line.strip()
        if line == _END:
            return
        where = "%s, line %d" % (path, number)
        try:
            record = json.loads(line[:-1] if line.endswith(b",") else line)
        except (ValueError, RecursionError):
            raise UserError("%s: this line is not a page: %s" % (where, _REMEDY)) from None
        page = _page(record, where, with_texts)
        if page.example_id in ids:
            raise UserError("%s: example %d was there before" % (where, page.example_id))
        ids.add(page.example_id)
        yield page
    raise UserError("%s is cut off: there is no ]} at its end; %s" % (path, _REMEDY))


def _begin(path: str) -> Tuple[Optional[Record], Iterator[Tuple[int, bytes]]]:
    """The predictor, and the lines behind the opening of the list."""
    lines = read_lines(path)
    first = next(lines, (1, b""))[1].strip()
    if first == b"{" + _BEGIN:
        return None, lines
    try:
        if not (first.startswith(_FIRST) and first.endswith(b",")):
            raise ValueError(first)
        predictor = json.loads(first[:-1] + b"}")["predictor"]
        if next(lines, (2, b""))[1].strip() != _BEGIN:
            raise ValueError("the list does not begin in the second line")
    except (ValueError, RecursionError):
        raise UserError("%s does not begin as an n-best file does: %s" % (path, _REMEDY)) from None
    if not (predictor is None or isinstance(predictor, dict)):
        raise UserError('%s: "predictor" is not a JSON object' % path)
    return predictor, lines


def _page(record: Any, where: str, with_texts: bool) -> Page:
    if not isinstance(record, dict) or "example_id" not in record:
        raise UserError("%s: the field example_id is missing: %s" % (where, _REMEDY))
    try:
        example_id = parse_id(record["example_id"])
    except UserError as e:
        raise UserError("%s: %s" % (where, e)) from e
    where += ": example %d" % example_id
    for field, kind in (("long_answers", list), ("short_answers", list), ("yes_no", dict)):
        if not isinstance(record.get(field), kind):
            raise UserError("%s has no n-best %s: %s" % (where, field, _REMEDY))
    question = record.get("question") if with_texts else ""
    return Page(example_id, question if isinstance(question, str) else "",
                _answers(record["long_answers"], where + ": long answer", with_texts),
                _answers(record["short_answers"], where + ": short answer", with_texts),
                _yes_no(record["yes_no"], where))


def _answers(records: List[Any], where: str, with_texts: bool) -> Dict[Span, Answer]:
    answers = {}  # type: Dict[Span, Answer]
    for record in records:
        if not isinstance(record, dict):
            raise UserError("%s is not a JSON object" % where)
        span = Span(record.get("start_token"), record.get("end_token"))
        if (not all(type(token) is int for token in span)
                or not 0 <= span[0] < span[1] <= _MAX_TOKENS):
            raise UserError("%s: tokens %.40r to %.40r are no span" % (where, span[0], span[1]))
        score = _score(record.get("score"), where)
        if span not in answers or answers[span].score < score:
            answers[span] = Answer(score, str(record.get("text", "")) if with_texts else "",
                                   record.get("window", -1), record.get("candidate_index"))
    return answers


def _yes_no(record: Record, where: str) -> Dict[str, float]:
    return {name: _score(record[name].get("score") if isinstance(record[name], dict) else None,
                         "%s: %s" % (where, name)) for name in YES_NO if name in record}


def _score(value: Any, where: str) -> float:
    if not is_finite(value):
        raise UserError("%s: its score is %s, not a finite number" % (where, repr(value)[:40]))
    return float(value)


def read_together(paths: Sequence[str], with_texts: bool = True) -> Iterator[List[Page]]:
    """Yields each page as the models of all files see it, in the order of the first file.

    Pages that another file has earlier than the first one wait in memory.

    Raises:
      UserError: a page is not in all files, or a file is not as `read_pages` wants it.
    """
    first, others = paths[0], [_Waiting(path, with_texts) for path in paths[1:]]
    for page in read_pages(first, with_texts):
        yield [page] + [other.take(page.example_id, first) for other in others]
    for other in others:
        other.check_empty(first)


class _Waiting:
    """The pages of a file, by their ids."""

    def __init__(self, path: str, with_texts: bool):
        self._path = path
        self._pages = read_pages(path, with_texts)
        self._read = {}  # type: Dict[int, Page]

    def take(self, example_id: int, asking: str) -> Page:
        while example_id not in self._read:
            page = next(self._pages, None)
            if page is None:
                raise self._missing(self._path, example_id, asking)
            self._read[page.example_id] = page
        return self._read.pop(example_id)

    def check_empty(self, asking: str) -> None:
        rest = next(iter(self._read), None)
        if rest is None:
            page = next(self._pages, None)
            rest = page and page.example_id
        if rest is not None:
            raise self._missing(asking, rest, self._path)

    @staticmethod
    def _missing(path: str, example_id: int, other: str) -> UserError:
        return UserError("%s has no example %d, which %s has: all models must have predicted the "
                         "same pages" % (path, example_id, other))
