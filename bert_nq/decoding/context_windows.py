"""The windows of one context, as decoders of spans need them."""
from typing import Any, List, NamedTuple

import numpy as np


class ContextWindows(NamedTuple):
    """Where a context's words and wordpieces are in its N windows; S wordpieces of a window."""
    words: List[str]  # of the context, see datasets.squad.words
    pieces: List[str]  # all wordpieces of the context
    word_of_piece: np.ndarray  # int [len(pieces)]
    starts: np.ndarray  # int [N] the piece of the context that comes first in each window
    query_length: int  # pieces before the context, the same in all windows
    word_map: np.ndarray  # int [N, S] the word of each piece of a window, -1 for what is none
    has_max_context: np.ndarray  # bool [N, S]: no other window shows more around this piece
    tokenizer: Any  # as the words were cut, see text.wordpiece.WordPieceTokenizer
