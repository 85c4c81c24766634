"""The decoder of Hugging Face's run_qa: the best spans as the characters that their pieces cover.

Unlike run_squad's, it lets spans begin anywhere in a window, keeps the same text twice, and takes
the text from the first character of the first piece to the last one of the last piece, in which
the context's blanks are as they were.
"""
from typing import Any, Dict, List, Optional, Tuple

from bert_nq.datasets.squad.words import word_starts
from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpans, SpanOptions
from bert_nq.modeling.heads.position_outputs import PositionOutputs
from bert_nq.text.offsets import piece_offsets


class RunQaDecoder(SpanDecoder):
    """Spans begin anywhere."""

    name = "run_qa"

    def __init__(self, options: SpanOptions):
        super().__init__(options)
        self._latest: Optional[_Characters] = None

    def ranked(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list.

        With `version_2_with_negative`, "no answer" is one of them. Where there is no other, or none
        at all, "empty" with logits of 0 comes first.
        """
        spans = squad_spans.best_first(outputs, windows.word_map, None,
                                       self.options.max_answer_length
                                       ).part(0, self.options.n_best_size)
        best = list(map(Answer, self._texts(example.context, windows, spans),
                        spans.start_logit.tolist(), spans.end_logit.tolist()))
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

    def _texts(self, context: str, windows: ContextWindows, spans: PieceSpans) -> List[str]:
        """The characters of a context that spans cover, from their first to their last piece."""
        if not len(spans.window):
            return []
        # Questions about one context mostly follow each other, and have its words in one list.
        latest = self._latest
        if latest is None or latest.words is not windows.words:
            self._latest = latest = _Characters(context, windows)
        return [context[latest.of(first)[0]:latest.of(last)[1]]
                for first, last in zip(*(ends.tolist() for ends in spans.ends_in_context(windows)))]


class _Characters:
    """The places of a context's pieces among its characters. Spans often share their ends.

    Attributes:
      words: of the context, see ContextWindows.
    """

    def __init__(self, context: str, windows: ContextWindows):
        self.words = windows.words
        self._windows = windows
        self._word_starts = word_starts(context, windows.words)
        self._of_pieces: Dict[int, Tuple[int, int]] = {}

    def of(self, piece: int) -> Tuple[int, int]:
        """The characters [start, end) of a piece, given its number in the context."""
        if piece not in self._of_pieces:
            self._add(int(self._windows.word_of_piece[piece]))
        return self._of_pieces[piece]

    def _add(self, word: int) -> None:
        """Adds the pieces of a word."""
        windows = self._windows
        first, stop = windows.word_of_piece.searchsorted([word, word + 1]).tolist()
        place = self._word_starts[word]
        for piece, (start, end) in enumerate(piece_offsets(
                windows.words[word], windows.pieces[first:stop], windows.do_lower_case), first):
            self._of_pieces[piece] = place + start, place + end
