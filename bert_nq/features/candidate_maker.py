"""The maker of candidate rows: every long-answer candidate of a page as one sequence of pieces.

Notation: W words of a page that have pieces, P pieces of all of them, N rows, S pieces of a row.
"""
import collections
import itertools
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.datasets.nq.candidate_scores import Lookup, PageScores
from bert_nq.datasets.nq.example import Annotation, CandidateClass, Example
from bert_nq.features import candidate_draws, draws, packing
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.candidate_options import CandidateOptions
from bert_nq.features.cutting import unique_ids
from bert_nq.features.featurizer import Columns, Made, Passes
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.options import TextOptions
from bert_nq.features.packing import Packing
from bert_nq.features.prefilter import Kept, Prefilter
from bert_nq.features.spec import IGNORED
from bert_nq.features.tokenizers import make_tokenizer
from bert_nq.text.vocabulary import (
    OTHER_TAG,
    TAG_MARKERS,
    Vocabulary,
    check_specials,
    check_tag_markers,
)

# The kinds of rows that training is composed of.
KINDS = ("GOLD", "OTHER", "WITHOUT_ANSWER")
GOLD, OTHER, WITHOUT_ANSWER = range(len(KINDS))

_UNIFORM = DrawOptions(temperature=0.0)


class Labels(NamedTuple):
    """The labels of N rows, named as the features of records; int64, IGNORED where none counts."""
    start_positions: np.ndarray  # [N] first piece of the answer's first word
    end_positions: np.ndarray  # [N] first piece of the word behind the answer, or the separator
    candidate_classes: np.ndarray  # [N] CandidateClass
    row_kinds: np.ndarray  # [N] a place in KINDS


class CandidateRows(NamedTuple):
    """N rows of one example; int64. They have labels for training or a word map for prediction."""
    unique_ids: np.ndarray  # [N] example id + index of the row, wrapped to 64 bits
    indexes: np.ndarray  # [N] in prediction the candidates; in training, the rows of all passes
    input_ids: np.ndarray  # [N, S]
    lengths: np.ndarray  # [N] pieces before the padding
    frame: packing.Frame  # the pieces around the candidate's
    order: Packing
    labels: Optional[Labels] = None
    # [N, S] the document token of each word, at its first piece; at the separator behind them the
    # token behind the last word; elsewhere -1.
    word_map: Optional[np.ndarray] = None

    def columns(self) -> Columns:
        """The features by their names; masks, and segments of two kinds, are bool."""
        length = self.input_ids.shape[1]
        columns = {"unique_ids": self.unique_ids, "input_ids": self.input_ids,
                   "input_mask": packing.is_piece(self.lengths, length),
                   "segment_ids": self.order.segment_ids(
                       self.lengths, len(self.frame.before), len(self.frame.after), length)}
        if self.labels is not None:
            columns.update(self.labels._asdict())
        if self.word_map is not None:
            columns["word_map"] = self.word_map
        return columns


class _Words(NamedTuple):
    """The words of a page's candidates, as far as they have pieces."""
    tokens: np.ndarray  # int64 [W] the document token of each, rising
    pieces: np.ndarray  # int64 [P]
    bounds: np.ndarray  # int64 [W + 1] the first piece of each, then P


class _Cut(NamedTuple):
    """The words of N candidates that fit into a row: [first, end) of a page's words."""
    firsts: np.ndarray  # int [N]
    ends: np.ndarray  # int [N] of those that fit
    all_ends: np.ndarray  # int [N] of all


