"""Questions to windows: arrays of wordpiece ids, with labels or with maps to words."""
import collections
import itertools
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.squad.example import Example
from bert_nq.datasets.squad.words import split_words, word_starts
from bert_nq.features import packing, squad_answers
from bert_nq.features.cutting import cut, unique_ids, window_starts
from bert_nq.features.featurizer import Columns, Made
from bert_nq.features.options import TextOptions
from bert_nq.features.packing import Frame, Packing
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.tokenizers import make_tokenizer
from bert_nq.text.vocabulary import Vocabulary, check_specials


class Labels(NamedTuple):
    """The labels of N windows, named as the features of records; int64."""
    start_positions: np.ndarray  # [N] first piece of the answer in the window; without, [CLS]
    end_positions: np.ndarray  # [N] last piece of the answer
    is_impossible: np.ndarray  # [N] 1 where the question has no answer anywhere


class Windows(NamedTuple):
    """N windows of S wordpieces of one question; int64 unless it says otherwise.

    A window is `[CLS] question [SEP] context [SEP]` and padding, or as features.packing has it for
    another order. It has labels for training, or maps for prediction.
    """
    unique_ids: np.ndarray  # [N] example id + index of the window, wrapped to 64 bits
    indexes: np.ndarray  # [N] the places of these windows among all of the question
    input_ids: np.ndarray  # [N, S]
    lengths: np.ndarray  # [N] pieces before the padding: where input_mask is 1
    query_length: int  # pieces before the context
    starts: np.ndarray  # [N] the first piece of the context in each window
    labels: Optional[Labels] = None
    word_map: Optional[np.ndarray] = None  # [N, S] the context's word of each piece, -1 for none
    # bool [N, S]: of the windows that show a piece of the context, this one shows most around it
    has_max_context: Optional[np.ndarray] = None
    # For prediction, of the context: its words, its wordpieces as text, and the word of each.
    words: Sequence[str] = ()
    pieces: Sequence[str] = ()
    word_of_piece: Optional[np.ndarray] = None  # int [len(pieces)]
    tokenizer: Any = None  # that cut the words
    num_behind: int = 1  # pieces behind the context
    order: Packing = packing.BERT

    def columns(self) -> Columns:
        """The features by their names, see features.squad_windows; masks, and segments of two
        kinds, are bool."""
        seq_length = self.input_ids.shape[1]
        columns = {"unique_ids": self.unique_ids, "input_ids": self.input_ids,
                   "input_mask": packing.is_piece(self.lengths, seq_length),
                   "segment_ids": self.order.segment_ids(
                       self.lengths, self.query_length, self.num_behind, seq_length)}
        if self.labels is not None:
            columns.update(self.labels._asdict())
        return columns


class _Context(NamedTuple):
    """A context of W words in P pieces."""
    text: str
    words: List[str]
    starts: List[int]  # [W] first character of each word
    pieces: np.ndarray  # [P] their ids
    first_pieces: List[int]  # [W + 1] of each word; then P


class _Layout(NamedTuple):
    """A question and its context as wordpieces, before they are cut into windows."""
    frame: Frame  # the question and all other pieces around the context
    context: _Context
    spans: List[Tuple[int, int]]  # the pieces [start, end) of each window


