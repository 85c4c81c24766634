"""The full set of Natural Questions: who claims to be it, and whether all pages are there."""
import os
import re
from typing import Iterable, Iterator, Sequence, TypeVar

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.shards import BadInput

T = TypeVar("T")

# Kwiatkowski et al., "Natural Questions: a Benchmark for Question Answering Research", abstract.
NUM_PAGES = {"train": 307373, "dev": 7830}
_NUM_SHARDS = {"train": 50, "dev": 5}
# A browser puts the folder of the bucket in front of the name.
_SIMPLIFIED = {"train": r"(v1\.0-simplified_)?simplified-nq-train\.jsonl(\.gz)?",
               "dev": r"(v1\.0-simplified_)?nq-dev-all\.jsonl(\.gz)?"}


def claimed(paths: Sequence[str], split: str) -> bool:
    """Whether files have the names of all shards of a split, or of its one simplified file.

    Args:
      paths: all files that are read together.
      split: "train" or "dev".
    """
    names = [os.path.basename(path) for path in paths]
    if len(names) == 1 and re.fullmatch(_SIMPLIFIED[split], names[0]):
        return True
    shard = re.compile(r"nq-%s-(\d+)\.jsonl(\.gz)?" % split)
    numbers = [int(match.group(1)) for match in map(shard.fullmatch, names) if match]
    return len(names) == len(numbers) and sorted(numbers) == list(range(_NUM_SHARDS[split]))


def counted(pages: Iterable[T], expected: int, bad_input: BadInput) -> Iterator[T]:
    """Passes pages on and, after the last one, checks how many they were.

    What `bad_input` passed over counts as a page where one is missing, since it may be one, or
    the broken end of a shard.

    Raises:
      UserError: more or fewer pages came.
    """
    usable = 0
    for page in pages:
        usable += 1
        yield page
    skipped = bad_input.skipped
    if not usable <= expected <= usable + skipped:
        raise UserError(
            "the full set has %s pages, these shards have %s%s, nothing is written: check them "
            "with prepare/download_nq.py --verify, or go on with --nofull_set"
            % (format(expected, ","), format(usable + skipped, ","),
               " (%s usable and %s skipped)" % (format(usable, ","), format(skipped, ","))
               if skipped else ""))
