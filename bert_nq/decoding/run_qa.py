"""The decoder of Hugging Face's run_qa: the best spans as the characters that their pieces cover.

Unlike run_squad's, it lets spans begin anywhere in a window, keeps the same text twice, and takes
the text from the first character of the first piece to the last one of the last piece, in which
the context's blanks are as they were.
"""
from typing import Any, List, Optional

from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.piece_places import PiecePlaces
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpans, SpanOptions
from bert_nq.modeling.heads.position_outputs import PositionOutputs


class RunQaDecoder(SpanDecoder):
    """Spans begin anywhere."""

    name = "run_qa"

    def __init__(self, options: SpanOptions):
        super().__init__(options)
        self._latest: Optional[PiecePlaces] = None

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
            self._latest = latest = PiecePlaces(context, windows)
        return [context[slice(*latest.between(first, last))]
                for first, last in zip(*(ends.tolist() for ends in spans.ends_in_context(windows)))]
