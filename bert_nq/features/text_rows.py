"""The features of classifiers of texts: one row a text, and the number of its label.

Names, types and order of the features are those of Google's run_classifier, behind a unique id.
"""
import collections
from typing import Any, Iterator, NamedTuple, Optional

import numpy as np

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.classification import labels
from bert_nq.datasets.classification.reading import Example
from bert_nq.features import packing
from bert_nq.features.featurizer import Columns, Featurizer, Made, Pieces, Rule
from bert_nq.features.options import TextOptions
from bert_nq.features.packing import Packing
from bert_nq.features.spec import KEY, LABEL, SCALAR, Feature
from bert_nq.features.text_options import TextRowOptions
from bert_nq.features.tokenizers import make_tokenizer
from bert_nq.text.vocabulary import Vocabulary, check_specials

LABEL_IDS = "label_ids"
_OF_LABEL = "label "  # opens the names of the counts of texts by label

SPEC = (Feature("unique_ids", SCALAR, KEY), *packing.INPUTS, Feature(LABEL_IDS, SCALAR, LABEL))


class Row(NamedTuple):
    """The one row of a text of at most S wordpieces; see features.packing."""
    example_id: int
    input_ids: np.ndarray  # int64 [1, S]
    lengths: np.ndarray  # int64 [1] pieces before the padding
    order: Packing
    label_id: Optional[int]  # None where the text has no label

    @property
    def indexes(self) -> np.ndarray:
        """[1]: the row's place among all of the text."""
        return np.zeros([1], np.int64)

    def columns(self) -> Columns:
        """The features by their names."""
        seq_length = self.input_ids.shape[1]
        columns = {"unique_ids": np.array([self.example_id], np.int64),
                   "input_ids": self.input_ids,
                   "input_mask": packing.is_piece(self.lengths, seq_length),
                   "segment_ids": self.order.text_segments(self.lengths, seq_length)}
        if self.label_id is not None:
            columns[LABEL_IDS] = np.array([self.label_id], np.int64)
        return columns


class RowMaker:
    """Makes rows of texts with one tokenizer and one set of options.

    Attributes:
      vocab_size: ids are below it.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, options: TextRowOptions,
                 order: Packing):
        """
        Args:
          tokenizer: has `text_ids(text)`, see text.wordpiece.
          vocabulary: has its special tokens.
          options: see `TextRowOptions`.
          order: of the pieces of a row.
        """
        self._tokenizer, self._options, self._packing = tokenizer, options.check(), order
        self.vocab_size = len(vocabulary)
        specials = vocabulary.specials
        self._frame = order.text_frame(vocabulary.ids[specials.cls], vocabulary.ids[specials.sep])
        self._label_ids = {name: i for i, name in enumerate(labels.parse(options.labels))}

    def training(self, example: Example) -> Made:
        """The row of a text with its label.

        Raises:
          BadExampleError: the label is none of the model's, or the text has no pieces.
        """
        if example.label not in self._label_ids:
            raise BadExampleError("%s: the label %.40r is none of the model's, %.200s" % (
                example.source, example.label, ", ".join(self._label_ids)))
        made = self._make(example, self._label_ids[example.label])
        made.counts[_OF_LABEL + example.label] += 1
        return made

    def prediction(self, example: Example) -> Made:
        """The row of a text, without its label.

        Raises:
          BadExampleError: the text has no pieces.
        """
        return self._make(example, None)

    def _make(self, example: Example, label_id: Optional[int]) -> Made:
        before, after = self._frame
        room = self._options.max_seq_length - len(before) - len(after)
        pieces = list(self._tokenizer.text_ids(example.text))
        if not pieces:
            raise BadExampleError("%s: the text has no wordpieces" % example.source)
        ids = before + pieces[:room] + after
        row = np.zeros([1, self._options.max_seq_length], np.int64)
        row[0, :len(ids)] = ids
        return Made(Row(example.example_id, row, np.array([len(ids)]), self._packing, label_id), 1,
                    collections.Counter(cut=int(len(pieces) > room)))


def label_counts(counts: "collections.Counter[str]") -> "collections.Counter[str]":
    """How many texts have each label, of the counts of a preparation."""
    return collections.Counter({name[len(_OF_LABEL):]: number for name, number in counts.items()
                                if name.startswith(_OF_LABEL)})


def make_row_maker(text: TextOptions, options: TextRowOptions) -> RowMaker:
    """The RowMaker of these settings.

    Raises:
      UserError: the vocabulary cannot be read or lacks special tokens, or no row could be made.
    """
    vocabulary = Vocabulary.load(text.vocab_file)
    check_specials(vocabulary, text.vocab_file)
    return RowMaker(make_tokenizer(text, vocabulary, has_markers=False), vocabulary, options,
                    packing.PACKINGS[text.packing])


def check(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of the packing of single texts."""
    return packing.text_rules(columns, pieces)


FEATURIZER = Featurizer(SPEC, TextRowOptions, make_row_maker, "run_classifier.py", check,
                        num_segments=packing.num_segments)
