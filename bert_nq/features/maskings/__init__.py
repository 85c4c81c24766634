"""Maskings: which pieces of a block a masked language model is to tell. Free of TensorFlow.

    random         pieces, each as likely as any other
    whole_word     words, with all of their pieces (Google's whole-word models)
    span           runs of words (Joshi et al. 2020, SpanBERT)
    punctuation    marks of punctuation first, then the other pieces
    entity         words of named entities first, then the other words; needs spaCy

All hide exactly as many pieces of a block, `budget`, so that they can be compared. A new masking is
a module with a `MASKING` and a line in MASKINGS.
"""
import importlib
import math
from typing import Callable, NamedTuple, Optional

import numpy as np

from bert_nq.base.errors import UserError

# Name to the module that has the masking as MASKING.
MASKINGS = {
    "random": "bert_nq.features.maskings.pieces",
    "whole_word": "bert_nq.features.maskings.whole_word",
    "span": "bert_nq.features.maskings.span",
    "punctuation": "bert_nq.features.maskings.punctuation",
    "entity": "bert_nq.features.maskings.entity",
}


class Block(NamedTuple):
    """The n pieces of a block that may be hidden, in order: special tokens and padding are not
    among them."""
    ids: np.ndarray  # int [n]
    begins: np.ndarray  # bool [n]: whether a piece is the first of its word; that of a block is
    is_punctuation: np.ndarray  # bool [n]: whether a piece is one mark of ASCII's punctuation
    is_entity: Optional[np.ndarray] = None  # bool [n]; there where Masking.needs_entities


class Chosen(NamedTuple):
    """The pieces that are to be hidden, as places in a Block."""
    positions: np.ndarray  # int [k], ascending
    # int [k]: pieces of equal numbers become masks, or other pieces, or stay, all together; None:
    # each has its own draw.
    groups: Optional[np.ndarray] = None


class Masking(NamedTuple):
    """A way to choose pieces."""
    # (block, k, random numbers) to a Chosen of exactly k pieces, 1 <= k <= n. What is chosen
    # follows from the arguments alone, of `random`, a RandomState, from its state.
    choose: Callable[[Block, int, np.random.RandomState], Chosen]
    needs_entities: bool = False  # whether it reads Block.is_entity


def budget(num_pieces: int, num_maskable: int, rate: float) -> int:
    """k = max(floor(n * rate), 1), the pieces to hide of a block of n.

    Args:
      num_pieces: n, special tokens counted and padding not.
      num_maskable: those that may be hidden; no more than these are.
      rate: above 0, at most 1.

    Raises:
      ValueError: nothing may be hidden.
    """
    if not num_maskable:
        raise ValueError("of a block of special tokens alone nothing can be hidden")
    # 0.29 * 100 is 28.999999999999996 in binary.
    return min(max(int(math.floor(num_pieces * rate + 1e-9)), 1), num_maskable)


def find(name: str) -> Masking:
    """The masking of a name.

    Raises:
      UserError: there is none.
    """
    if name not in MASKINGS:
        raise UserError("there is no masking %r: choose one of %s" % (name, ", ".join(MASKINGS)))
    return importlib.import_module(MASKINGS[name]).MASKING
