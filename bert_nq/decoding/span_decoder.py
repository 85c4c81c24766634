"""The base of decoders of spans in one context."""
from typing import Any, Dict, Iterable, List, Tuple

from bert_nq.decoding import squad_answers
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import SpanOptions, null_of
from bert_nq.modeling.heads.position_outputs import PositionOptions, PositionOutputs


class SpanDecoder:
    """A decoder whose answers are spans; its subclasses say which, see `ranked`.

    Outputs and options are those of the span head here; decoders of another head override
    `outputs_type`, `output_options` and `null_odds`.
    """

    name = ""
    outputs_type: Any = PositionOutputs

    def __init__(self, options: SpanOptions):
        self.options = options

    def ranked(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Iterable[Answer]:
        """The answers to a question, best first; "no answer" may be among them."""
        raise NotImplementedError

    def answers(self, example: Any, windows: ContextWindows,
                outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list."""
        return list(self.ranked(example, windows, outputs))

    def output_options(self) -> PositionOptions:
        """The outputs that the model must give for each window."""
        return PositionOptions(self.options.n_best_size, self.options.sees_padding)

    def null_odds(self, best: Answer, outputs: PositionOutputs) -> float:
        """The odds that there is no answer: its score less that of the best answer with a text."""
        return null_of(outputs).score() - best.start_logit - best.end_logit

    def nbest_entry(self, example: Any, windows: ContextWindows,
                    answers: List[Answer]) -> Dict[str, Any]:
        """The entry of the n-best file, given its answers."""
        del windows
        return squad_answers.nbest_entry(example, answers)

    def decode(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Dict[str, Any]:
        """The question's entry of the prediction file."""
        return self._entry(example, self.ranked(example, windows, outputs), outputs)

    def nbest(self, example: Any, windows: ContextWindows,
              outputs: PositionOutputs) -> Dict[str, Any]:
        """The question's entry of the n-best file."""
        return self.nbest_entry(example, windows, self.answers(example, windows, outputs))

    def both(self, example: Any, windows: ContextWindows,
             outputs: PositionOutputs) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """The results of `decode` and of `nbest`, of one search."""
        answers = self.answers(example, windows, outputs)
        return (self._entry(example, answers, outputs),
                self.nbest_entry(example, windows, answers))

    def _entry(self, example, answers, outputs):
        return squad_answers.entry_of(
            example, answers, lambda best: self.null_odds(best, outputs), self.options)

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}
