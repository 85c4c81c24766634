"""A page to records with keys and counts.

This is what is done with each page wherever it is done: in a worker process (records.job) or by
another engine. What comes of a page depends on the options and on the page alone.
"""
import collections
from typing import Callable, Iterator, List, NamedTuple, Optional

from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.datasets.nq.example import AnswerType, Example
from bert_nq.features.making import make_window_maker
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.features.windows import ExampleWindows, WindowMaker, Windows, shuffle_keys
from bert_nq.records import compact, examples, tfrecord

# Counts by name. Of pages: "pages" that were usable, of them "gold_in_contexts", whose annotated
# candidate (or its absence) is among the contexts, and "answers_lost" among odd blanks, and
# "skipped" lines; their changed "copies" are counted by themselves. Of windows, those of copies
# included: "windows" that the pages have, "records" that were written, of them "records_of_copies",
# and of training records how many there are of each AnswerType, by its name.
Counts = "collections.Counter[str]"


class PreparationOptions(NamedTuple):
    """What decides the records of a page. `windows.seed` decides their order as well."""
    text: TextOptions
    windows: FeatureOptions = FeatureOptions()
    is_training: bool = True  # labels, and shuffled; or token maps, and in order
    compact: bool = False  # the format, see records.compact
    augmentation: Optional[AugmentationOptions] = None  # of training pages: their copies as well


class PreparedPage(NamedTuple):
    """The records of one page."""
    keys: List[int]  # unsigned 64 bits: records in their order are shuffled
    records: List[bytes]  # as they stand in a record file
    counts: Counts


class PagePreparer:
    """Makes records of pages, one after the other."""

    def __init__(self, options: PreparationOptions, maker: Optional[WindowMaker] = None):
        """
        Args:
          options: what to make.
          maker: makes the windows; by default the one that `options` ask for.

        Raises:
          UserError: the vocabulary cannot be used, or no window could be made.
        """
        maker = maker or make_window_maker(options.text, options.windows)
        self._make: Callable[[Example], ExampleWindows] = (
            maker.training_windows if options.is_training else maker.prediction_windows)
        self._serialize: Callable[[Windows], Iterator[bytes]] = (
            compact.serialize_compact if options.compact else examples.serialize)
        self._seed = options.windows.seed
        self._augmenter = options.augmentation.make() if options.augmentation else None

    def prepare(self, example: Example) -> PreparedPage:
        """The records of a page and of its copies.

        Raises:
          BadExampleError: no windows can be made of it.
        """
        made = self._make(example)
        page = PreparedPage([], [], collections.Counter(
            pages=1, gold_in_contexts=int(made.has_gold_candidate),
            answers_lost=int(not made.answer_found)))
        self._add(page, example.example_id, made)
        if self._augmenter:
            for copy in self._augmenter.copies(example):
                made = self._make(copy.example)
                self._add(page, copy.example.example_id, made)
                page.counts.update(copies=1, records_of_copies=len(made.windows.indexes))
        return page

    def _add(self, page: PreparedPage, example_id: int, made: ExampleWindows) -> None:
        """Adds the records of windows to a page's, and counts them."""
        windows = made.windows
        page.keys.extend(shuffle_keys(self._seed, example_id, windows.indexes).tolist())
        page.records.extend(map(tfrecord.frame, self._serialize(windows)))
        page.counts.update(windows=made.total, records=len(windows.indexes))
        if windows.labels is not None:
            page.counts.update(AnswerType(i).name for i in windows.labels.answer_types.tolist())
