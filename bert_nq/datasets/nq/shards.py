"""NQ shards: .jsonl and .jsonl.gz files of pages, found by globs and read page by page."""
from typing import Iterable, Iterator, List

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.reading import Reading
from bert_nq.datasets.nq.decoding import decode_example, decode_page
from bert_nq.datasets.nq.example import Example

READING = Reading(decode_example)
# Without annotations, which may be missing or wrong: all that answers to a page take.
BARE_READING = Reading(decode_page)


def read_examples(paths: Iterable[str], bad_input: BadInput) -> Iterator[Example]:
    """Yields the examples of shards of either format in order; see `Reading.examples`."""
    return READING.examples(paths, bad_input)


def expand_shards(patterns: str) -> List[str]:
    """`files.expand_once` for NQ shards."""
    return files.expand_once(patterns, "NQ shard")
