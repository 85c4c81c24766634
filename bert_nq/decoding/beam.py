"""The decoders of the beam head: the best pairs of a start and an end given it.

As in XLNet's and ALBERT's programs, an answer is always looked for, and a number of its own tells
whether there is any: the class logit, the log-odds of no answer.
"""
from typing import Any, Dict, Iterator, List, NamedTuple

import numpy as np

from bert_nq.decoding import line_spans, squad_answers
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.run_qa import RunQaDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpans
from bert_nq.modeling.heads.beam_outputs import BeamOptions, BeamOutputs
from bert_nq.modeling.heads.outputs import NO_SPAN


class BeamDecoderOptions(NamedTuple):
    """The options of the search, by the names of the flags."""
    start_n_top: int = 5  # best starts of each window
    end_n_top: int = 5  # best ends of each of these
    n_best_size: int = 20  # answers of the n-best list
    max_answer_length: int = 30  # pieces, both ends counted
    version_2_with_negative: bool = False  # whether a question may have no answer
    null_score_diff_threshold: float = 0.0  # no answer if the class logit is higher


class BeamDecoder(RunQaDecoder):
    """Spans begin where no other window shows more around the piece; each text comes once.

    Texts are those of run_qa: the characters from the first piece to the last. A score is a
    log-probability, that of the start plus that of the end given the start, and n-best entries have
    these two as their logits.
    """

    name = "beam"
    outputs_type = BeamOutputs

    def output_options(self) -> BeamOptions:  # type: ignore
        """The outputs that the model must give for each window."""
        return BeamOptions(self.options.start_n_top, self.options.end_n_top)  # type: ignore

    def null_odds(self, best: Answer, outputs: BeamOutputs) -> float:  # type: ignore
        """The class logit of the window where it is lowest: of the one that has an answer."""
        del best
        return float(outputs.class_logits.min())

    def ranked(self, example: Any, windows: ContextWindows,  # type: ignore
               outputs: BeamOutputs) -> List[Answer]:
        """The possible answers; "no answer" is not among them: its odds are not on their scale."""
        with_text = (answer for answer in self._all(example, windows, outputs) if answer.text)
        return list(squad_answers.distinct(with_text, self.options.n_best_size))

    def answers(self, example: Any, windows: ContextWindows,  # type: ignore
                outputs: BeamOutputs) -> List[Answer]:
        """The answers of the n-best list, one without pieces where there is none."""
        text = "" if self.options.version_2_with_negative else squad_answers.NO_TEXT
        return self.ranked(example, windows, outputs) or [Answer(text, 0.0, 0.0)]

    def search(self, example: Any, windows: ContextWindows, outputs: BeamOutputs) -> PieceSpans:
        """The possible spans, best first."""
        del example
        return best_first(outputs, windows, self.options.max_answer_length)

    def _all(self, example: Any, windows: ContextWindows,
             outputs: BeamOutputs) -> Iterator[Answer]:
        """Yields the answer of each possible span, best first."""
        spans = self.search(example, windows, outputs)
        # Texts are made for so many at a time, since mostly the first are enough.
        for some in spans.parts(self.options.n_best_size):
            yield from map(Answer, self._texts(example.context, windows, some),
                           some.start_logit.tolist(), some.end_logit.tolist(),
                           zip(*(ends.tolist() for ends in some.ends_in_context(windows))))


class BeamLineDecoder(BeamDecoder):
    """An answer does not go on in another line, and n-best entries tell where it is.

    See line_spans.LineDecoder.
    """

    name = "beam_lines"

    def search(self, example: Any, windows: ContextWindows, outputs: BeamOutputs) -> PieceSpans:
        """The possible spans, best first."""
        return line_spans.within_lines(example.context, windows,
                                       super().search(example, windows, outputs))

    def nbest_entry(self, example: Any, windows: ContextWindows,
                    answers: List[Answer]) -> Dict[str, Any]:
        """The entry of the n-best file, with places."""
        return line_spans.entry_with_places(example, windows, answers)


def best_first(outputs: BeamOutputs, windows: ContextWindows,
               max_answer_length: int) -> PieceSpans:
    """The possible spans by falling sum of their log-probabilities.

    Both ends are pieces of the context, the last one not before the first, and no other window
    shows more around the first. Of equal sums the first window comes first, then the better start,
    then the better end.

    Args:
      outputs: of the N windows.
      windows: the same.
      max_answer_length: in pieces, both ends counted.
    """
    if not len(windows.word_map):
        nothing = np.zeros([0], np.int64)
        return PieceSpans(nothing, nothing, nothing, *np.zeros([2, 0]))
    num_windows, num_starts = outputs.start_positions.shape
    shape = [num_windows, num_starts, -1]
    # Row i of a window has the ends of its start i.
    lasts = outputs.end_positions.reshape(shape)
    firsts = np.broadcast_to(outputs.start_positions[:, :, None], lasts.shape)
    end_log_probs = outputs.end_log_probs.reshape(shape).astype(np.float64)
    start_log_probs = np.broadcast_to(
        outputs.start_log_probs[:, :, None].astype(np.float64), lasts.shape)
    window = np.broadcast_to(np.arange(num_windows)[:, None, None], lasts.shape)
    steps = lasts - firsts
    possible = ((windows.word_map[window, firsts] >= 0) & (windows.word_map[window, lasts] >= 0)
                & windows.has_max_context[window, firsts]
                & (steps >= 0) & (steps < max_answer_length)
                & (end_log_probs > NO_SPAN) & (start_log_probs > NO_SPAN))
    spans = PieceSpans(*(values[possible] for values in (
        window, firsts, lasts, start_log_probs, end_log_probs)))
    order = (-(spans.start_logit + spans.end_logit)).argsort(kind="stable")
    return PieceSpans(*(values[order] for values in spans))
