"""Choices of positions to mask, by scores and by chance.

Notation: n positions of a block without padding, k chosen ones.
"""
import numpy as np


def gumbel(uniform: np.ndarray) -> np.ndarray:
    """Gumbel noise, float64, of numbers in [0, 1)."""
    with np.errstate(divide="ignore"):
        return -np.log(-np.log(np.asarray(uniform, np.float64)))


def largest(scores: np.ndarray, k: int) -> np.ndarray:
    """The positions of the k largest scores, int64 [k], ascending; of equal ones the first.

    Args:
      scores: [n]; -inf where nothing may be chosen.
      k: no more than there are finite scores.

    Raises:
      ValueError: there are fewer, or a score is NaN or +inf.
    """
    scores = np.asarray(scores, np.float64)
    if np.isnan(scores).any() or np.isposinf(scores).any():
        raise ValueError("scores that are no numbers cannot be compared")
    if k > np.count_nonzero(np.isfinite(scores)):
        raise ValueError("%d positions were asked for, and fewer may be chosen" % k)
    return np.sort(np.argsort(-scores, kind="stable")[:k]).astype(np.int64)


def sample(log_probs: np.ndarray, k: int, uniform: np.ndarray) -> np.ndarray:
    """k positions drawn one after the other from a softmax, each without those before it.

    The k largest of log-probabilities plus Gumbel noise are distributed so (Kool et al. 2019,
    "Stochastic Beams and Where to Find Them", section 2.3).

    Args:
      log_probs: [n], or logits; -inf where nothing may be chosen, whatever their value elsewhere.
      k: how many.
      uniform: [n] in [0, 1), the randomness.

    Returns:
      int64 [k], ascending.
    """
    log_probs = np.asarray(log_probs, np.float64)
    noise = np.maximum(gumbel(uniform), -1e3)  # A draw of exactly 0 is no reason to be left out.
    return largest(log_probs + noise, k)


def sample_any(maskable: np.ndarray, k: int, uniform: np.ndarray) -> np.ndarray:
    """k of the positions at which `maskable`, bool [n], is true, all equally likely; see `sample`.
    """
    return sample(np.where(maskable, 0.0, -np.inf), k, uniform)


def frequency_weights(ids: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """1 / sqrt(count) of the pieces at `positions` [k] among the ids [n] of their block: float32.

    A piece that stands everywhere in a block makes many entries; each counts for less.
    """
    ids = np.asarray(ids)
    values, counts = np.unique(ids, return_counts=True)
    found = counts[np.searchsorted(values, ids[positions])]
    return (1.0 / np.sqrt(found)).astype(np.float32)
