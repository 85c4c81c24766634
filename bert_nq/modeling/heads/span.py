"""The head of run_squad: logits for the start and the end of an answer (Devlin et al. 2019, 4.2).

A window without an answer is labelled with [CLS] as start and end. Notation: B batch,
S sequence in wordpieces.
"""
import math
from typing import Dict, Mapping, NamedTuple, Tuple

from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses, spans
from bert_nq.modeling.heads.logits import span_logits
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.heads.position_outputs import PositionOptions, PositionOutputs
from bert_nq.modeling.runtime import tf

# Variables are named as in checkpoints of run_squad.
WEIGHTS, BIAS = "cls/squad/output_weights", "cls/squad/output_bias"

Features = Mapping[str, tf.Tensor]


class Logits(NamedTuple):
    """The logits of a batch of windows."""
    start: tf.Tensor  # [B, S] of the answer's first wordpiece
    end: tf.Tensor  # [B, S] of its last wordpiece


def build(encoded: Encoded, features: Features, pass_: Pass) -> Logits:
    """The logits of an encoder's vectors."""
    del features, pass_
    return Logits(*span_logits(encoded.sequence, WEIGHTS, BIAS))


def loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean of the cross entropies of start and end, see losses.mean_of_choices.

    The softmax goes over all S positions, padding included, as in the reference.

    Args:
      logits: of B windows.
      features: of the same; `start_positions` and `end_positions`, int [B], count.
    """
    return losses.mean_of_choices({"start": (logits.start, features["start_positions"]),
                                   "end": (logits.end, features["end_positions"])})


def outputs(logits: Logits, features: Features, options: PositionOptions) -> Dict[str, tf.Tensor]:
    """The tensors of a PositionOutputs, by the names of its fields."""
    best = []
    for all_logits in logits:
        if not options.sees_padding:
            is_piece = tf.cast(features["input_mask"], tf.bool)
            all_logits = spans.where(is_piece, all_logits, NO_SPAN)
        best += spans.top_positions(all_logits, options.num_positions)
    cls = features["cls_positions"]
    return PositionOutputs(*best, spans.at(logits.start, cls), spans.at(logits.end, cls))._asdict()


def distributions(logits: Logits, features: Features) -> Dict[str, Distribution]:
    """The choices of start and end."""
    return spans.distributions(logits.start, logits.end, features)


def chance(seq_length: float) -> Dict[str, float]:
    """The losses of start and end where all positions of a window are equally likely."""
    return {"start_loss": math.log(seq_length), "end_loss": math.log(seq_length)}


HEAD = Head(build=build, loss=loss, outputs=outputs, variables=(WEIGHTS, BIAS), chance=chance,
            labels=(("start_loss", "start"), ("end_loss", "end")), distributions=distributions)
