"""The check of records against their feature spec: names, sizes, ranges, a task's own rules.

Many records are checked at once, as columns of numbers. A rule tells which of them break it, and
explains the fault of each of these (features.featurizer.Rule).
"""
import collections
import itertools
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features import spec as specs
from bert_nq.features.featurizer import Columns, Featurizer, Pieces, Rule
from bert_nq.features.spec import SCALAR, SEQUENCE, Feature, FeatureSpec, Sizes
from bert_nq.records import examples
from bert_nq.records.tables import Table, read_tables

# Features of a format that earlier versions wrote; a record that has one is of it.
_COMPACT = ("piece_ids", "window_shape", "piece_tokens")

Fault = Tuple[int, str]  # which record is wrong, and a line that names it


class Kind(NamedTuple):
    """A purpose and length, which records must have in common to be used together."""
    purpose: str  # specs.TRAINING or PREDICTION
    seq_length: int

    def __str__(self) -> str:
        return "%s record of %d wordpieces" % self


class Batch(NamedTuple):
    """N records of the same features and one sequence length S."""
    rows: np.ndarray  # [N] which of the records these are
    columns: Columns
    seq_length: int  # 0 where there are no sequences

    def keep(self, is_kept: np.ndarray) -> "Batch":
        """The records for which `is_kept` [N] is true."""
        if is_kept.all():
            return self
        return Batch(self.rows[is_kept], {name: values[is_kept] for name, values
                                          in self.columns.items()}, self.seq_length)


class Checked(NamedTuple):
    """The result of checking some records."""
    kinds: Dict[Kind, List[int]]  # which records are right and of this kind
    classes: "collections.Counter[str]"  # of those of training, by the class label's names
    faults: List[Fault]


def check_records(payloads: Sequence[bytes], sources: Sequence[str], featurizer: Featurizer,
                  pieces: Pieces) -> Checked:
    """Checks that records are what the featurizer's program writes, and nothing else.

    Args:
      payloads: serialized Examples.
      sources: names each of them in messages.
      featurizer: of the task.
      pieces: what is known of the vocabulary.
    """
    kinds, classes = collections.defaultdict(list), collections.Counter()
    label = specs.class_label(featurizer.spec)

    def spec_of(names: Iterable[str]) -> FeatureSpec:
        purpose = specs.purpose_of(featurizer.spec, names)
        if purpose is None:
            raise UserError("has the features %s: this is no record of %s"
                            % (", ".join(sorted(names)) or "none", featurizer.program))
        return specs.of_purpose(featurizer.spec, purpose)

    def rules_of(batch: Batch, spec: FeatureSpec) -> Iterator[Rule]:
        own = featurizer.check(batch.columns, pieces) if featurizer.check else ()
        # A task's own rules come first, since they say more.
        return itertools.chain(own, range_rules(batch, spec, Sizes(
            pieces.vocab_size, featurizer.num_segments(batch.columns))))

    right, faults = find_faults(payloads, sources, spec_of, rules_of)
    for batch in right:
        purpose = specs.purpose_of(featurizer.spec, batch.columns)
        kinds[Kind(purpose, batch.seq_length)].extend(batch.rows.tolist())
        if label and label.name in batch.columns:
            classes.update(specs.count_classes(label, batch.columns[label.name]))
    return Checked(dict(kinds), classes, faults)


def parse_checked(payload: bytes, source: str, featurizer: Featurizer) -> Dict[str, np.ndarray]:
    """The int64 features of a record by name: of a task's, of right sizes, of any values.

    Raises:
      UserError: it lacks a key or an input, or a feature of the spec has another size.
    """
    table = _parsed(payload, 0, source)
    faults: List[Fault] = []
    try:
        _refuse_compact(table.values)
        require(specs.of_roles(featurizer.spec, specs.KEY, specs.INPUT), table.values,
                "not records of " + featurizer.program)
    except UserError as e:
        raise UserError("%s %s" % (source, e)) from None
    spec = tuple(feature for feature in featurizer.spec if feature.name in table.values)
    _apply(_size_rules(table, spec), table.rows, [source], faults)
    if faults:
        raise UserError(faults[0][1])
    return table.values


def require(spec: FeatureSpec, names: Iterable[str], otherwise: str) -> None:
    """Raises UserError, for a `spec_of`, where a record that has `names` lacks one of the spec.

    Args:
      otherwise: says what records without it are.
    """
    for name in specs.names(spec):
        if name not in names:
            raise UserError("has no feature %s: these are %s" % (name, otherwise))


def find_faults(payloads: Sequence[bytes], sources: Sequence[str],
                spec_of: Callable[[Iterable[str]], FeatureSpec],
                rules_of: Callable[[Batch, FeatureSpec], Iterator[Rule]]
                ) -> Tuple[List[Batch], List[Fault]]:
    """Checks records; returns those that are right, and the first fault of each of the others.

    Args:
      payloads: serialized Examples.
      sources: names each of them in messages.
      spec_of: the features to look at of records that have features of these names; raises
        UserError, which says why, if they are none of the wanted records.
      rules_of: the rules for records of right names and sizes; those behind the first one that a
        record breaks do not count.
    """
    faults: List[Fault] = []
    right: List[Batch] = []
    for table in _tables(payloads, sources, faults):
        try:
            _refuse_compact(table.values)
            spec = spec_of(table.values)
        except UserError as e:
            faults.extend((row, "%s %s" % (sources[row], e)) for row in table.rows.tolist())
            continue
        is_right = _apply(_size_rules(table, spec), table.rows, sources, faults)
        for batch in _batches(table, spec, is_right):
            kept = batch.keep(_apply(rules_of(batch, spec), batch.rows, sources, faults))
            if len(kept.rows):
                right.append(kept)
    return right, sorted(faults)


