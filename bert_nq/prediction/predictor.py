"""Examples through the model, as a stream: only those under way are in memory.

Examples are taken together in groups, whose rows are put in the order of their lengths. A group's
logits depend on the group alone, not on what the same process or another computes besides.
"""
import collections
import itertools
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.features import spec
from bert_nq.features.spec import FeatureSpec
from bert_nq.jobs.chunks import CHUNK_ITEMS
from bert_nq.modeling.heads import outputs as head_outputs
from bert_nq.prediction.batches import Batch, make_batches

# A decoder's `outputs_type`, see modeling.heads.outputs; rows are those of the features.
Outputs = Any


class Group(NamedTuple):
    """Examples that go through the model together, and the rows of each."""
    examples: List[Any]
    rows: List[Any]  # see features.featurizer.Made

    def num_rows(self) -> int:
        """The number of rows of all its examples."""
        return sum(len(rows.lengths) for rows in self.rows)


class Answers(NamedTuple):
    """The answers to an example."""
    entry: Dict[str, Any]  # of the prediction file
    nbest: Optional[Dict[str, Any]]  # of the n-best file, if it is wanted


class Predictor:
    """Makes rows of examples, and answers of the model's outputs.

    Attributes:
      outputs_type: of the model, see `Outputs`.
    """

    def __init__(self, maker: Any, features: FeatureSpec, decoder: Any, batch_size: int,
                 nbest: bool = False):
        """
        Args:
          maker: of rows, see features.featurizer.Featurizer.
          features: of the rows.
          decoder: see decoding.decoders.
          batch_size: rows that go through the model at once.
          nbest: whether the runners-up are wanted too.
        """
        self._maker = maker
        self._input_names = spec.names(spec.of_roles(features, spec.INPUT))
        self._decoder = decoder
        self._batch_size = batch_size
        self._nbest = nbest
        self.outputs_type = decoder.outputs_type

    def prepare(self, examples: Iterable[Any], bad_input: BadInput) -> Group:
        """Makes the rows of examples; `bad_input` is told of those that cannot be used."""
        group = Group([], [])
        for example in examples:
            try:
                rows = self._maker.prediction(example).rows
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            group.examples.append(example)
            group.rows.append(rows)
        return group

    def batches(self, group: Group, full_length: bool) -> Iterator[Batch]:
        """The rows of a group, batch by batch; with all of their padding if `full_length`."""
        return make_batches(group.rows, self._input_names, self._batch_size,
                            full_length or self._decoder.output_options().sees_padding)

    def answers(self, group: Group, outputs: Outputs) -> Iterator[Answers]:
        """Yields the answers to each example of a group.

        Args:
          group: the examples.
          outputs: of all their rows, in the order of the examples.

        Raises:
          UserError: the logits are no numbers; the message names the example.
        """
        for example, rows, of_example in _by_example(group, outputs):
            if self._nbest:
                yield Answers(*self._decoder.both(example, rows, of_example))
            else:
                yield Answers(self._decoder.decode(example, rows, of_example), None)


def _by_example(group: Group, outputs: Outputs) -> Iterator[Tuple[Any, Any, Outputs]]:
    """Yields each example with its rows and their outputs.

    Raises:
      UserError: see Predictor.answers.
    """
    # All at once is cheaper than one by one, which finds out whose they are.
    are_finite = all(np.isfinite(array).all() for array in outputs)
    start = 0
    for example, rows in zip(*group):
        end = start + len(rows.lengths)
        of_example = head_outputs.rows(outputs, start, end)
        start = end
        if not are_finite:
            try:
                head_outputs.check_finite(of_example)
            except UserError as e:
                raise UserError("%s: %s" % (example.source, e)) from e
        yield example, rows, of_example


def stream(model: Any, predictor: Predictor,
           groups: Iterable[Group]) -> Iterator[Tuple[Group, Outputs]]:
    """Yields each group with the outputs of its rows, in the order of the groups.

    Args:
      model: a WindowModel or the like: it has `outputs(batches)`, which may draw batches in another
        thread, and `full_length`, whether these must be of max_seq_length.
      predictor: makes the batches.
      groups: drawn when the model is ready for them.
    """
    under_way: Deque[_UnderWay] = collections.deque()

    def batches():
        for group in groups:
            under_way.append(_UnderWay(group, predictor.outputs_type))
            for batch in predictor.batches(group, model.full_length):
                under_way[-1].rows.append(batch.rows)
                yield batch

    for outputs in model.outputs(batches()):
        # Batches do not cross from one group to the next.
        while not under_way[0].rows_left:
            yield under_way.popleft().finished()
        under_way[0].add(outputs)
    for waiting in under_way:
        yield waiting.finished()


class _UnderWay:
    """A group, and the outputs of its rows that the model has given."""

    def __init__(self, group: Group, outputs_type: type):
        self._group = group
        self._outputs_type = outputs_type
        self.rows_left = group.num_rows()
        self.rows: List[np.ndarray] = []  # of each batch that went in
        self._outputs: List[Outputs] = []

    def add(self, outputs: Outputs) -> None:
        self._outputs.append(outputs)
        self.rows_left -= len(outputs[0])

    def finished(self) -> Tuple[Group, Outputs]:
        if not self.rows:
            empty = [np.zeros([0])] * len(self._outputs_type._fields)
            return self._group, self._outputs_type(*empty)
        places = np.argsort(np.concatenate(self.rows))
        return self._group, self._outputs_type(*(_joined(arrays)[places]
                                                 for arrays in zip(*self._outputs)))


def _joined(arrays: Tuple[np.ndarray, ...]) -> np.ndarray:
    """An output of all batches. Short rows have fewer positions: their last one is repeated."""
    width = max(a.shape[1] if a.ndim == 2 else 0 for a in arrays)
    return np.concatenate([np.pad(a, [(0, 0), (0, width - a.shape[1])], "edge") if a.ndim == 2
                           else a for a in arrays])


def predict(model: Any, predictor: Predictor, examples: Iterable[Any],
            bad_input: BadInput) -> Iterator[Dict[str, Any]]:
    """Yields an entry of the prediction file for each example, in their order.

    Raises:
      UserError: an example is unusable, or its logits are no numbers.
    """
    groups = (predictor.prepare(some, bad_input) for some in in_groups(examples))
    for group, outputs in stream(model, predictor, groups):
        for answers in predictor.answers(group, outputs):
            yield answers.entry


def in_groups(items: Iterable) -> Iterator[List]:
    """Yields lists of CHUNK_ITEMS items, the last one shorter."""
    items = iter(items)
    return iter(lambda: list(itertools.islice(items, CHUNK_ITEMS)), [])
