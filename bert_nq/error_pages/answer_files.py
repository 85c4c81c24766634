"""What a prediction file and an n-best file hold for a person, read without holding the file.

The official fields of predictions are scoring.predictions' to read and to check.
"""
import codecs
import json
import math
import zlib
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import orjson

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.labels import Span, parse_id, parse_span

_CHUNK = 1 << 20  # bytes
_BLANKS = " \t\n\r"

Record = Dict[str, Any]  # a JSON object


class Candidate(NamedTuple):
    """An entry of an n-best list."""
    start_token: int
    end_token: int
    text: str
    score: float
    probability: Optional[float]  # None where it is not given
    window: Optional[int]


class NBest(NamedTuple):
    """The best answers to a question, best first."""
    long_answers: List[Candidate]
    short_answers: List[Candidate]
    yes_no: Dict[str, List[Optional[float]]]  # "yes" and "no": score, probability


class Details(NamedTuple):
    """What a prediction says beside the official fields."""
    scores: Dict[str, float]  # by "long", "short", "yes", "no"; may be empty
    probabilities: Dict[str, float]
    best_short: Tuple[Span, ...]  # whose score is that of "short", also where yes or no is answered


class AnswerFile:
    """A file {"predictor": {...}, "predictions": [...]}, as of predictions and of n-best lists.

    Attributes:
      predictor: the model and decoder; {} where the file has none, or until `entries` is through.
    """

    def __init__(self, path: str):
        self._path = path
        self.predictor: Record = {}

    def entries(self, parse: Callable[[Record], Any]) -> Iterator[Any]:
        """Yields (example id, `parse(record)`) of each prediction, one in memory at a time.

        Raises:
          UserError: the file is not of this format, or `parse` raised it.
        """
        with files.open_binary(self._path) as f:
            try:
                for number, record in enumerate(self._records(_Values(f)), 1):
                    try:
                        if not isinstance(record, dict) or "example_id" not in record:
                            raise UserError("no JSON object with an example_id")
                        example_id = parse_id(record["example_id"])
                        yield example_id, parse(record)
                    except UserError as e:
                        raise UserError("%s, prediction %d: %s" % (self._path, number, e)) from e
            except (ValueError, RecursionError) as e:
                raise UserError("%s is not JSON of the form {\"predictions\": [...]}: %s"
                                % (self._path, e)) from e

    def _records(self, values: "_Values") -> Iterator[Any]:
        values.expect("{")
        found = False
        while not values.skip("}"):
            name = values.read()
            values.expect(":")
            if name == "predictions":
                found = True
                values.expect("[")
                while not values.skip("]"):
                    yield values.read()
                    values.skip(",")
            elif name == "predictor":
                predictor = values.read()
                self.predictor = predictor if isinstance(predictor, dict) else {}
            else:
                values.read()
            values.skip(",")
        if not found:
            raise UserError('%s has no list "predictions"' % self._path)


class _Values:
    """One JSON value after the other from a file."""

    def __init__(self, f):
        self._file = f
        self._decode = codecs.getincrementaldecoder("utf8")().decode
        self._parse = json.JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False

    def read(self) -> Any:
        """The next value.

        Raises:
          ValueError: there is none.
        """
        while True:
            self._skip_blanks()
            try:
                value, end = self._parse(self._text, self._at)
                # A number at the end of what is known may go on.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except ValueError:
                if self._ended:
                    raise
            self._more()

    def skip(self, character: str) -> bool:
        """Passes over `character` if it comes next, and tells whether it did."""
        self._skip_blanks()
        found = self._text[self._at:self._at + 1] == character
        self._at += found
        return found

    def expect(self, character: str) -> None:
        if not self.skip(character):
            raise ValueError("%r is missing" % character)

    def _skip_blanks(self) -> None:
        while True:
            while self._text[self._at:self._at + 1] in _BLANKS and self._at < len(self._text):
                self._at += 1
            if self._at < len(self._text) or self._ended:
                return
            self._more()

    def _more(self) -> None:
        """As much again as there is, so that a long value is not parsed again too often."""
        rest = self._text[self._at:]
        data = self._file.read(max(_CHUNK, len(rest)))
        self._ended = not data
        self._text, self._at = rest + self._decode(data, self._ended), 0


def read_details(path: str) -> Tuple[Dict[int, Details], Record]:
    """The details of a prediction file by example id, and its predictor; see `AnswerFile`."""
    answer_file = AnswerFile(path)
    return dict(answer_file.entries(_details)), answer_file.predictor