def _tables(payloads: Sequence[bytes], sources: Sequence[str],
            faults: List[Fault]) -> Iterator[Table]:
    """Yields the records as numbers; adds those that are no Examples to `faults`."""
    tables, others = read_tables(payloads)
    yield from tables
    for row in others:
        try:
            yield _parsed(payloads[row], row, sources[row])
        except UserError as e:
            faults.append((row, str(e)))


def _parsed(payload: bytes, row: int, source: str) -> Table:
    """A table of one record; UserError where it is no Example."""
    features = examples.parse(payload, source)
    return Table(np.array([row]), features,
                 {name: np.array([len(values)]) for name, values in features.items()})


def _refuse_compact(names: Iterable[str]) -> None:
    if any(name in names for name in _COMPACT):
        raise UserError("is a compact record, and these are no longer read: prepare the records "
                        "again, without --compact")


def _apply(rules: Iterable[Rule], rows: np.ndarray, sources: Sequence[str],
           faults: List[Fault]) -> np.ndarray:
    """Returns which of the records, bool [N], keep all rules; adds the others to `faults`."""
    is_right = np.ones([len(rows)], bool)
    for rule in rules:
        if not rule.is_broken.any():
            continue
        for i in np.flatnonzero(rule.is_broken & is_right).tolist():
            row = int(rows[i])
            faults.append((row, "%s: %s: %s" % (sources[row], rule.explain(i), rule.remedy)))
        is_right &= ~rule.is_broken
    return is_right


def _size_rules(table: Table, spec: FeatureSpec) -> Iterator[Rule]:
    """One value of a scalar, and of all sequences the same number."""
    first = next((feature.name for feature in spec if feature.shape == SEQUENCE), None)
    for name, shape in (feature[:2] for feature in spec):
        sizes = table.sizes[name]
        if shape == SCALAR:
            yield Rule(sizes != 1, _explanation("%s has %d values, not one", name, sizes))
        elif name == first:
            yield Rule(sizes == 0, _explanation("%s has %d values", name, sizes))
        else:
            yield Rule(sizes != table.sizes[first], _explanation(
                "%s has %d values, " + first + " %d", name, sizes, table.sizes[first]))


def _explanation(text: str, name: str, *columns: np.ndarray) -> Callable[[int], str]:
    return lambda row: text % ((name,) + tuple(column[row] for column in columns))


def _batches(table: Table, spec: FeatureSpec, is_right: np.ndarray) -> Iterator[Batch]:
    """Yields the records of right sizes, by their sequence lengths."""
    first = next((feature.name for feature in spec if feature.shape == SEQUENCE), None)
    lengths = table.sizes[first] if first else np.zeros_like(table.rows)
    for seq_length in np.unique(lengths[is_right]).tolist():
        chosen = is_right & (lengths == seq_length)
        columns = {feature.name: _column(feature, table, chosen, seq_length) for feature in spec}
        yield Batch(table.rows[chosen], columns, seq_length)


def _column(feature: Feature, table: Table, chosen: np.ndarray, seq_length: int) -> np.ndarray:
    """The feature of the chosen records, [N] or [N, S]."""
    values = table.values[feature.name]
    if not chosen.all():
        values = values[np.repeat(chosen, table.sizes[feature.name])]
    return values if feature.shape == SCALAR else values.reshape(-1, seq_length)


def range_rules(batch: Batch, spec: FeatureSpec, sizes: Sizes) -> Iterator[Rule]:
    """The limits that a spec sets to the values of its features, for a model of these sizes."""
    for feature in spec:
        values = batch.columns[feature.name]
        limit = sizes.limit(feature, batch.seq_length)
        if feature.limit == specs.VOCABULARY:
            yield Rule(_is_outside(values, limit),
                       _outside_explanation("wordpiece id %d, ids are from 0 to %d", values, limit),
                       "the records were made with another vocabulary")
        elif limit is not None:
            yield Rule(_is_outside(values, limit, feature.least), _outside_explanation(
                feature.name + " %%d, which must be from %d to %%d" % feature.least, values, limit,
                feature.least))


def _is_outside(values: np.ndarray, limit: int, least: int = 0) -> np.ndarray:
    """bool [N]: whether one of the values of a record is not in [least, limit)."""
    if not len(values) or values.min() >= least and values.max() < limit:
        return np.zeros([len(values)], bool)
    return ((values < least) | (values >= limit)).reshape(len(values), -1).any(axis=1)


def _outside_explanation(text: str, values: np.ndarray, limit: int, least: int = 0
                         ) -> Callable[[int], str]:
    def explain(row: int) -> str:
        of_row = np.atleast_1d(values[row])
        return text % (of_row[(of_row < least) | (of_row >= limit)][0], limit - 1)

    return explain
