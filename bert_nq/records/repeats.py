"""Examples with the id of an earlier one, in whatever file: counted, and the first ones named.

Records of both are written. In training the example then counts twice, which may be wanted; records
for decoding have two answers under one id.
"""
from typing import List, Tuple

import numpy as np

from bert_nq.base.reading import Reading
from bert_nq.jobs.job import Result, Run
from bert_nq.jobs.parts import Part
from bert_nq.records.preparation import PreparedPage

_SHOWN = 3

Id = Tuple[int, int, int]  # the file among those of the part, the number there, the example's id


def id_of(page: PreparedPage, part: Part) -> Id:
    """An example's id and where it is, as the result of a part notes them."""
    path, number = page.where
    return part.paths.index(path), number, page.example_id


class Ids:
    """The ids of all examples of a job, 24 bytes each."""

    def __init__(self, reading: Reading):
        self._reading = reading
        # The paths of each part, and int64 [n, 3] of its examples, see `Id`.
        self._parts: List[Tuple[Tuple[str, ...], np.ndarray]] = []

    def take(self, part: Part, result: Result) -> None:
        """Takes note of a part's examples, as far as its result has their ids."""
        self._parts.append((part.paths, np.array(result.facts or [], np.int64).reshape(-1, 3)))

    def tell(self, run: Run) -> None:
        """Counts those that are "repeated", if any, and notes the first few."""
        paths = [file.path for file in run.inputs]
        examples = self._in_order(paths)
        again = np.flatnonzero(examples[1:, 2] == examples[:-1, 2]) + 1
        if not len(again):
            return
        run.counts["repeated"] = len(again)

        def where(i: int) -> Tuple[str, int]:
            return paths[examples[i, 0]], int(examples[i, 1])

        for i in sorted(again, key=lambda i: tuple(examples[i, :2]))[:_SHOWN]:
            first = np.searchsorted(examples[:, 2], examples[i, 2])
            run.note("%s has the id of %s, %s: both are taken" % (
                self._reading.source_of(*where(i)), self._reading.source_of(*where(first)),
                self._reading.id_at(*where(i), int(examples[i, 2]))))
        if len(again) > _SHOWN:
            run.note("ids of others: %s more" % format(len(again) - _SHOWN, ","))

    def _in_order(self, paths: List[str]) -> np.ndarray:
        """All examples, int64 [n, 3]: file, number, id; by id, then by file and number."""
        places = {path: place for place, path in enumerate(paths)}
        found = [np.zeros((0, 3), np.int64)]
        for of_part, examples in self._parts:
            files = np.array([places[path] for path in of_part], np.int64)
            found.append(np.column_stack([files[examples[:, 0]], examples[:, 1:]]))
        examples = np.concatenate(found)
        file, number, example_id = examples.T
        return examples[np.lexsort((number, file, example_id))]
