"""What is in record files: counts, shapes, answers, and windows as text."""
import collections
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.records import compact, tfrecord
from bert_nq.records.examples import TRAINING_LABELS, parse
from bert_nq.text.detokenize import pieces_to_text

_FRAME = tfrecord.HEADER_SIZE + 4  # bytes of a record besides its payload


class Window(NamedTuple):
    """One record, parsed."""
    source: str  # "train.tfrecord, record 12"
    num_bytes: int
    features: Dict[str, np.ndarray]  # as the full format has them
    format: str  # compact.FULL or COMPACT
    sizes: Dict[str, int]  # how many values each feature of the record has, as it is stored

    @property
    def unique_id(self) -> int:
        return self._single("unique_ids")

    @property
    def length(self) -> int:
        """Wordpieces without padding."""
        return int(self._feature("input_mask").sum())

    @property
    def kind(self) -> str:
        """What the record is for: "training", "prediction" or "neither"."""
        if all(name in self.features for name in TRAINING_LABELS):
            return "training"
        return "prediction" if "token_map" in self.features else "neither"

    @property
    def answer_type(self) -> Optional[AnswerType]:
        """None where there are no labels."""
        if self.kind != "training":
            return None
        number = self._single("answer_types")
        try:
            return AnswerType(number)
        except ValueError:
            raise UserError("%s: there is no answer type %d" % (self.source, number)) from None

    @property
    def answer_span(self) -> Optional[slice]:
        """The labelled pieces; None where there is no answer or where it cannot be."""
        if self.answer_type in (None, AnswerType.UNKNOWN):
            return None
        start, last = self._single("start_positions"), self._single("end_positions")
        return slice(start, last + 1) if 0 <= start <= last < self.length else None

    def text(self, tokens: Sequence[str]) -> str:
        """The window in words, its answer between >>> and <<<.

        Args:
          tokens: of the vocabulary, by id.

        Raises:
          UserError: an id is beyond the vocabulary.
        """
        ids = self._feature("input_ids")[:self.length].tolist()
        beyond = [i for i in ids if not 0 <= i < len(tokens)]
        if beyond:
            raise UserError("%s: the vocabulary has %d entries and no number %d: the records were "
                            "made with another one" % (self.source, len(tokens), beyond[0]))
        pieces = [tokens[i] for i in ids]
        span = self.answer_span
        if span is None:
            return pieces_to_text(pieces)
        # Joined one by one, so that no "##" piece is glued to a mark.
        parts = (pieces_to_text(pieces[:span.start]), ">>>", pieces_to_text(pieces[span]), "<<<",
                 pieces_to_text(pieces[span.stop:]))
        return " ".join(filter(None, parts))

    def _feature(self, name: str) -> np.ndarray:
        if name not in self.features:
            raise UserError("%s has no feature %s: these are not records of prepare_nq_data.py"
                            % (self.source, name))
        return self.features[name]

    def _single(self, name: str) -> int:
        values = self._feature(name)
        if len(values) != 1:
            raise UserError("%s: %s has %d values, not one: these are not records of "
                            "prepare_nq_data.py" % (self.source, name, len(values)))
        return int(values[0])


class Report(NamedTuple):
    """What N windows have in common and where they differ."""
    num_bytes: int  # of the files, decompressed
    lengths: np.ndarray  # [N] wordpieces without padding
    kinds: "collections.Counter[str]"  # see Window.kind
    formats: "collections.Counter[str]"  # see Window.format
    sizes: Dict[str, "collections.Counter[int]"]  # of each feature: windows by number of values
    answer_lengths: Dict[AnswerType, List[int]]  # pieces of the answer of each window, or 0
    shown: List[Window]  # the first of those that were asked for


def read_windows(paths: Iterable[str]) -> Iterator[Window]:
    """Yields the records of TFRecord files, parsed.

    Raises:
      UserError: a file is damaged or holds something else; names the record.
    """
    for path in paths:
        for index, payload in enumerate(tfrecord.read_records(path)):
            source = "%s, record %d" % (path, index)
            features = parse(payload, source)
            sizes = {name: len(values) for name, values in features.items()}
            record_format = compact.record_format(features)
            if record_format == compact.COMPACT:
                features = compact.expand(features, source)
            yield Window(source, len(payload) + _FRAME, features, record_format, sizes)


def inspect(windows: Iterable[Window], num_shown: int,
            is_wanted: Callable[[Window], bool] = lambda window: True) -> Report:
    """Counts windows, one in memory at a time, and keeps the first that are wanted.

    Raises:
      UserError: a window is not of prepare_nq_data.
    """
    lengths, num_bytes, shown = [], 0, []
    kinds, formats = collections.Counter(), collections.Counter()
    sizes = collections.defaultdict(collections.Counter)
    answer_lengths = collections.defaultdict(list)
    for window in windows:
        num_bytes += window.num_bytes
        lengths.append(window.length)
        kinds[window.kind] += 1
        formats[window.format] += 1
        for name, size in window.sizes.items():
            sizes[name][size] += 1
        if window.answer_type is not None:
            span = window.answer_span
            answer_lengths[window.answer_type].append(span.stop - span.start if span else 0)
        if len(shown) < num_shown and is_wanted(window):
            shown.append(window)
    return Report(num_bytes, np.array(lengths, np.int64), kinds, formats, dict(sizes),
                  dict(answer_lengths), shown)
