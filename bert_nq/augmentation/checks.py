"""Checks of settings that several augmentations share."""
from typing import Sequence

from bert_nq.base.errors import UserError


def check_rate(rate: float) -> float:
    """Returns the share of words to change.

    Raises:
      UserError: it is not in (0, 1].
    """
    if not 0 < rate <= 1:
        raise UserError("--rate must be above 0 and at most 1, it is %s" % (rate,))
    return rate


def check_words(words: str, known: Sequence[str], why: str = "") -> str:
    """Returns the name of the words to change.

    Args:
      words: the name.
      known: the names that the augmentation allows.
      why: the reason for that, for the message.

    Raises:
      UserError: the name is not one of `known`.
    """
    if words not in known:
        raise UserError("--words must be %s, it is %r%s"
                        % (" or ".join(known), words, ": " + why if why else ""))
    return words
