"""Files of readings: what a model says of the words of each candidate that it has read.

JSON lines, gzipped or not, one page a line. Places count document tokens from the candidate's
start; those whose probability is next to nothing are left out:

    {"example_id": 7, "candidates": [
        {"index": 2, "start_token": 14, "end_token": 23, "classes": [0.1, 0.2, 0.6, 0.05, 0.05],
         "starts": [[6, 0.9]], "ends": [[7, 0.8], [8, 0.15]]}]}

So readings of models of different vocabularies can be added up.
"""
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base import json_fields, lines
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_fields import INTEGER, Field
from bert_nq.base.json_lines import parse_line
from bert_nq.base.numbers import is_finite
from bert_nq.datasets.nq.example import CandidateClass, Span

_DIGITS = 6  # of a probability
_LEAST = 1e-7  # of the probability of a place that is told
_PAGE = {"example_id": Field(INTEGER)}
_CANDIDATE = {"index": Field(INTEGER), "start_token": Field(INTEGER), "end_token": Field(INTEGER)}
_MOST_TOKENS = 1 << 24  # of a candidate: no page is as long


class CandidateReading(NamedTuple):
    """The reading of one candidate of T - 1 document tokens."""
    number: int  # its index in the page's list
    span: Span
    starts: np.ndarray  # float64 [T] probability that the answer starts with a token
    ends: np.ndarray  # float64 [T] that it ends before a token, or with the candidate
    classes: np.ndarray  # float64 [5], see CandidateClass

    def to_json(self) -> Dict[str, Any]:
        """The object of a candidate."""
        return {"index": self.number, **self.span._asdict(),
                "classes": [_rounded(p) for p in self.classes.tolist()],
                "starts": _sparse(self.starts), "ends": _sparse(self.ends)}


class PageReading(NamedTuple):
    """The candidates of a page that were read, in the order of the page."""
    example_id: int
    candidates: Tuple[CandidateReading, ...]

    def to_json(self) -> Dict[str, Any]:
        """The object of a line."""
        return {"example_id": self.example_id,
                "candidates": [candidate.to_json() for candidate in self.candidates]}


def _rounded(p: float) -> float:
    return float("%.*g" % (_DIGITS, p))


def _sparse(values: np.ndarray) -> List[List[Any]]:
    places = np.flatnonzero(values >= _LEAST)
    return [[place, _rounded(p)] for place, p in zip(places.tolist(), values[places].tolist())]


def read_readings(path: str) -> Iterator[PageReading]:
    """Yields the pages of a file, one in memory at a time.

    Raises:
      UserError: the file cannot be read or is damaged, or a line is not of the format; the message
        names the file, the line and the field.
    """
    try:
        for number, line in lines.read_lines(path):
            try:
                yield _parse(line)
            except UserError as e:
                raise UserError("%s: %s: a file of readings is wanted"
                                % (lines.source_of(path, number), e)) from e
    except BadExampleError as e:  # Half a file would do as if the other pages had no answers.
        raise UserError(str(e)) from e


def _parse(line: bytes) -> PageReading:
    record = parse_line(line)
    fault = json_fields.find_fault(record, _PAGE)
    if fault:
        raise UserError(fault)
    candidates = record.get("candidates")
    if not isinstance(candidates, list):
        raise UserError("the field 'candidates' is missing or no list")
    found = tuple(_candidate(candidate, "candidates[%d]" % i)
                  for i, candidate in enumerate(candidates))
    if any(a.number >= b.number for a, b in zip(found, found[1:])):
        raise UserError("the indexes of candidates do not rise")
    return PageReading(record["example_id"], found)


def _candidate(record: Any, where: str) -> CandidateReading:
    fault = json_fields.find_fault(record, _CANDIDATE)
    if fault:
        raise UserError("%s: %s" % (where, fault))
    start, end = record["start_token"], record["end_token"]
    if record["index"] < 0 or not 0 <= start < end <= start + _MOST_TOKENS:
        raise UserError("%s: candidate %d of tokens [%d, %d) is impossible"
                        % (where, record["index"], start, end))
    classes = record.get("classes")
    if not (isinstance(classes, list) and len(classes) == len(CandidateClass)
            and all(map(_is_probability, classes))):
        raise UserError("%s.classes are not %d probabilities" % (where, len(CandidateClass)))
    length = end - start + 1
    values = [_dense(record.get(name), length, "%s.%s" % (where, name))
              for name in ("starts", "ends")]
    return CandidateReading(record["index"], Span(start, end), values[0], values[1],
                            np.array(classes, np.float64))


def _dense(pairs: Any, length: int, where: str) -> np.ndarray:
    found = np.zeros([length])
    fault: Optional[str] = None if isinstance(pairs, list) else "no list"
    for pair in pairs if isinstance(pairs, list) else ():
        if not (isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int
                and 0 <= pair[0] < length and _is_probability(pair[1])):
            fault = "%.40r is no pair of a place below %d and a probability" % (pair, length)
            break
        found[pair[0]] = pair[1]
    if fault:
        raise UserError("%s: %s" % (where, fault))
    return found


def _is_probability(value: Any) -> bool:
    return is_finite(value) and 0 <= value <= 1
