"""A page that shows which words of texts a policy would mask, beside those of a random masker."""
import html
from typing import Any, List, NamedTuple, Sequence

import numpy as np

from bert_nq.base import files
from bert_nq.base.piece_model import BLANK
from bert_nq.masking_policy import masks, players
from bert_nq.masking_policy.players import Turn

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title>
<style>
body { font: 16px/1.9 system-ui, sans-serif; max-width: 52em; margin: 2em auto; padding: 0 1em;
       color: #1a1a1a; background: #fff; }
h1 { font-size: 1.4em; } h2 { font-size: 1em; margin: 2em 0 .3em; color: #555; }
.piece { padding: .1em .05em; border-radius: .2em; }
.chosen { outline: 2px solid #0072b2; }
.random { border-bottom: 3px solid #d55e00; }
</style>
</head>
<body>
<h1>%(title)s</h1>
<p>The deeper the blue, the likelier the policy masks the piece.
<span class="piece chosen">Framed</span>: the likeliest, which it masks when it is used.
<span class="piece random">Underlined</span>: those of a random masker of the
same budget, %(share)g %% of the pieces.</p>
"""
_TAIL = "</body>\n</html>\n"


class Shown(NamedTuple):
    """A block and its masks. n pieces."""
    pieces: Sequence[str]  # [n], as text; "" where nothing is to be shown
    begins: Sequence[bool]  # [n], whether a piece is the first of its word
    chances: np.ndarray  # float [n], of being masked, see `chances`
    chosen: Sequence[int]  # positions of the policy
    random: Sequence[int]  # positions of the random masker


def shown_of(turn: Turn, log_probs: Sequence[np.ndarray], vocabulary: Any) -> List[Shown]:
    """The blocks of a turn with their masks.

    Args:
      turn: of the blocks.
      log_probs: of the policy, [n] of each block.
      vocabulary: a text.vocabulary.Vocabulary.
    """
    hidden = (vocabulary.specials.pad, vocabulary.specials.cls, vocabulary.specials.sep)
    random = players.at_random(turn).positions
    found = []
    for block, each, k, others in zip(turn.blocks, log_probs, turn.budgets, random):
        tokens = [vocabulary.tokens[i] for i in block.ids]
        found.append(Shown(["" if token in hidden else _plain(token) for token in tokens],
                           list(map(vocabulary.begins_word, tokens)), chances(each, k),
                           masks.largest(each, k), others))
    return found


def _plain(token: str) -> str:
    """A piece without the mark of its place in the word."""
    if token.startswith("##"):
        return token[2:]
    return token[1:] if token.startswith(BLANK) and len(token) > 1 else token


def chances(log_probs: np.ndarray, k: int) -> np.ndarray:
    """k times the probability of each position in a single draw, at most 1: [n].

    In k draws without replacement likely positions are masked a little less often than that.
    """
    return np.minimum(k * np.exp(np.asarray(log_probs, np.float64)), 1.0)


def page(blocks: Sequence[Shown], title: str, masking_prob: float) -> str:
    """The page of some blocks."""
    parts = [_HEAD % {"title": html.escape(title), "share": 100 * masking_prob}]
    for number, block in enumerate(blocks, 1):
        parts.append("<h2>Text %d</h2>\n<p>%s</p>\n" % (number, _text(block)))
    return "".join(parts) + _TAIL


def _text(block: Shown) -> str:
    chosen, random = set(map(int, block.chosen)), set(map(int, block.random))
    parts: List[str] = []
    for i, (piece, begins) in enumerate(zip(block.pieces, block.begins)):
        if not piece:
            continue
        parts.append(" " if begins and parts else "")
        parts.append('<span class="piece%s%s" style="background: rgba(0, 114, 178, %.2f)" '
                     'title="%.0f %%">%s</span>' % (
                         " chosen" * (i in chosen), " random" * (i in random), block.chances[i],
                         100 * block.chances[i], html.escape(piece)))
    return "".join(parts)


def write(path: str, content: str) -> None:
    """Writes or replaces a page."""
    with files.replacing(path) as out:
        out.write(content.encode("utf8"))