class WindowMaker:
    """Makes windows of questions with one tokenizer and one set of options.

    Attributes:
      vocab_size: ids are below it.
      max_question: wordpieces of a question that windows have room for.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, options: SquadOptions,
                 order: Packing = packing.BERT):
        """
        Args:
          tokenizer: has `word_ids(word)` and `text_ids(text)`, see text.wordpiece.
          vocabulary: has its special tokens.
          options: see `SquadOptions`.
          order: of question and context.
        """
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._options, self._packing = options.check(), order
        self.vocab_size = len(vocabulary)
        self.max_question = options.max_query_length
        specials = vocabulary.specials
        self._cls, self._sep = (vocabulary.ids[t] for t in (specials.cls, specials.sep))
        # Questions about one context mostly follow each other.
        self._latest = _Context("", [], [], np.zeros([0], np.int64), [0])

    def training(self, example: Example) -> Made:
        """All windows, with labels; those without the answer are labelled with [CLS].

        There are none where the answer is not found; "answers_lost" counts that, "answers_off" the
        answers that are not at their offset, and "answers_fixed" those of them that were found.

        Raises:
          BadExampleError: see `squad_answers`; or question or context have no pieces.
        """
        options = self._options
        layout = self._layout(example)
        answer = squad_answers.labelled_answer(example, options.version_2_with_negative)
        num_windows = len(layout.spans)
        if answer is None:
            return Made(self._labelled(example, layout, None), num_windows,
                        collections.Counter())
        context = layout.context
        found = squad_answers.find(example, answer, context.words, context.starts,
                                   options.fix_offsets)
        span = self._pieces_of(found.words, answer.text, context)
        counts = collections.Counter()
        counts["answers_lost"] = int(span is None)
        counts["answers_off"] = int(found.is_off)
        counts["answers_fixed"] = int(found.is_fixed and span is not None)
        if span is None:
            layout = layout._replace(spans=[])
        return Made(self._labelled(example, layout, span), num_windows, counts)

    def _labelled(self, example: Example, layout: _Layout,
                  answer: Optional[Tuple[int, int]]) -> Windows:
        """All windows, with labels; see `_labels`."""
        windows = self._build(example, layout)
        return windows._replace(labels=_labels(
            answer, layout, self._packing.cls_positions(windows.lengths)))

    def prediction(self, example: Example) -> Made:
        """All windows, with the word that each piece belongs to.

        Raises:
          BadExampleError: question or context have no pieces.
        """
        layout = self._layout(example)
        windows = self._build(example, layout)
        offset, context = len(layout.frame.before), layout.context
        word_map = np.full_like(windows.input_ids, -1)
        words = np.repeat(np.arange(len(context.words)), np.diff(context.first_pieces))
        cut(words, layout.spans, word_map[:, offset:])
        has_max_context = np.zeros(windows.input_ids.shape, bool)
        _mark_max_context(layout.spans, has_max_context[:, offset:])
        pieces = list(map(self._vocabulary.tokens.__getitem__, context.pieces.tolist()))
        windows = windows._replace(
            word_map=word_map, has_max_context=has_max_context, words=context.words,
            pieces=pieces, word_of_piece=words, tokenizer=self._tokenizer)
        return Made(windows, len(layout.spans), collections.Counter())

    def question_ids(self, question: str) -> List[int]:
        """All wordpieces of a question."""
        return list(self._tokenizer.text_ids(question))

    def _layout(self, example: Example) -> _Layout:
        options = self._options
        question = self.question_ids(example.question)[:options.max_query_length]
        if not question:
            raise BadExampleError("%s: the question has no characters that can be read"
                                  % example.place())
        frame = self._packing.frame(question, self._cls, self._sep)
        context = self._context_of(example)
        num_pieces = len(context.pieces)
        room = options.max_seq_length - len(frame.before) - len(frame.after)
        starts = window_starts(num_pieces, room, options.step(room)).tolist()
        return _Layout(frame, context, [(start, min(start + room, num_pieces))
                                        for start in starts])

    def _context_of(self, example: Example) -> _Context:
        latest = self._latest  # Once: another thread may replace it at any moment.
        if example.context != latest.text:
            words = split_words(example.context)
            ids_of_words = list(map(self._tokenizer.word_ids, words))
            first_pieces = [0] + list(itertools.accumulate(map(len, ids_of_words)))
            if not first_pieces[-1]:
                raise BadExampleError("%s: the context has no characters that can be read"
                                      % example.place())
            pieces = np.fromiter(itertools.chain.from_iterable(ids_of_words), np.int64,
                                 first_pieces[-1])
            latest = _Context(example.context, words, word_starts(example.context, words),
                              pieces, first_pieces)
            self._latest = latest
        return latest

    def _pieces_of(self, words: Optional[Tuple[int, int]], answer: str, context: _Context
                   ) -> Optional[Tuple[int, int]]:
        """First and last piece of an answer in a context; None where it is in no piece."""
        if words is None:
            return None
        first_piece = context.first_pieces[words[0]]
        last_piece = context.first_pieces[words[1] + 1] - 1
        if last_piece < first_piece:
            return None
        if answer == " ".join(context.words[words[0]:words[1] + 1]):  # whole words: all pieces
            return first_piece, last_piece
        if self._tokenizer.is_projected:
            start, length = squad_answers.narrowed(
                context.pieces[first_piece:last_piece + 1].tolist(),
                list(self._tokenizer.text_ids(answer)))
        else:
            of_answer = context.words[words[0]:words[1] + 1]
            start, length = squad_answers.narrowed_by_characters(
                of_answer, list(map(self._tokenizer.offsets, of_answer)), answer)
        return first_piece + start, first_piece + start + length - 1

    def _build(self, example: Example, layout: _Layout) -> Windows:
        """Writes out the windows, without labels and maps."""
        before, after = layout.frame
        offset, num_windows = len(before), len(layout.spans)
        input_ids = np.zeros([num_windows, self._options.max_seq_length], np.int64)
        input_ids[:, :offset] = before
        cut(layout.context.pieces, layout.spans, input_ids[:, offset:])
        lengths = [offset + end - start + len(after) for start, end in layout.spans]
        for row, length in zip(input_ids, lengths):
            row[length - len(after):length] = after
        indexes = np.arange(num_windows)
        starts = np.array([start for start, _ in layout.spans], np.int64)
        return Windows(unique_ids(example.example_id, indexes), indexes, input_ids,
                       np.array(lengths, np.int64), offset, starts,
                       num_behind=len(after), order=self._packing)


def _labels(answer: Optional[Tuple[int, int]], layout: _Layout, cls: np.ndarray) -> Labels:
    """The labels of all windows.

    Args:
      answer: first and last piece of the answer in the context; None: the question is impossible.
      layout: of the question.
      cls: [N] the place of [CLS] in each window.
    """
    labels = [(place, place, int(answer is None)) for place in cls.tolist()]
    if answer is not None:
        first, last = answer
        for i, (start, end) in enumerate(layout.spans):
            if start <= first and last < end:
                shift = len(layout.frame.before) - start
                labels[i] = (first + shift, last + shift, 0)
    return Labels(*np.array(labels, np.int64).reshape(-1, 3).T)


def _mark_max_context(spans: List[Tuple[int, int]], out: np.ndarray) -> None:
    """Marks the pieces of each window that no other window shows with more around them.

    More is a longer shorter side, with a hundredth of the window's length added; of equals, the
    first window.

    Args:
      spans: the pieces [start, end) of each of N windows.
      out: bool [N, room], all False: the places of these pieces in the windows.
    """
    num_pieces = spans[-1][1]
    if len(spans) == 1:
        out[0, :num_pieces] = True
        return
    best = np.full([num_pieces], -1.0)
    window = np.zeros([num_pieces], np.int64)
    for i, (start, end) in enumerate(spans):
        places = np.arange(end - start)
        score = np.minimum(places, places[::-1]) + 0.01 * (end - start)
        is_better = score > best[start:end]
        best[start:end][is_better] = score[is_better]
        window[start:end][is_better] = i
    for i, (start, end) in enumerate(spans):
        out[i, :end - start] = window[start:end] == i


def make_window_maker(text: TextOptions, options: SquadOptions) -> WindowMaker:
    """The WindowMaker of these settings.

    Raises:
      UserError: the vocabulary cannot be read or lacks BERT's tokens, or no window could be made.
    """
    vocabulary = Vocabulary.load(text.vocab_file)
    check_specials(vocabulary, text.vocab_file)
    return WindowMaker(make_tokenizer(text, vocabulary, has_markers=False), vocabulary, options,
                       packing.PACKINGS[text.packing])
