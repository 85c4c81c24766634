"""The head of bert_joint: logits for start, end and type of an answer (Alberti et al. 2019).

Notation: B batch, S sequence in wordpieces.
"""
import math
from typing import Dict, Mapping, NamedTuple, Sequence, Tuple

from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses, spans
from bert_nq.modeling.heads.logits import class_logits, span_logits
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.heads.window_outputs import OutputOptions, WindowOutputs
from bert_nq.modeling.runtime import tf

# Variables are named as in bert_joint.ckpt.
SPAN_WEIGHTS, SPAN_BIAS = "cls/nq/output_weights", "cls/nq/output_bias"
TYPE_WEIGHTS, TYPE_BIAS = "answer_type_output_weights", "answer_type_output_bias"

# No answer, yes, no, short answer, long answer: datasets.nq.example.AnswerType.
NUM_TYPES = 5

Features = Mapping[str, tf.Tensor]


class Logits(NamedTuple):
    """The logits of a batch of windows."""
    start: tf.Tensor  # [B, S] of the answer's first wordpiece
    end: tf.Tensor  # [B, S] of its last wordpiece
    answer_type: tf.Tensor  # [B, NUM_TYPES]


def build(encoded: Encoded, features: Features, pass_: Pass) -> Logits:
    """The logits of an encoder's vectors."""
    del features, pass_
    start, end = span_logits(encoded.sequence, SPAN_WEIGHTS, SPAN_BIAS)
    return Logits(start, end, class_logits(encoded.pooled, NUM_TYPES, TYPE_WEIGHTS, TYPE_BIAS))


def loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean of the cross entropies of start, end and answer type, see losses.mean_of_choices.

    The softmax of start and end goes over all S positions, padding included, as in the reference
    (section 3 of the paper).

    Args:
      logits: of B windows.
      features: of the same; `start_positions`, `end_positions` and `answer_types`, int [B], count.
    """
    return losses.mean_of_choices({
        "start": (logits.start, features["start_positions"]),
        "end": (logits.end, features["end_positions"]),
        "type": (logits.answer_type, features["answer_types"])})


def outputs(logits: Logits, features: Features, options: OutputOptions) -> Dict[str, tf.Tensor]:
    """The tensors of a WindowOutputs, by the names of its fields."""
    mask, cls = features["input_mask"], features["cls_positions"]
    scores, starts, ends = spans.top_spans(
        logits.start, logits.end, features["document_mask"], options.num_spans,
        options.max_answer_length)
    start_logits, start_positions = _top_but(cls, logits.start, options.num_positions)
    end_logits, end_positions = _top_but(cls, logits.end, options.num_positions)
    return WindowOutputs(
        scores, starts, ends, spans.at(logits.start, cls) + spans.at(logits.end, cls),
        spans.log_z(logits.start, mask), spans.log_z(logits.end, mask), logits.answer_type,
        start_logits, start_positions, end_logits, end_positions)._asdict()


def _top_but(excluded: tf.Tensor, logits: tf.Tensor, n: int) -> Sequence[tf.Tensor]:
    """`spans.top_positions`, without one position of each row: `excluded`, int32 [B]."""
    length = tf.shape(logits)[1]
    others = tf.logical_not(tf.cast(tf.one_hot(excluded, length), tf.bool))
    return spans.top_positions(spans.where(others, logits, NO_SPAN), tf.minimum(n, length - 1))


def distributions(logits: Logits, features: Features) -> Dict[str, Distribution]:
    """The choices of start, end and answer type."""
    return dict(spans.distributions(logits.start, logits.end, features),
                type=Distribution(logits.answer_type))


def chance(seq_length: float) -> Dict[str, float]:
    """The losses of start and end where all positions of a window are equally likely.

    They stay there in a known failure of training BERT on Natural Questions, mostly of too high a
    learning rate: the encoder's outputs become equal at all positions.
    """
    return {"start_loss": math.log(seq_length), "end_loss": math.log(seq_length)}


HEAD = Head(
    build=build, loss=loss, outputs=outputs,
    variables=(SPAN_WEIGHTS, SPAN_BIAS, TYPE_WEIGHTS, TYPE_BIAS), chance=chance,
    labels=(("start_loss", "start"), ("end_loss", "end"), ("type_loss", "answer type")),
    pools=True, distributions=distributions)
