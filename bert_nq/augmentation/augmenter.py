"""Pages to their changed copies: which pages, how many copies, under which ids."""
import zlib
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from bert_nq.augmentation.augmentation import Augmentation, Draws, Edits
from bert_nq.augmentation.rewriting import Record, rewrite_example, rewrite_record
from bert_nq.base import randomness
from bert_nq.datasets.nq.example import Example

# As in augmentation.Draws: tell these draws from all others.
_DRAW_SHARE = 5
_DRAW_ID = 6


class CopyOptions(NamedTuple):
    """Which pages are copied. What is drawn depends on the seed and the page's id alone."""
    copies: int = 1  # of each page that is copied
    share: float = 1.0  # of the pages, each with this probability
    documents: str = "answerable"  # those with a long answer in some annotation, or "all"
    seed: int = 0


class Copy(NamedTuple):
    """A changed copy of a page."""
    number: int  # of the copies of its page, from 0
    example: Example  # with an id of its own
    edits: Sequence[Edits]  # one after the other, of the page


class Augmenter:
    """Makes the copies of pages, one page after the other."""

    def __init__(self, augmentations: Sequence[Augmentation], options: CopyOptions,
                 description: Dict[str, Any]):
        """
        Args:
          augmentations: made to each copy, one after the other.
          options: which pages are copied.
          description: all settings of the augmentations, by name. Copies made with other settings
            have other ids.
        """
        self._augmentations = augmentations
        self._options = options
        self._description = description
        self._id_part = zlib.crc32(repr(sorted(description.items())).encode("utf8"))

    def copies(self, example: Example) -> Iterator[Copy]:
        """Yields the copies of a page; none that would be equal to it."""
        if self._wanted(example):
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

    def _wanted(self, example: Example) -> bool:
        options = self._options
        if options.documents == "answerable" and not example.is_answerable():
            return False
        return options.share >= 1 or randomness.uniform(
            options.seed, _DRAW_SHARE, example.example_id)[0] < options.share

    def copy_id(self, example_id: int, number: int) -> int:
        """The id of a copy: signed, 64 bits.

        A hash: with the same settings no two pages have equal ones. That it is not the id of
        another page, which cannot be known from one page, is for whoever sees all pages to check.
        """
        value = int(randomness.hash64(self._options.seed, _DRAW_ID, self._id_part, number,
                                      example_id)[0])
        return value - (1 << 64) if value >> 63 else value

    def record(self, record: Record, copy: Copy, source: str) -> Record:
        """A parsed line made the copy's: the same as `copy.example`, with a note of where from.

        Args:
          record: of the page that was copied.
          copy: of `copies`.
          source: names the line in messages.

        Raises:
          BadExampleError: the line's byte offsets cannot be used.
        """
        new = record
        for edits in copy.edits:
            new = rewrite_record(new, edits, source)
        return dict(new, example_id=copy.example.example_id, augmentation=dict(
            self._description, source_example_id=record["example_id"], copy=copy.number))
