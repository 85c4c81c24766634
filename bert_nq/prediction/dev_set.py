"""A dev set that models are scored on again and again. Free of TensorFlow."""
import re
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

import numpy as np

from bert_nq.base import files, randomness
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.reading import Reading
from bert_nq.prediction.output import Entry


class Limits(NamedTuple):
    """The limits of what annotations can tell of a model."""
    constant: FrozenSet[str] = frozenset()  # keys of scores that are the same for all models
    remarks: Tuple[str, ...] = ()  # what a person should know, and what to do


def _no_limits(gold: Mapping[int, Any]) -> Limits:
    del gold
    return Limits()


class DevFormat(NamedTuple):
    """The annotated examples of a task, and how answers to them are scored."""
    reading: Reading
    # Reads the annotations of files by the examples' ids; false where an example has none. What
    # cannot be used is told, by its source, and left out.
    read_gold: Callable[[List[str], BadInput], Mapping[int, Any]]
    # Scores entries against annotations, both by the examples' ids, as numbers by name.
    score: Callable[[Mapping[int, Any], Mapping[int, Entry]], Dict[str, float]]
    # The scores of a prediction file against the files that were predicted, as text. Raises
    # UserError where these are not annotated.
    evaluate: Callable[[List[str], str], str]
    limits: Callable[[Mapping[int, Any]], Limits] = _no_limits  # of annotations


class DevSet:
    """Annotated examples, or a sample of them.

    Attributes:
      skipped: how many items of the files cannot be used and are passed over.
    """

    def __init__(self, paths: List[str], dev_format: DevFormat, num_examples: int = 0,
                 prepare: Optional[Callable[[Any], Any]] = None, skip: bool = False):
        """Reads the files through, so that no fault of theirs is found in the middle of a training.

        Args:
          paths: of the files.
          dev_format: how they are read and scored.
          num_examples: how many are scored; 0: all. Which they are follows from their ids, so that
            every model is scored on the same ones.
          prepare: makes the model's input of an example; raises BadExampleError where it cannot.
          skip: whether examples that cannot be used are passed over; else they are errors.

        Raises:
          UserError: a file cannot be read or is not annotated, or an example cannot be used.
        """
        files.check_no_pipes(paths)
        self._paths, self._format = paths, dev_format
        bad_input = _OnceOfEach(skip, dev_format.reading.unit)
        self._gold = dev_format.read_gold(paths, bad_input)
        if not any(self._gold.values()):
            raise UserError("%s: there are no annotations to score with" % paths[0])
        if 0 < num_examples < len(self._gold):
            ids = np.array(sorted(self._gold), np.int64)
            chosen = ids[np.argsort(randomness.hash64(0, ids), kind="stable")[:num_examples]]
            self._gold = {example_id: self._gold[example_id] for example_id in chosen.tolist()}
        self._sources: Dict[int, str] = {}  # of each example that is scored
        for example in self._format.reading.examples(paths, bad_input):
            if example.example_id in self._gold and example.example_id not in self._sources:
                try:
                    if prepare:
                        prepare(example)
                except BadExampleError as e:
                    bad_input.handle(e)
                    continue
                self._sources[example.example_id] = example.source
        self._gold = {example_id: annotations for example_id, annotations in self._gold.items()
                      if example_id in self._sources}
        if not any(self._gold.values()):
            raise UserError("%s: no annotated example of it can be used" % paths[0])
        self.skipped = bad_input.skipped

    def __len__(self) -> int:
        """How many examples are scored."""
        return len(self._gold)

    def check_limits(self, keys: Sequence[str]) -> Sequence[str]:
        """Returns what a person should know before models are scored.

        Args:
          keys: of the scores by which models are compared.

        Raises:
          UserError: these are the same for all models, so that the first one would stay the best.
        """
        limits = self._format.limits(self._gold)
        if limits.constant.issuperset(keys):
            raise UserError("%s: these pages cannot tell a better model: %s"
                            % (self._paths[0], "; ".join(limits.remarks or [
                                "no answer counts for " + " and ".join(keys)])))
        return limits.remarks

    def score(self, predict: Callable[[Iterator[Any]], Iterable[Entry]]
              ) -> Optional[Dict[str, float]]:
        """Scores a model; None where predictions were broken off.

        Args:
          predict: given the examples, gives an entry of the prediction file for each.
        """
        entries = {entry["example_id"]: entry for entry in predict(self._examples())}
        if len(entries) < len(self):
            return None
        return self._format.score(self._gold, entries)

    def _examples(self) -> Iterator[Any]:
        left = len(self._gold)
        # What cannot be used was told when the files were read first.
        for example in self._format.reading.examples(self._paths,
                                                     BadInput(skip=True, show=lambda fault: None)):
            if self._sources.get(example.example_id) == example.source:
                yield example
                left -= 1
                if not left:
                    return


class _OnceOfEach(BadInput):
    """Takes one fault of each item, however often the item is read."""

    def __init__(self, skip: bool, unit: str):
        super().__init__(skip)
        self._source = re.compile(r".*?, %s \d+(?!\d)" % re.escape(unit), re.DOTALL)
        self._known: Set[str] = set()

    def handle(self, error: BadExampleError) -> None:
        """See BadInput."""
        fault = str(error)
        source = self._source.match(fault)
        key = source.group() if source else fault
        if key not in self._known:
            self._known.add(key)
            super().handle(error)
