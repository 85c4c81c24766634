"""Recognises the full set of Natural Questions by its file names and checks its page count."""
import os
import re
from typing import Iterable, Iterator, Sequence, TypeVar

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError

T = TypeVar("T")

# Kwiatkowski et al., "Natural Questions: a Benchmark for Question Answering Research", abstract.
NUM_PAGES = {"train": 307373, "dev": 7830}
_NUM_SHARDS = {"train": 50, "dev": 5}
# A browser that downloads from the bucket puts the folder before the name.
_SIMPLIFIED = {"train": r"(v1\.0-simplified_)?simplified-nq-train\.jsonl(\.gz)?",
               "dev": r"(v1\.0-simplified_)?nq-dev-all\.jsonl(\.gz)?"}


def is_named_full_set(paths: Sequence[str], split: str) -> bool:
    """Whether files have the names of all shards of a split, or of its single simplified file.

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


def with_checked_count(pages: Iterable[T], expected: int, bad_input: BadInput) -> Iterator[T]:
    """Yields the pages and, after the last one, checks how many there were.

    Lines that `bad_input` skipped may count as missing pages: each may be a page, or the broken end
    of a shard.

    Raises:
      UserError: there are more or fewer pages than expected.
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
