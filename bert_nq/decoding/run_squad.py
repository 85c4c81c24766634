"""The decoder of Google's run_squad: the best spans, each text once, as the text has them."""
from typing import Any, Dict, Iterator, List

from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.final_text import project, text_of_pieces
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpan, SpanOptions
from bert_nq.modeling.heads.position_outputs import PositionOptions, PositionOutputs


class RunSquadDecoder:
    """The decoder of `answers`; spans begin where no other window shows more around the piece."""

    name = "run_squad"
    outputs_type = PositionOutputs

    def __init__(self, options: SpanOptions):
        self.options = options

    def output_options(self) -> PositionOptions:
        """The outputs that the model must give for each window."""
        return PositionOptions(self.options.n_best_size, self.options.sees_padding)

    def decode(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Dict[str, Any]:
        """The question's entry of the prediction file."""
        return squad_answers.entry_of(example, self._best(windows, outputs),
                                      squad_spans.null_of(outputs), self.options)

    def nbest(self, example: Any, windows: ContextWindows,
              outputs: PositionOutputs) -> Dict[str, Any]:
        """The question's entry of the n-best file."""
        return squad_answers.nbest_entry(example, self.answers(windows, outputs))

    def answers(self, windows: ContextWindows, outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list, "no answer" among them if there may be none."""
        found = list(self._best(windows, outputs))
        if self.options.version_2_with_negative and all(answer.text for answer in found):
            found.append(Answer("", *squad_spans.null_of(outputs)))
        return found or [Answer(squad_answers.NO_TEXT, 0.0, 0.0)]

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}

    def _best(self, windows: ContextWindows, outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields the n best answers, those that are made of other pieces to the same text once."""
        texts = set()
        for answer in self._ranked(windows, outputs):
            if answer.text in texts:
                continue
            texts.add(answer.text)
            yield answer
            if len(texts) == self.options.n_best_size:
                return

    def _ranked(self, windows: ContextWindows, outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields answers best first; no answer comes behind spans of the same score."""
        null = None
        if self.options.version_2_with_negative:
            null = squad_spans.null_of(outputs)
        for span in squad_spans.best_first(outputs, windows.word_map, windows.has_max_context,
                                           self.options.max_answer_length):
            if null is not None and null.score() > span.start_logit + span.end_logit:
                yield Answer("", *null)
                null = None
            yield Answer(_text(windows, span), span.start_logit, span.end_logit)
        if null is not None:
            yield Answer("", *null)


def _text(windows: ContextWindows, span: PieceSpan) -> str:
    start = int(windows.starts[span.window]) - windows.query_length
    pieces = windows.pieces[start + span.first:start + span.last + 1]
    first, last = windows.word_map[span.window, [span.first, span.last]].tolist()
    return project(text_of_pieces(pieces), windows.words[first:last + 1], windows.do_lower_case)
