"""An example to records with keys and counts.

The same is done with each example wherever it is done: in a worker process (records.job) or by
another engine. The records depend on the options and on the example alone.
"""
import collections
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.features import spec as specs
from bert_nq.features.draws import pass_keys, shuffle_keys
from bert_nq.features.featurizer import Featurizer, Made
from bert_nq.features.options import TextOptions
from bert_nq.records import examples, tfrecord

# Counts by name. Of pages, which are the examples: "pages" that were usable, the featurizer's own
# counts of them, and "skipped" lines; their changed "copies" are counted by themselves. Of windows,
# which are the rows, those of copies included: "windows" that the pages have, "records" that were
# written, of them "records_of_copies", and of training records how many there are of each class of
# the spec's class label, by its name. Of all pages together, "repeated": see records.repeats.
Counts = "collections.Counter[str]"


class PreparationOptions(NamedTuple):
    """All that decides the records of a page. `windows.seed` decides their order as well."""
    featurizer: Featurizer
    text: TextOptions
    windows: Any  # the featurizer's options; have a `seed`
    is_training: bool = True  # labels, and shuffled; or for decoding, and in order
    augmentation: Optional[AugmentationOptions] = None  # of training pages: their copies as well


class PreparedPage(NamedTuple):
    """The records of one page."""
    keys: List[int]  # unsigned 64 bits: records in their order are shuffled
    records: List[bytes]  # as they stand in a record file
    counts: Counts
    example_id: int
    where: Tuple[str, int] = ("", 0)  # its file, and its number there


class PagePreparer:
    """Makes records of pages, one after the other."""

    def __init__(self, options: PreparationOptions, maker: Optional[Any] = None):
        """
        Args:
          options: what to make.
          maker: makes the windows; by default the one that `options` ask for.

        Raises:
          UserError: the vocabulary cannot be used, or no window could be made.
        """
        maker = maker or options.featurizer.make(options.text, options.windows)
        self._make: Callable[[Any], Made] = (
            maker.training if options.is_training else maker.prediction)
        self._spec = specs.of_purpose(
            options.featurizer.spec, specs.TRAINING if options.is_training else specs.PREDICTION)
        self._label = specs.class_label(self._spec)
        self._seed = options.windows.seed
        self._augmenter = options.augmentation.make() if options.augmentation else None

    def prepare(self, example: Any) -> PreparedPage:
        """The records of a page and of its copies.

        Args:
          example: has an `example_id`.

        Raises:
          BadExampleError: no windows can be made of it.
        """
        made = self._make(example)
        page = PreparedPage([], [], collections.Counter(made.counts), example.example_id)
        page.counts["pages"] += 1
        self._add(page, example.example_id, made)
        if self._augmenter:
            for copy in self._augmenter.copies(example):
                made = self._make(copy.example)
                self._add(page, copy.example.example_id, made)
                page.counts.update(copies=1, records_of_copies=len(made.rows.indexes))
        return page

    def _add(self, page: PreparedPage, example_id: int, made: Made) -> None:
        """Adds the records of windows to a page's, and counts them."""
        columns = made.rows.columns()
        keys = shuffle_keys(self._seed, example_id, made.rows.indexes)
        if made.passes is not None:
            keys = pass_keys(keys, *made.passes)
        page.keys.extend(keys.tolist())
        page.records.extend(map(tfrecord.frame, examples.serialize(self._spec, columns)))
        page.counts["windows"] += made.total
        page.counts["records"] += len(made.rows.indexes)
        if self._label:
            classes = specs.count_classes(self._label, columns[self._label.name])
            for name, number in classes.items():
                page.counts[name] += number
