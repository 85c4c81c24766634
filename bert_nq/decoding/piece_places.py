"""The places of a context's wordpieces among its characters."""
from typing import Dict, Tuple

from bert_nq.datasets.squad.words import word_starts
from bert_nq.decoding.context_windows import ContextWindows


class PiecePlaces:
    """See the module. Those of a word are found once, since spans often share their ends.

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

    def between(self, first: int, last: int) -> Tuple[int, int]:
        """The characters [start, end) from a first to a last piece."""
        return self.of(first)[0], self.of(last)[1]

    def _add(self, word: int) -> None:
        """Adds the pieces of a word."""
        windows = self._windows
        first = int(windows.word_of_piece.searchsorted(word))
        place = self._word_starts[word]
        for piece, (start, end) in enumerate(windows.tokenizer.offsets(windows.words[word]), first):
            self._of_pieces[piece] = place + start, place + end
