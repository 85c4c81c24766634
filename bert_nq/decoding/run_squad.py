"""The decoder of Google's run_squad: the best spans, each text once, as the text has them."""
from typing import Any, Iterator, List

from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.final_text import project, text_of_pieces
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpan
from bert_nq.modeling.heads.position_outputs import PositionOutputs


class RunSquadDecoder(SpanDecoder):
    """Spans begin where no other window shows more around the piece."""

    name = "run_squad"

    def ranked(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields the n best answers, those that are made of other pieces to the same text once."""
        texts = set()
        for answer in self._all(windows, outputs):
            if answer.text in texts:
                continue
            texts.add(answer.text)
            yield answer
            if len(texts) == self.options.n_best_size:
                return

    def answers(self, example: Any, windows: ContextWindows,
                outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list, "no answer" among them if there may be none."""
        found = list(self.ranked(example, windows, outputs))
        if self.options.version_2_with_negative and all(answer.text for answer in found):
            found.append(Answer("", *squad_spans.null_of(outputs)))
        return found or [Answer(squad_answers.NO_TEXT, 0.0, 0.0)]

    def _all(self, windows: ContextWindows, outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields answers best first; no answer comes behind spans of the same score."""
        null = None
        if self.options.version_2_with_negative:
            null = squad_spans.null_of(outputs)
        for span in squad_spans.best_first(outputs, windows.word_map, windows.has_max_context,
                                           self.options.max_answer_length):
            if null is not None and null.score() > span.start_logit + span.end_logit:
                yield Answer("", *null)
                null = None
            yield Answer(_text(windows, span), span.start_logit, span.end_logit, span)
        if null is not None:
            yield Answer("", *null)


def _text(windows: ContextWindows, span: PieceSpan) -> str:
    start = int(windows.starts[span.window]) - windows.query_length
    pieces = windows.pieces[start + span.first:start + span.last + 1]
    first, last = windows.word_map[span.window, [span.first, span.last]].tolist()
    return project(text_of_pieces(pieces), windows.words[first:last + 1], windows.do_lower_case)
