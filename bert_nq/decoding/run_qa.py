"""The decoder of Hugging Face's run_qa: the best spans as the characters that their pieces cover.

Unlike run_squad's, it lets spans begin anywhere in a window, keeps the same text twice, and takes
the text from the first character of the first piece to the last one of the last piece, in which
the context's blanks are as they were.
"""
import itertools
from typing import Any, Dict, List, Tuple

import numpy as np

from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpan
from bert_nq.modeling.heads.position_outputs import PositionOutputs
from bert_nq.text.offsets import piece_offsets


class RunQaDecoder(SpanDecoder):
    """Spans begin anywhere."""

    name = "run_qa"

    def ranked(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list.

        With `version_2_with_negative`, "no answer" is one of them. Where there is no other, or none
        at all, "empty" with logits of 0 comes first.
        """
        spans = squad_spans.best_first(
            outputs, windows.word_map, np.ones_like(windows.has_max_context),
            self.options.max_answer_length)
        texts = _Texts(example.context, windows)
        best = [Answer(texts.of(span), span.start_logit, span.end_logit)
                for span in itertools.islice(spans, self.options.n_best_size)]
        if self.options.version_2_with_negative:
            null = squad_spans.null_of(outputs)
            # Behind spans of the same score, and behind the n best if it is worse than all of them.
            place = sum(answer.score() >= null.score() for answer in best)
            best.insert(place, Answer("", *null))
            if place < self.options.n_best_size:
                del best[self.options.n_best_size:]
        if not best or (len(best) == 1 and not best[0].text):
            best.insert(0, Answer(squad_answers.NO_TEXT, 0.0, 0.0))
        return best


class _Texts:
    """The characters of a context that spans of its pieces cover."""

    def __init__(self, context: str, windows: ContextWindows):
        self._context, self._windows = context, windows
        self._word_starts: List[int] = []  # the first character of each word
        place = 0
        for word in windows.words:
            place = context.index(word, place)
            self._word_starts.append(place)
            place += len(word)
        self._offsets: Dict[int, List[Tuple[int, int]]] = {}  # of the pieces of a word

    def of(self, span: PieceSpan) -> str:
        """The text of a span."""
        before = int(self._windows.starts[span.window]) - self._windows.query_length
        start, _ = self._characters(before + span.first)
        _, end = self._characters(before + span.last)
        return self._context[start:end]

    def _characters(self, piece: int) -> Tuple[int, int]:
        """The characters [start, end) of a piece, given its number in the context."""
        windows = self._windows
        word = int(windows.word_of_piece[piece])
        first = int(np.searchsorted(windows.word_of_piece, word))
        if word not in self._offsets:
            stop = int(np.searchsorted(windows.word_of_piece, word, "right"))
            self._offsets[word] = piece_offsets(
                windows.words[word], windows.pieces[first:stop], windows.do_lower_case)
        start, end = self._offsets[word][piece - first]
        return self._word_starts[word] + start, self._word_starts[word] + end
