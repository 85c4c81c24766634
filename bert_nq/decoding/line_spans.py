"""The decoder of run_squad for contexts of several lines, such as the paragraphs of a page."""
from typing import Any, Dict, List

import numpy as np

from bert_nq.datasets.squad.words import word_starts
from bert_nq.decoding import squad_answers
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.piece_places import PiecePlaces
from bert_nq.decoding.run_squad import RunSquadDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpans
from bert_nq.modeling.heads.position_outputs import PositionOutputs


class LineDecoder(RunSquadDecoder):
    """An answer does not go on in another line, and n-best entries tell where it is.

    An answer of the n-best list has "start_char" and "end_char", exclusive; both are None where it
    is no answer.
    """

    name = "lines"

    def search(self, example: Any, windows: ContextWindows, outputs: PositionOutputs) -> PieceSpans:
        """The possible spans, best first."""
        return within_lines(example.context, windows, super().search(example, windows, outputs))

    def nbest_entry(self, example: Any, windows: ContextWindows,
                    answers: List[Answer]) -> Dict[str, Any]:
        """The entry of the n-best file, with places."""
        return entry_with_places(example, windows, answers)


def within_lines(context: str, windows: ContextWindows, spans: PieceSpans) -> PieceSpans:
    """The spans that begin and end in one line of the context."""
    lines = _lines(context, windows.words)[windows.word_of_piece]
    first, last = spans.ends_in_context(windows)
    return spans.where(lines[first] == lines[last])


def _lines(context: str, words: List[str]) -> np.ndarray:
    """int [words]: the line that each word of a context is in."""
    ends = np.flatnonzero(np.frombuffer(context.encode("utf-32-le", "surrogatepass"),
                                        np.uint32) == ord("\n"))
    return np.searchsorted(ends, word_starts(context, words))


def entry_with_places(example: Any, windows: ContextWindows,
                      answers: List[Answer]) -> Dict[str, Any]:
    """A question's entry of the n-best file that tells where each answer is, see LineDecoder."""
    entry = squad_answers.nbest_entry(example, answers)
    places = PiecePlaces(example.context, windows)
    for record, answer in zip(entry["answers"], answers):
        record["start_char"], record["end_char"] = (
            (None, None) if answer.pieces is None else places.between(*answer.pieces))
    return entry
