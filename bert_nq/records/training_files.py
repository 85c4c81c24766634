"""The check of record files before training, and the search for the record that stopped it.

Training takes records of other writers as well: more features than the spec's inputs and labels,
and inputs that are packed in another way, do no harm.
"""
import contextlib
import itertools
from typing import Any, Iterable, Iterator, List, NamedTuple, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.features import packing
from bert_nq.features import spec as specs
from bert_nq.features.composition import Composition
from bert_nq.features.featurizer import Columns, Featurizer, Rule
from bert_nq.features.spec import FeatureSpec, Sizes
from bert_nq.modeling import encoders
from bert_nq.records import checking, examples, tfrecord

_BATCH_RECORDS = 256


class Demands(NamedTuple):
    """The records that a training takes."""
    featurizer: Featurizer  # of the task
    seq_length: int
    sizes: Sizes  # the model's

    @classmethod
    def of(cls, featurizer: Featurizer, seq_length: int, config: Any) -> "Demands":
        """The demands of an encoder's config."""
        return cls(featurizer, seq_length, sizes_of(config))

    def check(self, records: List[Tuple[str, bytes]]) -> None:
        """Raises UserError, which names the first record that cannot be used.

        Args:
          records: (what names it in messages, serialized Example).
        """
        if records:
            self._right(records)

    def columns(self, records: List[Tuple[str, bytes]]) -> Columns:
        """The inputs and labels of N records: [N] of a scalar, [N, S] of a sequence.

        Raises:
          UserError: as `check`.
        """
        right = self._right(records)
        order = np.argsort(np.concatenate([batch.rows for batch in right]))
        names = specs.names(specs.of_roles(self.featurizer.spec, specs.INPUT, specs.LABEL))
        return {name: np.concatenate([batch.columns[name] for batch in right])[order]
                for name in names}

    def _right(self, records) -> List[checking.Batch]:
        sources, payloads = zip(*records)
        right, faults = checking.find_faults(payloads, sources, self._spec_of, self._rules)
        if faults:
            raise UserError(faults[0][1])
        return right

    def _spec_of(self, found: Iterable[str]) -> FeatureSpec:
        spec = specs.of_roles(self.featurizer.spec, specs.INPUT, specs.LABEL)
        decoding = specs.names(specs.of_roles(self.featurizer.spec, specs.DECODING))
        checking.require(
            spec, found, "prediction records, and training needs those of --is_training"
            if any(name in found for name in decoding)
            else "not records of " + self.featurizer.program)
        return spec

    def _rules(self, batch: checking.Batch, spec: FeatureSpec) -> Iterator[Rule]:
        if batch.seq_length:
            yield Rule(np.full([len(batch.rows)], batch.seq_length != self.seq_length),
                       lambda row: "the window has %d wordpieces, --max_seq_length is %d"
                                   % (batch.seq_length, self.seq_length),
                       "give --max_seq_length=%d or prepare the records again" % batch.seq_length)
        if packing.SEGMENT_IDS in batch.columns:
            yield from packing.order_rules(batch.columns, self.sizes.num_segments)
        yield from checking.range_rules(batch, spec, self.sizes)


def sizes_of(config: Any) -> Sizes:
    """The limits that an encoder's config sets to records."""
    # Records have those of the packing at most, whatever the model was made for.
    num_segments = min(encoders.of(config).packing.num_segments, encoders.num_segments(config))
    return Sizes(config.vocab_size, num_segments)


def check_first_records(paths: List[str], demands: Demands) -> None:
    """Looks at the first record of each file.

    Raises:
      UserError: there is none, it is damaged, lacks a feature, has another sequence length, or
        numbers that the model has no embeddings or outputs for.
    """
    files.check_no_pipes(paths)
    for path in paths:
        demands.check([("%s, record 0" % path, _first_record(path))])


def check_kinds(paths: List[str], composition: Composition) -> None:
    """Raises UserError where the files have no record of a kind that steps are composed of."""
    wanted = {kind for kind, count in enumerate(composition.counts) if count}
    for path in paths:
        with contextlib.closing(tfrecord.read_records(path)) as records:
            for number, record in enumerate(records):
                values = examples.parse(record, "%s, record %d" % (path, number))
                wanted.difference_update(values.get(composition.label, np.zeros(0)).tolist())
                if not wanted:
                    return
    raise UserError("--step_composition=%s: the records have none of the kind that number %d "
                    "counts: give 0 there, or prepare records that have it"
                    % (composition, min(wanted) + 1))


def _first_record(path: str) -> bytes:
    with contextlib.closing(tfrecord.read_records(path)) as records:
        first = next(records, None)
    if first is None:
        raise UserError("%s holds no records" % path)
    return first


def read_chunks(path: str, demands: Demands, first: int, size: int) -> Iterator[Columns]:
    """Yields the inputs and labels of the records of a file, `size` of them at a time.

    Args:
      path: of the records.
      demands: what they must fulfil.
      first: how many records are passed over.
      size: of a chunk; the last one may be smaller.

    Raises:
      UserError: a record is damaged or cannot be used; the message names it.
    """
    named = (("%s, record %d" % (path, index), record)
             for index, record in enumerate(tfrecord.read_records(path)))
    left = itertools.islice(named, first, None)
    for chunk in iter(lambda: list(itertools.islice(left, size)), []):
        yield demands.columns(chunk)


def find_fault(paths: List[str], demands: Demands) -> None:
    """Looks at every record, some ten thousand a second, for what made TensorFlow fail.

    Raises:
      UserError: as `check_first_records`, of the first record that is at fault.
    """
    for path in paths:
        waiting: List[Tuple[str, bytes]] = []
        try:
            for index, record in enumerate(tfrecord.read_records(path)):
                waiting.append(("%s, record %d" % (path, index), record))
                if len(waiting) == _BATCH_RECORDS:
                    demands.check(waiting)
                    waiting = []
        except UserError:
            demands.check(waiting)  # These come before the one that cannot be read.
            raise
        demands.check(waiting)


def count_records(paths: List[str]) -> int:
    """How many records the files have together.

    Raises:
      UserError: a file is cut off.
    """
    return sum(map(tfrecord.count_records, paths))
