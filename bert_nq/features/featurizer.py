"""A featurizer: how a task's examples become rows of features, and how these are checked."""
import collections
from typing import Any, Callable, Dict, Iterator, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.features.options import TextOptions
from bert_nq.features.spec import FeatureSpec
from bert_nq.text.vocabulary import Vocabulary

# The features of N records by name: integers or, for 0 and 1, bools; [N] or [N, S].
Columns = Dict[str, np.ndarray]


class Passes(NamedTuple):
    """The passes over the data that N rows are for, where each pass has rows of its own."""
    numbers: np.ndarray  # int64 [N], from 0
    total: int


class Made(NamedTuple):
    """The rows of one example."""
    rows: Any  # has columns() -> Columns; indexes [N], the rows' places in the example; lengths [N]
    total: int  # rows of the example before some were left out
    counts: "collections.Counter[str]"  # what summaries tell of the example beside its rows
    passes: Optional[Passes] = None  # shuffled records have the rows of one pass, then the next


class Pieces(NamedTuple):
    """Facts of a vocabulary that wordpieces are checked with; without one, nothing is known."""
    vocab_size: int = 2 ** 31  # ids are below it; the model's are int32
    cls: Optional[int] = None  # the id of [CLS]
    sep: Optional[int] = None  # the id of [SEP]
    cls_name: str = "[CLS]"  # in messages; of XLNet <cls>
    sep_name: str = "[SEP]"

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "Pieces":
        """The facts of a vocabulary that has the special tokens."""
        special, ids = vocabulary.specials, vocabulary.ids
        return cls(len(vocabulary), ids[special.cls], ids[special.sep], special.cls, special.sep)


class Rule(NamedTuple):
    """A rule applied to N records: which of them break it, and how."""
    is_broken: np.ndarray  # bool [N]
    explain: Callable[[int], str]  # what is wrong with a record that breaks it, given its row
    remedy: str = "prepare the records again"


# Yields the rules of a task beyond its spec. A record that breaks one rule goes through the others
# as well, so none may fail, whatever the numbers; the first broken one is told.
Check = Callable[[Columns, Pieces], Iterator[Rule]]


def two_segments(columns: Columns) -> int:
    """The kinds of segments of records of two texts, the first and the second."""
    del columns
    return 2


class Featurizer(NamedTuple):
    """All that the library knows of a task's features. A value: it is sent to worker processes.

    A maker, what `make` returns, has `vocab_size`, `training(example) -> Made` and
    `prediction(example) -> Made`; these raise BadExampleError where an example cannot be used.
    """
    spec: FeatureSpec
    options: type  # the class of the task's options, a NamedTuple with a `seed`
    make: Callable[[TextOptions, Any], Any]  # (text, these options) -> a maker
    program: str  # the program that prepares the records, named in messages
    check: Optional[Check] = None
    # The pieces that the labels of a record mark, given its features; None where they mark none.
    labelled_span: Optional[Callable[[Columns], Optional[slice]]] = None
    # The kinds of segments that records, given their features, may have.
    num_segments: Callable[[Columns], int] = two_segments
    vocabulary: str = "BERT's vocab.txt"  # the file that `TextOptions.vocab_file` is to be
    # The classes of the class label whose records have no span that is labelled.
    without_span: Tuple[str, ...] = ()
    kinds: Optional[str] = None  # the label by which training may compose its steps
    # What decides the rows besides the options, {name: JSON}: it is part of what `make` calls.
    settings: Mapping[str, Any] = {}
