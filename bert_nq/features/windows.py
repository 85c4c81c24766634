"""Contexts to windows: arrays of wordpiece ids, with labels or token maps."""
import collections
import itertools
import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.datasets.nq.example import AnswerType, Example
from bert_nq.features import draws, packing
from bert_nq.features.contexts import Answer, Contexts, build_contexts
from bert_nq.features.cutting import cut, unique_ids, window_starts
from bert_nq.features.featurizer import Columns, Made
from bert_nq.features.mined_windows import Miner
from bert_nq.features.options import FeatureOptions
from bert_nq.features.packing import Frame, Packing
from bert_nq.features.prefilter import Kept
from bert_nq.text.vocabulary import Vocabulary

# What the names of counts of contexts begin with that are of kinds which NQ does not have.
UNKNOWN_KIND = "unknown_kind "
# The name of a tag; of longer ones, which no HTML has, the beginning.
_TAG = re.compile("</?([A-Za-z][A-Za-z0-9]{0,11})")


class Labels(NamedTuple):
    """The labels of N windows, named as the features of records; int64."""
    start_positions: np.ndarray  # [N] first piece of the answer in the window; without, [CLS]
    end_positions: np.ndarray  # [N] last piece of the answer
    answer_types: np.ndarray  # [N] AnswerType


class Windows(NamedTuple):
    """N windows of S wordpieces of one example; int64, as records hold them.

    A window is `[CLS] question [SEP] document [SEP]` and padding, or as features.packing has it for
    another order. It has labels for training or a token map for prediction.
    """
    unique_ids: np.ndarray  # [N] example id + index of the window, wrapped to 64 bits
    indexes: np.ndarray  # [N] the places of these windows among all of the example
    input_ids: np.ndarray  # [N, S]
    lengths: np.ndarray  # [N] pieces before the padding: where input_mask is 1
    query_length: int  # pieces before the document
    labels: Optional[Labels]
    token_map: Optional[np.ndarray]  # [N, S] document token of each piece, -1 for none
    num_behind: int = 1  # pieces behind the document
    order: Packing = packing.BERT

    def input_mask(self) -> np.ndarray:
        """[N, S]: 1 for pieces, 0 for padding."""
        return self._is_piece().astype(np.int64)

    def segment_ids(self) -> np.ndarray:
        """[N, S]: for BERT 1 for the document and its [SEP], 0 for the question and for padding."""
        return self._segments().astype(np.int64)

    def columns(self) -> Columns:
        """The features by their names, see features.joint_windows; masks, and segments of two
        kinds, are bool."""
        columns = {"unique_ids": self.unique_ids, "input_ids": self.input_ids,
                   "input_mask": self._is_piece(), "segment_ids": self._segments()}
        if self.labels is not None:
            columns.update(self.labels._asdict())
        if self.token_map is not None:
            columns["token_map"] = self.token_map
        return columns

    def _is_piece(self) -> np.ndarray:
        return packing.is_piece(self.lengths, self.input_ids.shape[1])

    def _segments(self) -> np.ndarray:
        return self.order.segment_ids(self.lengths, self.query_length, self.num_behind,
                                        self.input_ids.shape[1])


class _Layout(NamedTuple):
    """An example as wordpieces, before it is cut into windows."""
    frame: Frame  # [Q], the question and all other pieces around the document
    ids_of_words: List[Sequence[int]]  # for each word, the ids of its pieces
    starts: np.ndarray  # [windows] first piece of each window
    ends: np.ndarray  # [windows] one behind its last piece

    def of_pieces(self, of_words: np.ndarray) -> np.ndarray:
        """The value of each piece: that of its word."""
        pieces = np.fromiter(map(len, self.ids_of_words), np.int64, len(self.ids_of_words))
        return np.repeat(of_words, pieces)

    def pieces(self, start: int, end: int) -> np.ndarray:
        """The ids of the pieces [start, end) of all words."""
        ids = itertools.chain.from_iterable(self.ids_of_words)
        return np.fromiter(itertools.islice(ids, start, end), np.int64, end - start)

    def pieces_of(self, answer: Answer) -> Optional[Tuple[int, int]]:
        """The first and the last piece of an answer; None where its words have none.

        A word of nothing but characters that are cleaned away, U+200B or U+00A0, has no pieces.
        """
        start = _count_pieces(self.ids_of_words[:answer.first_word])
        last = _count_pieces(self.ids_of_words[:answer.last_word + 1]) - 1
        return (start, last) if start <= last else None


