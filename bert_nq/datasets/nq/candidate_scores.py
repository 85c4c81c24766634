"""Files of candidate scores: for each candidate of a page, how probably it holds an answer.

JSON lines, gzipped or not, one page a line:

    {"example_id": 7, "candidates": [0, 2, 5], "probabilities": [0.013, 0.9, 1e-300]}

`candidates` are indexes in the page's list, strictly rising; `probabilities` are in [0, 1]. A
candidate that is not named was not scored. A set of pages may be in several files, in any order.
"""
import tempfile
from typing import IO, Any, Dict, Iterable, Iterator, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base import files, json_fields, lines
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_fields import INTEGER, Field
from bert_nq.base.json_lines import parse_line
from bert_nq.base.numbers import is_finite

# Digits of a probability in files, so that they stay small and are the same on all machines.
_DIGITS = 6
# Bytes that the scores of a lookup may take in memory; beyond that they go to a temporary file.
_MOST_IN_MEMORY = 1 << 26
_FIELDS = {"example_id": Field(INTEGER), "candidates": Field([INTEGER])}
# As a lookup keeps them.
_INDEX, _PROBABILITY = np.dtype(np.int32), np.dtype(np.float64)
_MOST_CANDIDATES = np.iinfo(_INDEX).max


class PageScores(NamedTuple):
    """The scored candidates of one page, n of them."""
    example_id: int
    candidates: np.ndarray  # int64 [n], indexes in the page's list, strictly rising
    probabilities: np.ndarray  # float64 [n] in [0, 1]

    def to_json(self) -> Dict[str, Any]:
        """The object of a line, its probabilities rounded as files have them."""
        return {"example_id": self.example_id, "candidates": self.candidates.tolist(),
                "probabilities": [float("%.*g" % (_DIGITS, p))
                                  for p in self.probabilities.tolist()]}


def read_scores(path: str) -> Iterator[Tuple[int, PageScores]]:
    """Yields (number of the line, scores) for each page of a file, one in memory at a time.

    Raises:
      UserError: the file cannot be read or is damaged, or a line is not of the format; the message
        names the file, the line and the field.
    """
    try:
        for number, line in lines.read_lines(path):
            try:
                scores = _parse(line)
            except UserError as e:
                raise UserError("%s: %s: a file of candidate scores is wanted"
                                % (lines.source_of(path, number), e)) from e
            yield number, scores
    except BadExampleError as e:  # Half a file would do as if the other pages were not scored.
        raise UserError(str(e)) from e


def _parse(line: bytes) -> PageScores:
    record = parse_line(line)
    fault = None if _fits(record) else _fault(record)
    if fault:
        raise UserError(fault)
    return PageScores(record["example_id"], np.array(record["candidates"], np.int64),
                      np.array(record["probabilities"], np.float64))


def _fits(record: Any) -> bool:
    """Whether `_fault` has none to tell; quick."""
    if not isinstance(record, dict) or not json_fields.all_fit([record.get("example_id")], INTEGER):
        return False
    indexes, probabilities = record.get("candidates"), record.get("probabilities")
    if not (isinstance(indexes, list) and isinstance(probabilities, list)
            and len(indexes) == len(probabilities) and json_fields.all_fit(indexes, INTEGER)
            and set(map(type, probabilities)) <= {int, float}):
        return False
    if not indexes:
        return True
    array = np.array(indexes, np.int64)
    return bool(indexes[0] >= 0 and indexes[-1] <= _MOST_CANDIDATES
                and (array[1:] > array[:-1]).all() and all(0 <= p <= 1 for p in probabilities))


def _fault(record: Any) -> Optional[str]:
    """The first fault of a line, which names the field; None if it fits."""
    fault = json_fields.find_fault(record, _FIELDS)
    if fault:
        return fault
    indexes, probabilities = record["candidates"], record.get("probabilities")
    before = -1
    for i, index in enumerate(indexes):
        if not before < index <= _MOST_CANDIDATES:
            return ("candidates[%d] is %d, behind %d: indexes rise" % (i, index, before) if i
                    else "candidates[0] is %d, which is no index" % index)
        before = index
    if not isinstance(probabilities, list):
        return "the field 'probabilities' is missing or no list"
    if len(probabilities) != len(indexes):
        return "probabilities has %d numbers for %d candidates" % (len(probabilities), len(indexes))
    for i, p in enumerate(probabilities):
        if not (is_finite(p) and 0 <= p <= 1):
            return "probabilities[%d] is %.40r, a number from 0 to 1 is wanted" % (i, p)
    return None


