"""The features of masked language models: blocks of text, of whose pieces some are hidden.

A context is cut into pieces and these into blocks, [CLS] pieces [SEP]: full ones, and a shorter one
where a context has no full one. Training records hold each block for several passes over the data,
hidden anew in each; what is hidden follows from the seed, the text, the block and the pass alone.

In prediction, which scores held-out text, random pieces are hidden whatever the masking, so that
models of different maskings can be compared.

Notation: N rows, S sequence length.
"""
import collections
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.corpus.example import Example
from bert_nq.features import draws, maskings, packing
from bert_nq.features.block_options import BlockOptions
from bert_nq.features.featurizer import Columns, Featurizer, Made, Passes, Pieces, Rule
from bert_nq.features.maskings import entities
from bert_nq.features.maskings.masker import Masker
from bert_nq.features.options import TextOptions
from bert_nq.features.packing import Packing
from bert_nq.features.spec import INPUT, KEY, SCALAR, SEQUENCE, VOCABULARY, Feature
from bert_nq.features.tokenizers import make_tokenizer
from bert_nq.modeling.heads.mlm_outputs import IDS, WEIGHTS
from bert_nq.text.vocabulary import Vocabulary, check_specials

SPEC = (Feature("unique_ids", SCALAR, KEY), *packing.INPUTS,
        Feature(IDS, SEQUENCE, INPUT, VOCABULARY), Feature(WEIGHTS, SEQUENCE, INPUT, 2))

_PREDICTED = "random"  # the masking of prediction


class Rows(NamedTuple):
    """The blocks of a text, each once for every pass."""
    example_id: int
    input_ids: np.ndarray  # int64 [N, S] what the model is to see
    masked_ids: np.ndarray  # int64 [N, S] what was there
    is_masked: np.ndarray  # bool [N, S]
    lengths: np.ndarray  # int64 [N] pieces before the padding
    order: Packing

    @property
    def indexes(self) -> np.ndarray:
        """[N]: the rows' places among all of the text."""
        return np.arange(len(self.lengths))

    def columns(self) -> Columns:
        """The features by their names."""
        seq_length = self.input_ids.shape[1]
        return {"unique_ids": np.full(len(self.lengths), self.example_id, np.int64),
                "input_ids": self.input_ids,
                "input_mask": packing.is_piece(self.lengths, seq_length),
                "segment_ids": self.order.text_segments(self.lengths, seq_length),
                IDS: self.masked_ids, WEIGHTS: self.is_masked}


def cut(pieces: Sequence[Any], size: int, keep_remainder: bool) -> List[Sequence[Any]]:
    """The blocks of a context's pieces: full ones, and the rest if it is kept or all there is."""
    full = len(pieces) // size
    blocks = [pieces[i * size:(i + 1) * size] for i in range(full)]
    rest = pieces[full * size:]
    return blocks + [rest] if rest and (keep_remainder or not full) else blocks


