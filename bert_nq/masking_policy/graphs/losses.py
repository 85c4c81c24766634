"""The losses of policy and value, for entries that were drawn from a replay memory.

With r the reward of an entry, V the value of its block, A = r - V, which has no gradient, and
q = exp(log p - log p when it was chosen):

    ppo          -mean min(q A, clip(q, 1 - c, 1 + c) A)    c = 0: -mean q A, the source's
    importance   -mean stop(min(q, cap)) A log p            cap = 0: none, the source's
    plain        -mean A log p
    value        0.5 mean (r - V)^2
    entropy      summed: over the entries, of the mean of -p log p over a block's positions: it
                 grows with the number of entries and shrinks with the length, as in the source;
                 normalised: the mean over entries of the sum of -p log p over log n, from 0 to 1
                 whatever the batch and the length
    in all       policy + 0.5 value - weight * entropy

The clipped form is that of Schulman et al. 2017, equation 7. Log-probabilities in the memory are
never renewed: without a clip q, and with it the step, can grow without bound.

Notation: B entries.
"""
from typing import Dict, NamedTuple, Tuple

from bert_nq.masking_policy.settings import PolicySettings
from bert_nq.modeling.runtime import tf

VALUE_WEIGHT = 0.5


class Entries(NamedTuple):
    """Entries under the current weights, and as they were stored; float32 [B] each."""
    log_probs: tf.Tensor  # of the chosen position, now
    values: tf.Tensor  # of its block, now
    entropies: tf.Tensor  # sum of -p log p over the block's maskable positions, now
    num_positions: tf.Tensor  # how many these are
    old_log_probs: tf.Tensor
    rewards: tf.Tensor


def total(entries: Entries, settings: PolicySettings) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The loss, scalar, and its parts: policy_loss, value_loss, entropy, ratio_max, clipped."""
    advantages = tf.stop_gradient(entries.rewards - entries.values)
    ratios = tf.exp(entries.log_probs - entries.old_log_probs)
    policy = -tf.reduce_mean(_OBJECTIVES[settings.objective](
        advantages, ratios, entries.log_probs, settings))
    value = 0.5 * tf.reduce_mean(tf.square(entries.rewards - entries.values))
    entropy = _entropy(entries, settings.entropy)
    loss = policy + VALUE_WEIGHT * value - settings.entropy_weight * entropy
    outside = tf.abs(ratios - 1.0) > (settings.ratio_clip or float("inf"))
    return loss, {"policy_loss": policy, "value_loss": value,
                  "entropy": _entropy(entries, "normalised"),
                  "ratio_max": tf.reduce_max(ratios),
                  "clipped": tf.reduce_mean(tf.cast(outside, tf.float32))}


def _ppo(advantages, ratios, log_probs, settings):
    del log_probs
    if not settings.ratio_clip:
        return advantages * ratios
    clipped = tf.clip_by_value(ratios, 1 - settings.ratio_clip, 1 + settings.ratio_clip)
    return tf.minimum(advantages * ratios, advantages * clipped)


def _importance(advantages, ratios, log_probs, settings):
    weights = tf.stop_gradient(ratios)
    if settings.importance_cap:
        weights = tf.minimum(weights, settings.importance_cap)
    return advantages * weights * log_probs


def _plain(advantages, ratios, log_probs, settings):
    del ratios, settings
    return advantages * log_probs


_OBJECTIVES = {"ppo": _ppo, "importance": _importance, "plain": _plain}


def _entropy(entries: Entries, kind: str) -> tf.Tensor:
    if kind == "summed":
        return tf.reduce_sum(entries.entropies / entries.num_positions)
    # With one position there is no choice, and no entropy.
    most = tf.log(tf.maximum(entries.num_positions, 2.0))
    return tf.reduce_mean(entries.entropies / most)
