"""Reading NQ shards: .jsonl and .jsonl.gz, line by line, with the place of every fault."""
import sys
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

from bert_nq.base import files, lines
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Example


class BadInput:
    """What to do with unusable examples: stop at the first one, or count them and go on.

    Attributes:
      skipped: how many were passed over.
    """

    _SHOWN = 5

    def __init__(self, skip: bool = False, show: Optional[Callable[[str], None]] = None):
        """
        Args:
          skip: whether to go on.
          show: told of the first few that are passed over, in place of standard error.
        """
        self._skip = skip
        self._show = show or _print_error
        self.skipped = 0

    def handle(self, error: BadExampleError) -> None:
        """Raises `error`, or counts it."""
        if not self._skip:
            raise BadExampleError("%s (--on_bad_input=skip goes on without it)" % error) from error
        self.skipped += 1
        if self.skipped <= self._SHOWN:
            self._show("skipped: %s" % error)
        elif self.skipped == self._SHOWN + 1:
            self._show("skipped: more; they are counted in the summary")


def _print_error(message: str) -> None:
    print(message, file=sys.stderr)


def read_lines(path: str, on_read: Optional[lines.OnRead] = None) -> Iterator[Tuple[str, bytes]]:
    """`lines.read_lines`, with "PATH, line N" in place of the number."""
    for number, line in lines.read_lines(path, on_read):
        yield "%s, line %d" % (path, number), line


def read_examples(paths: Iterable[str], bad_input: BadInput) -> Iterator[Example]:
    """Yields the examples of shards in order, one in memory at a time.

    Args:
      paths: files of either format, see `files.expand`.
      bad_input: told of lines that are unusable, and of shards that end early.
    """
    for path in paths:
        for source, line in checked_lines(path, bad_input):
            try:
                yield decode_example(line, source)
            except BadExampleError as e:
                bad_input.handle(e)


def checked_lines(path: str, bad_input: BadInput,
                  on_read: Optional[lines.OnRead] = None) -> Iterator[Tuple[str, bytes]]:
    """`read_lines`, with a shard that ends early passed to `bad_input`."""
    try:
        for item in read_lines(path, on_read):
            yield item
    except BadExampleError as e:
        bad_input.handle(e)


def expand_shards(patterns: str) -> List[str]:
    """`files.expand` for NQ shards; the same shard twice is an error."""
    paths = files.expand(patterns, "NQ shard")
    seen = set()
    for path in paths:
        if path in seen:
            raise UserError("%s is named twice in %r" % (path, patterns))
        seen.add(path)
    return paths
