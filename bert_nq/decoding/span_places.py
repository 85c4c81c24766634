"""The places of spans of wordpieces in the context that they were cut from."""
from typing import Any, Dict, List, Tuple

import numpy as np

from bert_nq.decoding import squad_answers
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_spans import PieceSpan
from bert_nq.modeling.heads.position_outputs import PositionOptions, PositionOutputs
from bert_nq.text.offsets import piece_offsets


class Places:
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

    def of(self, span: PieceSpan) -> Tuple[int, int]:
        """The characters [start, end) of a span."""
        before = int(self._windows.starts[span.window]) - self._windows.query_length
        start, _ = self._characters(before + span.first)
        _, end = self._characters(before + span.last)
        return start, end

    def text_of(self, span: PieceSpan) -> str:
        """The text of a span."""
        return self._context[slice(*self.of(span))]

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


class PlacedDecoder:
    """A decoder of spans whose n-best entries tell where in the context the answers are.

    An answer has "start_char" and "end_char", exclusive; both are None where it is no answer. Files
    of n-best lists do not have them, since official readers know no such fields.
    """

    def __init__(self, decoder: SpanDecoder):
        self._decoder = decoder
        self.name, self.options = decoder.name, decoder.options
        self.outputs_type = decoder.outputs_type

    def output_options(self) -> PositionOptions:
        """See SpanDecoder."""
        return self._decoder.output_options()

    def decode(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Dict[str, Any]:
        """See SpanDecoder."""
        return self._decoder.decode(example, windows, outputs)

    def nbest(self, example: Any, windows: ContextWindows,
              outputs: PositionOutputs) -> Dict[str, Any]:
        """The question's entry of the n-best file, with places."""
        answers = list(self._decoder.answers(example, windows, outputs))
        places = Places(example.context, windows)
        entry = squad_answers.nbest_entry(example, answers)
        for record, answer in zip(entry["answers"], answers):
            span = None if answer.span is None else places.of(answer.span)
            record["start_char"], record["end_char"] = span or (None, None)
        return entry

    def describe(self) -> Dict[str, Any]:
        """See SpanDecoder."""
        return self._decoder.describe()