def describe(predictor: Record) -> str:
    """A predictor in words; "" where it says nothing."""
    parts = ["%s %s" % (field, predictor[field]) for field in ("model", "decoder")
             if isinstance(predictor.get(field), str)]
    if isinstance(predictor.get("options"), dict) and predictor["options"]:
        parts.append("options %s" % json.dumps(predictor["options"], sort_keys=True))
    return ", ".join(parts)


class NBestFile:
    """An n-best file, kept in memory in little space.

    Attributes:
      predictor: see `AnswerFile`.
    """

    def __init__(self, path: str, limit: int, max_characters: int = 300):
        """Reads the file.

        Args:
          path: see the contract in docs/error_pages.md.
          limit: how many answers of each kind are kept.
          max_characters: of a text.

        Raises:
          UserError: it cannot be read or is not of this format.
        """
        answer_file = AnswerFile(path)
        self._packed = {
            example_id: zlib.compress(orjson.dumps(nbest), 1)
            for example_id, nbest in answer_file.entries(
                lambda record: _nbest(record, limit, max_characters))}
        self.predictor = answer_file.predictor

    def __len__(self) -> int:
        return len(self._packed)

    def get(self, example_id: int) -> Optional[NBest]:
        """The lists of an example; None if the file has none."""
        if example_id not in self._packed:
            return None
        long_answers, short_answers, yes_no = orjson.loads(
            zlib.decompress(self._packed[example_id]))
        return NBest([Candidate(*c) for c in long_answers],
                     [Candidate(*c) for c in short_answers], yes_no)


def _details(record: Record) -> Details:
    spans = record.get("best_short_answers") or []
    if not isinstance(spans, list):
        raise UserError("example %s: best_short_answers is not a list" % record["example_id"])
    where = "example %s: best_short_answers" % record["example_id"]
    return Details(_numbers(record, "scores"), _numbers(record, "probabilities"),
                   tuple(parse_span(span, where) for span in spans))


def _numbers(record: Record, field: str) -> Dict[str, float]:
    values = record.get(field) or {}
    if not isinstance(values, dict):
        raise UserError("example %s: %s is not a JSON object" % (record["example_id"], field))
    return {kind: _number(values[kind], "%s of %s" % (field, kind), record)
            for kind in ("long", "short", "yes", "no") if values.get(kind) is not None}


def _nbest(record: Record, limit: int, max_characters: int) -> List[Any]:
    """What `NBestFile.get` makes an NBest of."""
    lists: List[Any] = []
    for field in ("long_answers", "short_answers"):
        answers = record.get(field) or []
        if not isinstance(answers, list):
            raise UserError("example %s: %s is not a list" % (record["example_id"], field))
        lists.append([_candidate(a, field, record, max_characters) for a in answers[:limit]])
    yes_no = record.get("yes_no") or {}
    if not isinstance(yes_no, dict):
        raise UserError("example %s: yes_no is not a JSON object" % record["example_id"])
    return lists + [{kind: [_optional(yes_no[kind], name, "yes_no", record)
                            for name in ("score", "probability")]
                     for kind in ("yes", "no") if isinstance(yes_no.get(kind), dict)}]


def _candidate(answer: Any, field: str, record: Record, max_characters: int) -> List[Any]:
    if not isinstance(answer, dict):
        raise UserError("example %s: an entry of %s is not a JSON object"
                        % (record["example_id"], field))
    offsets = [answer.get(name) for name in ("start_token", "end_token")]
    if not all(type(offset) is int for offset in offsets):
        raise UserError("example %s: start_token or end_token in %s is not an integer"
                        % (record["example_id"], field))
    text = answer.get("text")
    text = text if isinstance(text, str) else ""
    if len(text) > max_characters:
        text = text[:max_characters] + "…"
    window = answer.get("window")
    # orjson writes no lone surrogates.
    return offsets + [text.encode("utf8", "replace").decode("utf8"),
                      _number(answer.get("score"), "a score in " + field, record),
                      _optional(answer, "probability", field, record),
                      window if type(window) is int else None]


def _optional(values: Record, name: str, field: str, record: Record) -> Optional[float]:
    if values.get(name) is None:
        return None
    return _number(values[name], "a %s in %s" % (name, field), record)


def _number(value: Any, what: str, record: Record) -> float:
    try:
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer beyond all floats
        pass
    raise UserError("example %s: %s is %s, not a finite number"
                    % (record["example_id"], what, repr(value)[:40]))
