"""How the files of a dataset are read: taken apart into items, each of which is an example.

Items are the lines of a file unless a dataset says otherwise. Jobs share files out by items, so
that they need not know the format.
"""
from typing import Any, Callable, Iterable, Iterator, NamedTuple, Optional, Tuple

from bert_nq.base import lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.lines import Decode, OnRead

# From a path to (number from 1, item), in order. The numbers may have gaps. Raises as
# `lines.read_lines` does.
Read = Callable[[str, Optional[OnRead]], Iterator[Tuple[int, bytes]]]


class Reading(NamedTuple):
    """A way to read files. A value: it is sent to worker processes."""
    decode: Decode  # (item, source) to an example, which has an `example_id` and a `source`
    read: Read = lines.read_lines
    unit: str = "line"  # what messages call an item: "PATH, line 3" is its source
    # Where several processes share a file, so many items in a row go to the same one: more than
    # one where it is faster to have an item after its neighbour.
    in_a_row: int = 1
    # Gives the id that the files have for an example, where it is a text; None: `example_id`.
    text_id: Optional[Callable[[Any], str]] = None

    def items(self, path: str, bad_input: BadInput,
              on_read: Optional[OnRead] = None) -> Iterator[Tuple[int, bytes]]:
        """Yields (number, item); `bad_input` is told of a file that ends early."""
        return lines.until_damaged(self.read(path, on_read), bad_input)

    def source_of(self, path: str, number: int) -> str:
        """The source of an item."""
        return lines.source_of(path, number, self.unit)

    def id_at(self, path: str, number: int, example_id: int) -> str:
        """The id of an item as messages have it. Texts are read again, up to the item."""
        for other, item in self.read(path, None) if self.text_id else ():
            if other == number:
                return "id %.80s" % self.text_id(self.decode(item, self.source_of(path, number)))
        return "number %d" % example_id

    def examples(self, paths: Iterable[str], bad_input: BadInput) -> Iterator[Any]:
        """Yields the examples of files in order, one in memory at a time.

        Args:
          paths: files, see `files.expand`.
          bad_input: told of items that are unusable, and of files that end early.
        """
        for path in paths:
            for number, item in self.items(path, bad_input):
                try:
                    yield self.decode(item, self.source_of(path, number))
                except BadExampleError as e:
                    bad_input.handle(e)