class CandidateMaker:
    """Makes rows of examples with one tokenizer and one set of options.

    Attributes:
      vocab_size: ids are below it.
    """

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, options: CandidateOptions,
                 order: Packing = packing.BERT, scores: Optional[Lookup] = None,
                 draw: DrawOptions = _UNIFORM, kept: Optional[Kept] = None):
        """
        Args:
          tokenizer: has `word_ids(word)` and `text_ids(text)`, see text.wordpiece.
          vocabulary: has its special tokens and, unless markup is dropped, the markers of tags.
          options: see CandidateOptions.
          order: of question and candidate.
          scores: by which candidates are drawn for training; None: all are equally likely.
          draw: how they are drawn by these.
          kept: the candidates that are read in prediction; None: all.
        """
        self._tokenizer, self._options, self._packing = tokenizer, options.check(), order
        self._scores, self._draw_options, self._kept = scores, draw, kept
        self.vocab_size = len(vocabulary)
        specials = vocabulary.specials
        self._cls, self._sep = vocabulary.ids[specials.cls], vocabulary.ids[specials.sep]
        self._tags = {} if options.markup == "drop" else {
            tag: (vocabulary.ids[marker],) for tag, marker in TAG_MARKERS.items()}
        self._other_tag = () if options.markup == "drop" else (vocabulary.ids[OTHER_TAG],)

    def prediction(self, example: Example) -> Made:
        """A row of each candidate that is kept, with the document tokens of its words.

        Raises:
          BadExampleError: it is not known which candidates are kept.
        """
        number = len(example.candidates)
        candidates = np.arange(number) if self._kept is None else np.array(
            sorted(self._kept(example)), np.int64)
        rows, cut, words = self._build(example, candidates)
        word_map = np.full_like(rows.input_ids, -1)
        shift = len(rows.frame.before)
        for row, first, end in zip(word_map, cut.firsts.tolist(), cut.ends.tolist()):
            places = words.bounds[first:end + 1] - words.bounds[first] + shift
            row[places[:-1]] = words.tokens[first:end]
            if end > first:
                row[places[-1]] = words.tokens[end - 1] + 1
        return Made(rows._replace(word_map=word_map), number, collections.Counter(
            cut=int((cut.ends < cut.all_ends).sum())))

    def training(self, example: Example) -> Made:
        """The rows of all passes over the data, with labels by the first annotation.

        Raises:
          BadExampleError: the page has no candidate scores, or those of another page.
        """
        annotation = example.annotations[0] if example.annotations else None
        chosen = self._choose(example, annotation)
        candidates, kinds, passes = (np.array(part, np.int64) for part in (
            zip(*chosen) if chosen else ((), (), ())))
        different, places = np.unique(candidates, return_inverse=True)
        rows, cut, words = self._build(example, different)
        start, end, label = IGNORED, IGNORED, int(CandidateClass.NO_ANSWER)
        is_gold = kinds == GOLD
        if is_gold.any():
            gold = int(np.searchsorted(different, annotation.candidate_index))
            start, end, label = _gold_labels(annotation, words, int(cut.firsts[gold]),
                                             int(cut.ends[gold]), len(rows.frame.before))
        indexes = np.arange(len(candidates))
        made = rows._replace(
            unique_ids=unique_ids(example.example_id, indexes), indexes=indexes,
            input_ids=rows.input_ids[places], lengths=rows.lengths[places],
            labels=Labels(np.where(is_gold, start, IGNORED), np.where(is_gold, end, IGNORED),
                          np.where(is_gold, label, int(CandidateClass.NO_ANSWER)), kinds))
        return Made(made, len(example.candidates), collections.Counter(
            with_answer=int(is_gold.any()), answers_cut=int(label == IGNORED),
            without_others=int(is_gold.any() and len(example.candidates) == 1)),
            Passes(passes, self._options.num_draws))

    def question_ids(self, question: str) -> List[int]:
        """The wordpieces of a question that rows have room for."""
        return list(self._tokenizer.text_ids(question))[:self._options.max_query_length]

    def _choose(self, example: Example, annotation: Optional[Annotation]
                ) -> List[Tuple[int, int, int]]:
        """The candidates to train on, as (candidate, kind, pass)."""
        options = self._options
        gold = annotation.candidate_index if annotation else -1
        passes = list(range(options.num_draws))
        if gold < 0 and annotation and annotation.yes_no_answer != "NONE":
            return []  # It has an answer, and no candidate that could be shown.
        if gold < 0:
            drawn = draws.of_passes(options.seed, example.example_id, options.num_draws)
            passes = np.flatnonzero(drawn < options.answerless_share).tolist()
        others = self._draw(example, gold, passes) if passes else []
        kind = WITHOUT_ANSWER if gold < 0 else OTHER
        chosen = [(gold, GOLD, number) for number in passes if gold >= 0]
        return sorted(chosen + [(other, kind, number) for other, number in others],
                      key=lambda row: (row[2], row[1]))

    def _draw(self, example: Example, gold: int, passes: Sequence[int]) -> List[Tuple[int, int]]:
        """The candidate of each pass that is not gold, as (candidate, pass); none where there is
        no other."""
        number = len(example.candidates)
        if self._scores is None:
            scores = PageScores(example.example_id, np.arange(number), np.ones([number]))
        else:
            scores = self._scores.of_page(example.example_id, number, example.source)
        drawn = ((candidate_draws.negative(scores, [gold], self._draw_options, self._options.seed,
                                           epoch), epoch) for epoch in passes)
        return [(candidate, epoch) for candidate, epoch in drawn if candidate is not None]

    def _build(self, example: Example, candidates: np.ndarray
               ) -> Tuple[CandidateRows, _Cut, _Words]:
        """The rows of some candidates, without labels or word map."""
        frame = self._packing.frame(self.question_ids(example.question), self._cls, self._sep)
        before, after = frame
        spans = np.array([example.candidates[i][:2] for i in candidates.tolist()],
                         np.int64).reshape(-1, 2)
        words = self._words(example, spans)
        cut = _cut(words, spans, self._options.max_seq_length - len(before) - len(after))
        firsts, ends = words.bounds[cut.firsts], words.bounds[cut.ends]
        input_ids = np.zeros([len(candidates), self._options.max_seq_length], np.int64)
        for row, first, end in zip(input_ids, firsts.tolist(), ends.tolist()):
            behind = len(before) + end - first
            row[:len(before)] = before
            row[len(before):behind] = words.pieces[first:end]
            row[behind:behind + len(after)] = after
        lengths = len(before) + ends - firsts + len(after)
        return CandidateRows(unique_ids(example.example_id, candidates), candidates, input_ids,
                             lengths, frame, self._packing), cut, words

    def _words(self, example: Example, spans: np.ndarray) -> _Words:
        """The words within any of the spans [N, 2] of document tokens."""
        tokens = _covered(spans, len(example.tokens))
        is_html = example.is_html
        ids_of = self._tokenizer.word_ids
        ids: List[Sequence[int]] = [
            self._tags.get(example.tokens[i], self._other_tag) if is_html[i]
            else ids_of(example.tokens[i].replace(" ", "")) for i in tokens.tolist()]
        sizes = np.fromiter(map(len, ids), np.int64, len(ids))
        pieces = np.fromiter(itertools.chain.from_iterable(ids), np.int64, int(sizes.sum()))
        has_pieces = sizes > 0
        bounds = np.concatenate([[0], np.cumsum(sizes[has_pieces])])
        return _Words(tokens[has_pieces], pieces, bounds)


