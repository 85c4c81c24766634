"""Checks of the settings that several augmentations have."""
from typing import Sequence

from bert_nq.base.errors import UserError


def check_rate(rate: float) -> float:
    """Returns the share of words to change; raises UserError where it is none."""
    if not 0 < rate <= 1:
        raise UserError("--rate must be above 0 and at most 1, it is %s" % (rate,))
    return rate


def check_words(words: str, known: Sequence[str], why: str = "") -> str:
    """Returns the name of the words to change; raises UserError where it is not among `known`.

    Args:
      why: what is said where the name is one of other augmentations.
    """
    if words not in known:
        raise UserError("--words must be %s, it is %r%s"
                        % (" or ".join(known), words, ": " + why if why else ""))
    return words
