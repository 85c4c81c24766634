"""Parts: whole files or a share of their items, the pieces of jobs whose workers read the inputs.

Where files are fewer than workers, a piece is a part of one. Each of its parts unzips all of it, so
there are not many, and none of small files.
"""
import hashlib
import itertools
import os
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.reading import Reading
from bert_nq.jobs.job import Plan
from bert_nq.jobs.work_folder import Input
from bert_nq.jobs.workers import Report

_MAX_PARTS = 16
_MIN_PART_BYTES = 1 << 20


class Part(NamedTuple):
    """The items of `paths`, see base.reading, whose place, modulo `num_parts`, is `part`.

    The place is that of a row of items, see `Reading.in_a_row`.
    """
    name: str  # in the work folder
    paths: Tuple[str, ...]
    part: int
    num_parts: int
    max_examples: int  # if positive, only so many usable items
    num_bytes: int  # this part's share of the files

    def __str__(self) -> str:
        return self.paths[0] + (" and others" if len(self.paths) > 1 else "")


def num_parts(size: int, num_files: int, num_workers: int) -> int:
    """How many parts a file of `size` bytes has, so that there is one for each worker."""
    return max(1, min(-(-num_workers // num_files), size // _MIN_PART_BYTES, _MAX_PARTS))


def plan(num_workers: int, max_examples: int, is_gathered: Callable[[str], bool],
         inputs: List[Input], before: Optional[Dict[str, Any]]) -> Plan:
    """The plan of a job whose pieces are parts, large ones first.

    Args:
      num_workers: how many parts there should be at least.
      max_examples: see `divide`.
      is_gathered: whether a name of the work folder is of what was made of all parts; it may stay
        where the parts are those of the run before.
      inputs: the files.
      before: of the run before; parts that may be finished are parts again.

    Returns:
      A plan of which `kept["names"]` are the names of each file's parts, in order.
    """
    numbers = {i.path: num_parts(files.size(i.path), len(inputs), num_workers) for i in inputs}
    numbers.update(before["parts"] if before else {})
    parts = divide(inputs, numbers, max_examples)
    known = {part.name for part in parts}
    names = [[part.name for part in of_file] for _, of_file in
             itertools.groupby(parts, key=lambda part: part.paths)]
    has_same_parts = before is not None and before["names"] == names
    # So that no long one is left for the end.
    ordered = sorted(parts, key=lambda part: -part.num_bytes)
    return Plan(lambda bad_input: ordered,
                lambda name: name in known or (has_same_parts and is_gathered(name)),
                sum(part.num_bytes for part in parts), True, {"parts": numbers, "names": names})


def divide(inputs: Sequence[Input], numbers: Dict[str, int], max_examples: int) -> List[Part]:
    """Parts in the order of `inputs`, those of each file one after the other.

    Args:
      inputs: the files.
      numbers: how many parts the file at each path has.
      max_examples: if positive, all is one part, since examples are counted over all files.
    """
    if max_examples > 0:
        paths = tuple(i.path for i in inputs)
        return [Part("all-" + _digest(inputs), paths, 0, 1, max_examples,
                     sum(map(files.size, paths)))]
    return [Part("%s-%s-%d-of-%d" % (os.path.basename(i.path)[:100], _digest([i]), part,
                                     numbers[i.path]), (i.path,), part, numbers[i.path], 0,
                 files.size(i.path) // numbers[i.path])
            for i in inputs for part in range(numbers[i.path])]


def _digest(inputs: Sequence[Input]) -> str:
    text = "\n".join("%s\t%s" % i for i in inputs)
    return hashlib.sha256(text.encode("utf8", "surrogateescape")).hexdigest()[:12]


def read_items(part: Part, reading: Reading, bad_input: BadInput, report: Report
               ) -> Iterator[Tuple[int, Tuple[str, int], bytes]]:
    """Yields (place among all items, (path, number there), item) of the items of a part.

    Args:
      part: which items.
      reading: takes the files apart.
      bad_input: told of files that end early.
      report: told of the "bytes_read".
    """
    def on_read(num_bytes: int) -> None:
        if num_bytes:
            report({"bytes_read": num_bytes / part.num_parts})

    if part.part:  # A file that ends early counts once, not in each of its parts.
        bad_input = BadInput(True, lambda text: None)
    everything = itertools.chain.from_iterable(
        _with_path(path, reading.items(path, bad_input, on_read)) for path in part.paths)
    for place, (path, number, item) in enumerate(everything):
        if place // reading.in_a_row % part.num_parts == part.part:
            yield place, (path, number), item


def _with_path(path: str, items: Iterator[Tuple[int, bytes]]) -> Iterator[Tuple[str, int, bytes]]:
    return ((path, number, item) for number, item in items)