def _covered(spans: np.ndarray, num_tokens: int) -> np.ndarray:
    """int64: the tokens within any of the spans [N, 2], rising."""
    steps = np.zeros([num_tokens + 1], np.int64)
    np.add.at(steps, spans[:, 0], 1)
    np.add.at(steps, spans[:, 1], -1)
    return np.flatnonzero(np.cumsum(steps) > 0)


def _cut(words: _Words, spans: np.ndarray, room: int) -> _Cut:
    """The words of spans [N, 2], and those of which all pieces fit into `room`.

    A word that does not fit whole is left out, and with it all words behind it.
    """
    firsts, ends = (np.searchsorted(words.tokens, spans[:, side]) for side in (0, 1))
    fitting = np.searchsorted(words.bounds, words.bounds[firsts] + room, side="right") - 1
    return _Cut(firsts, np.minimum(ends, fitting), ends)


def _gold_labels(annotation: Annotation, words: _Words, first: int, end: int, shift: int
                 ) -> Tuple[int, int, int]:
    """(start position, end position, class) of the gold candidate's row.

    Yes and no go before short answers, of which the first counts. An answer that begins and ends in
    the row starts with the first piece of its first word and ends with that of the word behind it;
    where the answer is the last of the row, with the separator.

    Args:
      annotation: has a long answer.
      words: of the page.
      first, end: the candidate's words that fit, see _Cut.
      shift: pieces before the candidate.
    """
    if annotation.yes_no_answer != "NONE":
        return IGNORED, IGNORED, int(CandidateClass[annotation.yes_no_answer])
    if not annotation.short_answers:
        return IGNORED, IGNORED, int(CandidateClass.LONG)
    start_word, end_word = np.searchsorted(words.tokens, annotation.short_answers[0]).tolist()
    if not first <= start_word < end_word <= end:
        return IGNORED, IGNORED, IGNORED
    shift -= int(words.bounds[first])
    return (int(words.bounds[start_word]) + shift, int(words.bounds[end_word]) + shift,
            int(CandidateClass.SHORT))


def make_candidate_maker(text: TextOptions, options: CandidateOptions,
                         mined: Optional[MinedUnknowns] = None,
                         prefilter: Optional[Prefilter] = None) -> CandidateMaker:
    """The CandidateMaker of these settings.

    Raises:
      UserError: the vocabulary cannot be read or lacks tokens, no row could be made, or the
        candidate scores cannot be read.
    """
    options.check()
    vocabulary = Vocabulary.load(text.vocab_file)
    check_specials(vocabulary, text.vocab_file)
    if options.markup == "keep":
        check_tag_markers(vocabulary, text.vocab_file)
    return CandidateMaker(make_tokenizer(text, vocabulary, has_markers=False), vocabulary, options,
                          packing.PACKINGS[text.packing], mined.scores.open() if mined else None,
                          mined.draw if mined else _UNIFORM,
                          prefilter.open(skip_nested=False) if prefilter else None)
