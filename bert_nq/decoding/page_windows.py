"""The windows of a page, as decoders need them."""
from typing import NamedTuple

import numpy as np


class PageWindows(NamedTuple):
    """Where a page's document tokens are in its N windows."""
    token_map: np.ndarray  # int [N, S] the document token of each piece, -1 for what is none
    query_length: int  # pieces before the document, the same in all windows
