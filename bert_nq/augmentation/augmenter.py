"""Makes the changed copies of pages: decides which pages, how many copies, and their ids."""
import zlib
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from bert_nq.augmentation import page_html
from bert_nq.augmentation.augmentation import Augmentation, Draws, Edits
from bert_nq.augmentation.rewriting import Record, rewrite_example, rewrite_record
from bert_nq.base import randomness
from bert_nq.datasets.nq.example import Example

# As in augmentation.Draws: keep these draws independent of all others.
_DRAW_SHARE = 5
_DRAW_ID = 6


class CopyOptions(NamedTuple):
    """Which pages are copied. Random choices depend only on the seed and the page's id."""
    copies: int = 1  # number of copies of each page that is copied
    share: float = 1.0  # the probability that a page is copied
    documents: str = "answerable"  # pages with a long answer in some annotation, or "all" pages
    seed: int = 0


class Copy(NamedTuple):
    """A changed copy of a page."""
    number: int  # among the copies of its page, from 0
    example: Example  # has an id of its own
    edits: Sequence[Edits]  # applied to the page one after the other


class Augmenter:
    """Makes the copies of each page."""

    def __init__(self, augmentations: Sequence[Augmentation], options: CopyOptions,
                 description: Dict[str, Any]):
        """
        Args:
          augmentations: applied to each copy, one after the other.
          options: which pages are copied.
          description: {name: value} of all settings of the augmentations. It goes into the ids, so
            that copies made with other settings have other ids.
        """
        self._augmentations = augmentations
        self._options = options
        self._description = description
        self._id_part = zlib.crc32(repr(sorted(description.items())).encode("utf8"))

    def copies(self, example: Example) -> Iterator[Copy]:
        """Yields the copies of a page that differ from it."""
        if self._is_chosen(example):
            for number in range(self._options.copies):
                edits: List[Edits] = []
                copy = example
                for part, augmentation in enumerate(self._augmentations):
                    draws = Draws(self._options.seed, example.example_id, number, part)
                    made = augmentation.edits(copy, draws)
                    if made is not None:
                        copy = rewrite_example(copy, made)
                        edits.append(made)
                if (copy.tokens, copy.question) != (example.tokens, example.question):
                    copy_id = self.copy_id(example.example_id, number)
                    yield Copy(number, copy._replace(example_id=copy_id), edits)

    def _is_chosen(self, example: Example) -> bool:
        options = self._options
        if options.documents == "answerable" and not example.is_answerable():
            return False
        return options.share >= 1 or randomness.uniform(
            options.seed, _DRAW_SHARE, example.example_id)[0] < options.share

    def copy_id(self, example_id: int, number: int) -> int:
        """The id of a copy, a signed 64-bit hash.

        With the same settings no two pages have copies with equal ids. An id could still be that of
        another original page; whoever sees all pages has to check that.
        """
        value = int(randomness.hash64(self._options.seed, _DRAW_ID, self._id_part, number,
                                      example_id)[0])
        return value - (1 << 64) if value >> 63 else value

    def record(self, record: Record, copy: Copy, source: str) -> Record:
        """Makes the JSON object of a copy: the same page as `copy.example`, with its origin noted.

        Args:
          record: the parsed line of the page that was copied.
          copy: one of `copies`.
          source: names the line in messages.

        Raises:
          BadExampleError: HTML or byte offsets of the line cannot be used, see `page_html.check`.
        """
        page_html.check(record, source)
        new = record
        for edits in copy.edits:
            new = rewrite_record(new, edits, source)
        return dict(new, example_id=copy.example.example_id, augmentation=dict(
            self._description, source_example_id=record["example_id"], copy=copy.number))
