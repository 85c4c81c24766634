"""The contents of record files: counts, shapes, labels, and windows as text."""
import collections
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features import packing
from bert_nq.features import spec as specs
from bert_nq.features.featurizer import Featurizer
from bert_nq.records import checking, tfrecord
from bert_nq.text.vocabulary import Vocabulary

_FRAME = tfrecord.HEADER_SIZE + 4  # bytes of a record besides its payload


class Window(NamedTuple):
    """One record, parsed."""
    source: str  # "train.tfrecord, record 12"
    num_bytes: int
    features: Dict[str, np.ndarray]  # int64 [n]; of right sizes where the spec has them
    featurizer: Featurizer  # of the task

    @property
    def unique_id(self) -> int:
        key, = specs.names(specs.of_roles(self.featurizer.spec, specs.KEY))
        return int(self.features[key][0])

    @property
    def length(self) -> int:
        """Wordpieces without padding."""
        return int(self.features[packing.INPUT_MASK].sum())

    @property
    def purpose(self) -> str:
        """"training", "prediction" or "neither"."""
        for purpose in (specs.TRAINING, specs.PREDICTION):
            if all(name in self.features
                   for name in specs.names(specs.of_purpose(self.featurizer.spec, purpose))):
                return purpose
        return "neither"

    @property
    def class_name(self) -> Optional[str]:
        """The name of the labelled class; None where there are no labels, none is a class, or the
        record is ignored.

        Raises:
          UserError: there is no such class.
        """
        label = specs.class_label(self.featurizer.spec)
        if label is None or self.purpose != specs.TRAINING:
            return None
        number = int(self.features[label.name][0])
        if label.least <= number < 0:
            return None
        if not 0 <= number < len(label.classes):
            raise UserError("%s: %s %d, which must be from 0 to %d"
                            % (self.source, label.name, number, len(label.classes) - 1))
        return label.classes[number]

    @property
    def numbers(self) -> Dict[str, int]:
        """The labels by name that stand for classes whose names the records do not know."""
        return {f.name: int(self.features[f.name][0]) for f in self.featurizer.spec
                if (f.role, f.limit) == (specs.LABEL, None) and f.name in self.features}

    @property
    def labelled_span(self) -> Optional[slice]:
        """The labelled pieces; None where there are none or where they cannot be."""
        if self.featurizer.labelled_span is None or self.purpose != specs.TRAINING:
            return None
        return self.featurizer.labelled_span(self.features)

    def text(self, vocabulary: Vocabulary) -> str:
        """The window in words, its labelled span between >>> and <<<.

        Raises:
          UserError: an id is beyond the vocabulary.
        """
        ids = self.features[packing.INPUT_IDS][:self.length].tolist()
        tokens = vocabulary.tokens
        beyond = [i for i in ids if not 0 <= i < len(tokens)]
        if beyond:
            raise UserError("%s: the vocabulary has %d entries and no number %d: the records were "
                            "made with another one" % (self.source, len(tokens), beyond[0]))
        pieces = [tokens[i] for i in ids]
        span = self.labelled_span
        if span is None:
            return vocabulary.text_of(pieces)
        # Joined one by one, so that no piece is glued to a mark.
        before, answer, behind = map(vocabulary.text_of, (
            pieces[:span.start], pieces[span], pieces[span.stop:]))
        parts = (before, ">>>", answer, "<<<", behind)
        return " ".join(filter(None, parts))


class Report(NamedTuple):
    """Properties of N windows, and some of the windows."""
    num_bytes: int  # of the files, decompressed
    lengths: np.ndarray  # [N] wordpieces without padding
    purposes: "collections.Counter[str]"  # see Window.purpose
    sizes: Dict[str, "collections.Counter[int]"]  # of each feature: windows by number of values
    span_lengths: Dict[str, List[int]]  # by class: pieces of the span of each window, or 0
    shown: List[Window]  # the first of those that were asked for


def read_windows(paths: Iterable[str], featurizer: Featurizer) -> Iterator[Window]:
    """Yields the records of TFRecord files, parsed.

    Raises:
      UserError: a file is damaged or holds something else; names the record.
    """
    for path in paths:
        for index, payload in enumerate(tfrecord.read_records(path)):
            source = "%s, record %d" % (path, index)
            yield Window(source, len(payload) + _FRAME,
                         checking.parse_checked(payload, source, featurizer), featurizer)


def inspect(windows: Iterable[Window], num_shown: int,
            is_wanted: Callable[[Window], bool] = lambda window: True) -> Report:
    """Counts windows, one in memory at a time, and keeps the first that are wanted.

    Raises:
      UserError: a window has a class that does not exist.
    """
    lengths, num_bytes, shown = [], 0, []
    purposes = collections.Counter()
    sizes = collections.defaultdict(collections.Counter)
    span_lengths = collections.defaultdict(list)
    for window in windows:
        num_bytes += window.num_bytes
        lengths.append(window.length)
        purposes[window.purpose] += 1
        for name, values in window.features.items():
            sizes[name][len(values)] += 1
        class_name = window.class_name
        if class_name is not None:
            span = window.labelled_span
            span_lengths[class_name].append(span.stop - span.start if span else 0)
        if len(shown) < num_shown and is_wanted(window):
            shown.append(window)
    return Report(num_bytes, np.array(lengths, np.int64), purposes, dict(sizes),
                  dict(span_lengths), shown)