class ScoreFiles(NamedTuple):
    """Files of candidate scores, by path and content. A value: it is sent to worker processes."""
    paths: Tuple[str, ...]
    fingerprint: str  # of their contents

    @classmethod
    def find(cls, patterns: str) -> "ScoreFiles":
        """The files that a comma list of paths and globs names.

        Raises:
          UserError: there are none, or one is named twice or cannot be read.
        """
        return cls.of(files.expand_once(patterns, "candidate scores"))

    @classmethod
    def of(cls, paths: Sequence[str]) -> "ScoreFiles":
        """The files at some paths.

        Raises:
          UserError: one cannot be read.
        """
        return cls(tuple(map(files.absolute, paths)),
                   " ".join(files.fingerprint(path, with_time=False) for path in paths))

    def open(self) -> "Lookup":
        """A lookup of their pages."""
        return Lookup(self.paths)


class Lookup:
    """The scores of pages by example id, whatever the order of the files and of the questions.

    All files are read once, and checked. Then a page takes 16 bytes of memory, and its scores lie
    in a temporary file (in memory where there are few): of 307,373 pages with 130 candidates each
    that is 5 MB and 0.5 GB.
    """

    def __init__(self, paths: Iterable[str]):
        """
        Args:
          paths: files of candidate scores.

        Raises:
          UserError: see `read_scores`; or a page is in them twice.
        """
        self._scores: IO[bytes] = tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY)
        ids, ends = [], [0]
        for path in paths:
            for _, page in read_scores(path):
                ids.append(page.example_id)
                ends.append(ends[-1] + len(page.candidates))
                self._keep(page)
        order = np.argsort(np.array(ids, np.int64))
        self._ids = np.array(ids, np.int64)[order]
        self._begins = np.array(ends[:-1], np.int64)[order]
        self._sizes = np.diff(np.array(ends, np.int64))[order]
        _check_once(self._ids, paths)

    def _keep(self, page: PageScores) -> None:
        try:
            self._scores.write(page.candidates.astype(_INDEX).tobytes())
            self._scores.write(page.probabilities.tobytes())
        except OSError as e:
            raise UserError("the candidate scores do not fit into the temporary folder %s (%s): "
                            "set TMPDIR to another one" % (tempfile.gettempdir(), e)) from e

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, example_id: int) -> Optional[PageScores]:
        """The scores of a page, None where it was not scored."""
        place = int(np.searchsorted(self._ids, example_id))
        if place == len(self._ids) or self._ids[place] != example_id:
            return None
        bytes_each = _INDEX.itemsize + _PROBABILITY.itemsize
        size = int(self._sizes[place])
        self._scores.seek(int(self._begins[place]) * bytes_each)
        data = self._scores.read(size * bytes_each)
        return PageScores(example_id, np.frombuffer(data, _INDEX, size).astype(np.int64),
                          np.frombuffer(data[size * _INDEX.itemsize:], _PROBABILITY, size))

    def of_page(self, example_id: int, num_candidates: int, source: str) -> PageScores:
        """The scores of a page of which it is known what it has.

        Args:
          example_id: of the page.
          num_candidates: that it has. A page with none need not be among the scores.
          source: of the page, for messages.

        Raises:
          BadExampleError: the page was not scored, or has fewer candidates than were scored.
        """
        scores = self.find(example_id)
        if scores is None and num_candidates:
            raise BadExampleError("%s: example %d has no candidate scores: score these pages"
                                  % (source, example_id))
        if scores is None:
            return PageScores(example_id, np.zeros([0], np.int64), np.zeros([0]))
        if len(scores.candidates) and scores.candidates[-1] >= num_candidates:
            raise BadExampleError(
                "%s: the candidate scores of example %d have a candidate %d, the page has %d "
                "candidates: score these pages" % (source, example_id, scores.candidates[-1],
                                                   num_candidates))
        return scores


def _check_once(ids: np.ndarray, paths: Iterable[str]) -> None:
    """Raises UserError where sorted ids have one twice."""
    twice = ids[1:][ids[1:] == ids[:-1]]
    if len(twice):
        # The files are read again, to name the line.
        places = [lines.source_of(path, number) for path in paths
                  for number, page in read_scores(path) if page.example_id == twice[0]]
        raise UserError("%s: the candidate scores of example %d are there twice"
                        % (places[-1], twice[0]))