class BlockMaker:
    """Makes blocks of texts with one tokenizer and one set of options.

    Attributes:
      vocab_size: ids are below it.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, options: BlockOptions,
                 order: Packing):
        """
        Args:
          tokenizer: has `text_ids(text)`, see text.wordpiece.
          vocabulary: has its special tokens.
          options: see `BlockOptions`.
          order: of the pieces of a row.

        Raises:
          UserError: no block could be made.
        """
        self._tokenizer, self._options, self._packing = tokenizer, options.check(), order
        self.vocab_size = len(vocabulary)
        specials = vocabulary.specials
        self._frame = order.text_frame(vocabulary.ids[specials.cls], vocabulary.ids[specials.sep])
        self._size = options.max_seq_length - sum(map(len, self._frame))
        self._random = np.random.RandomState(0)  # It is seeded for each block.
        self._find_entities: Optional[Callable[[str], entities.Spans]] = None
        self._training, self._prediction = (
            Masker(vocabulary, maskings.find(name), options.masking_rate)
            for name in (options.masking, _PREDICTED))

    def training(self, example: Example) -> Made:
        """The blocks of a text, once for each pass.

        Raises:
          BadExampleError: the text has no pieces.
          UserError: the masking wants entities, and what finds them cannot be used.
        """
        return self._make(example, self._training, self._options.passes)

    def prediction(self, example: Example) -> Made:
        """The blocks of a text.

        Raises:
          BadExampleError: the text has no pieces.
        """
        return self._make(example, self._prediction, 1)

    def _make(self, example: Example, masker: Masker, passes: int) -> Made:
        blocks: List[Sequence[int]] = []
        is_entity: List[Sequence[bool]] = []  # of the blocks, where the masking needs it
        num_pieces = 0
        for context in example.contexts:
            pieces = self._tokenizer.text_ids(context)
            num_pieces += len(pieces)
            blocks += self._cut(pieces)
            if masker.masking.needs_entities:
                is_entity += self._cut(entities.marks(context, self._entities(context),
                                                      self._tokenizer))
        if not blocks:
            raise BadExampleError("%s: the text has no wordpieces" % example.source)
        rows = self._rows(example.example_id, blocks, is_entity, masker, passes)
        kept = sum(map(len, blocks))
        counts = collections.Counter(
            contexts=len(example.contexts), blocks=len(blocks), pieces=kept,
            left_out=num_pieces - kept, hidden=int(np.count_nonzero(rows.is_masked)))
        numbers = np.tile(np.arange(passes), len(blocks))
        return Made(rows, len(rows.lengths), counts, Passes(numbers, passes))

    def _cut(self, values: Sequence[Any]) -> List[Sequence[Any]]:
        return cut(values, self._size, self._options.keep_remainders)

    def _entities(self, text: str) -> entities.Spans:
        if self._find_entities is None:
            self._find_entities = entities.open_model(self._options.entity_model)
        return self._find_entities(text)

    def _rows(self, example_id: int, blocks: List[Sequence[int]],
              is_entity: List[Sequence[bool]], masker: Masker, passes: int) -> Rows:
        """Row number i is that of the block i // passes for the pass i % passes."""
        before, after = self._frame
        num_rows, seq_length = len(blocks) * passes, self._options.max_seq_length
        seen, there = (np.zeros([num_rows, seq_length], np.int64) for _ in range(2))
        is_masked = np.zeros([num_rows, seq_length], bool)
        lengths = np.zeros([num_rows], np.int64)
        for i, block in enumerate(blocks):
            ids = np.array(before + list(block) + after)
            marks = np.pad(is_entity[i], (len(before), len(after))) if is_entity else None
            for number in range(passes):
                row, end = i * passes + number, len(ids)
                # To seed this one anew takes a fraction of the time that a new one takes.
                self._random.seed(draws.seed_of_masks(self._options.seed, example_id, i, number))
                masked = masker(ids, self._random, marks)
                there[row, :end], seen[row, :end], lengths[row] = ids, masked.ids, end
                is_masked[row, masked.positions] = True
        return Rows(example_id, seen, there, is_masked, lengths, self._packing)


def make_block_maker(text: TextOptions, options: BlockOptions) -> BlockMaker:
    """The BlockMaker of these settings.

    Raises:
      UserError: the vocabulary cannot be read or lacks special tokens, or no block could be made.
    """
    vocabulary = Vocabulary.load(text.vocab_file)
    check_specials(vocabulary, text.vocab_file)
    return BlockMaker(make_tokenizer(text, vocabulary, has_markers=False), vocabulary, options,
                      packing.PACKINGS[text.packing])


def check(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of single texts, and of what is hidden in them."""
    yield from packing.text_rules(columns, pieces)
    is_masked, ids = columns[WEIGHTS] > 0, columns[IDS]
    yield Rule(~is_masked.any(axis=1), lambda row: "no piece of it is hidden")
    yield Rule((is_masked & (columns["input_mask"] == 0)).any(axis=1),
               lambda row: "padding is to be told")
    yield Rule(((columns["input_ids"] != ids) & ~is_masked).any(axis=1),
               lambda row: "a piece that is not hidden is another one in %s" % IDS)


FEATURIZER = Featurizer(SPEC, BlockOptions, make_block_maker, "prepare_text_corpus.py", check,
                        num_segments=packing.num_segments)