class WindowMaker:
    """Makes windows of examples with one tokenizer and one set of options.

    Attributes:
      vocab_size: ids are below it.
      max_question: wordpieces of a question that windows have room for.
    """

    def __init__(self, tokenizer, vocabulary: Vocabulary, options: FeatureOptions,
                 order: Packing = packing.BERT, miner: Optional[Miner] = None,
                 prefilter: Optional[Kept] = None):
        """
        Args:
          tokenizer: has `word_ids(word)` and `text_ids(text)`, see text.wordpiece.
          vocabulary: has its special tokens and [Q].
          options: see `FeatureOptions`.
          order: of question and document.
          miner: chooses among the training windows without answer; None: they are drawn by chance.
          prefilter: chooses the candidates that windows of prediction have; None: all.
        """
        self._tokenizer = tokenizer
        self._options, self._packing = options.check(), order
        self._miner, self._prefilter = miner, prefilter
        self.vocab_size = len(vocabulary)
        self.max_question = options.max_query_length - 1  # [Q] is counted.
        specials = vocabulary.specials
        self._cls, self._sep, self._q = (vocabulary.ids[t] for t in (
            specials.cls, specials.sep, "[Q]"))

    def training(self, example: Example) -> Made:
        """The windows that hold the whole answer, and a share of the others.

        There are none where the answer was lost among odd blanks, or where it has no wordpieces:
        "answers_lost" counts that.

        Raises:
          BadExampleError: see `build_contexts`.
        """
        contexts = build_contexts(example, self._options, with_answer=True,
                                  with_tokens=self._miner is not None)
        layout = self._layout(example, contexts.words)
        answer = contexts.answer
        pieces = None if answer is None else layout.pieces_of(answer)
        if answer is None or pieces is None:
            windows = self._build(example, layout, np.zeros([0], np.int64))
            windows = windows._replace(labels=Labels(*np.zeros([3, 0], np.int64)))
        else:
            windows = self._labelled(example, contexts, layout, *pieces)
        return Made(windows, len(layout.starts), _counts(contexts, pieces is None))

    def prediction(self, example: Example) -> Made:
        """All windows, with the document token that each wordpiece belongs to.

        Raises:
          BadExampleError: the prefilter knows nothing of this page.
        """
        chosen = self._prefilter(example) if self._prefilter else None
        contexts = build_contexts(example, self._options, with_answer=False, chosen=chosen)
        layout = self._layout(example, contexts.words)
        windows = self._build(example, layout, np.arange(len(layout.starts)))
        token_map = np.full_like(windows.input_ids, -1)
        offset = len(layout.frame.before)
        cut(layout.of_pieces(contexts.token_map),
            zip(layout.starts.tolist(), layout.ends.tolist()), token_map[:, offset:])
        return Made(windows._replace(token_map=token_map), len(layout.starts),
                    _counts(contexts, False))

    def question_ids(self, question: str) -> List[int]:
        """All wordpieces of a question."""
        return list(self._tokenizer.text_ids(question))

    def _layout(self, example: Example, words: List[str]) -> _Layout:
        options = self._options
        # The last pieces are kept of a question that is too long: [Q] goes first.
        question = [self._q] + self.question_ids(example.question)
        frame = self._packing.frame(question[-options.max_query_length:], self._cls, self._sep)
        ids_of_words = list(map(self._tokenizer.word_ids, words))
        num_pieces = _count_pieces(ids_of_words)
        room = options.max_seq_length - len(frame.before) - len(frame.after)
        starts = window_starts(num_pieces, room, options.doc_stride)
        return _Layout(frame, ids_of_words, starts, np.minimum(starts + room, num_pieces))

    def _labelled(self, example: Example, contexts: Contexts, layout: _Layout,
                  start_piece: int, last_piece: int) -> Windows:
        """Chooses the windows to keep, and labels them."""
        answer_type = contexts.answer.type
        has_answer = ((start_piece >= layout.starts) & (last_piece < layout.ends)
                      & (answer_type != AnswerType.UNKNOWN))
        drawn = self._drawn(example.example_id, len(has_answer))
        if self._miner:
            drawn = self._mined(example, contexts, layout, np.flatnonzero(~has_answer), drawn)
        kept = np.flatnonzero(has_answer | drawn)
        windows = self._build(example, layout, kept)
        has_answer = has_answer[kept]
        shift = len(layout.frame.before) - layout.starts[kept]
        cls = self._packing.cls_positions(windows.lengths)
        return windows._replace(labels=Labels(
            np.where(has_answer, start_piece + shift, cls),
            np.where(has_answer, last_piece + shift, cls),
            np.where(has_answer, int(answer_type), int(AnswerType.UNKNOWN))))

    def _drawn(self, example_id: int, num_windows: int) -> np.ndarray:
        """bool [num_windows]: whether a window is kept even if it is without answer."""
        share = self._options.include_unknowns
        if not 0 < share < 1:  # Draws are in [0, 1).
            return np.full([num_windows], share >= 1)
        return draws.without_answer(self._options.seed, example_id, num_windows) < share

    def _mined(self, example: Example, contexts: Contexts, layout: _Layout, without: np.ndarray,
               drawn: np.ndarray) -> np.ndarray:
        """bool [windows]: as many of the windows `without` answer as are `drawn`, by the miner."""
        tokens = layout.of_pieces(contexts.token_map)
        windows = [tokens[start:end] for start, end in zip(layout.starts[without].tolist(),
                                                           layout.ends[without].tolist())]
        chosen = np.zeros_like(drawn)
        chosen[without[self._miner.choose(example, windows, int(drawn[without].sum()),
                                          self._options.seed)]] = True
        return chosen

    def _build(self, example: Example, layout: _Layout, kept: np.ndarray) -> Windows:
        """Writes out the windows `kept` [N], without labels or token map."""
        before, after = layout.frame
        offset = len(before)
        starts, ends = layout.starts[kept], layout.ends[kept]
        input_ids = np.zeros([len(kept), self._options.max_seq_length], np.int64)
        input_ids[:, :offset] = before
        if len(kept):
            # Of a training page that has windows to keep, these are few and beside each other.
            pieces = layout.pieces(starts[0], ends[-1])
            spans = zip((starts - starts[0]).tolist(), (ends - starts[0]).tolist())
            cut(pieces, spans, input_ids[:, offset:])
        places = offset + ends - starts
        input_ids[np.arange(len(kept))[:, None], places[:, None] + np.arange(len(after))] = after
        return Windows(unique_ids(example.example_id, kept), kept, input_ids, places + len(after),
                       offset, None, None, len(after), self._packing)


def _counts(contexts: Contexts, is_lost: bool) -> "collections.Counter[str]":
    """Whether the annotated candidate is among the contexts, and whether the answer is lost.

    And how many contexts are of kinds that NQ does not have, by their first tags.
    """
    counts = collections.Counter(gold_in_contexts=int(contexts.has_gold_candidate),
                                 answers_lost=int(is_lost))
    for token in contexts.unknown_kinds:
        tag = _TAG.match(token)
        counts["%s<%s>" % (UNKNOWN_KIND, tag.group(1)) if tag else UNKNOWN_KIND + "words"] += 1
    return counts


def _count_pieces(ids_of_words: List[Sequence[int]]) -> int:
    return sum(map(len, ids_of_words))
