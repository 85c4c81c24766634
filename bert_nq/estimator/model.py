"""BERT-joint: one encoder, logits for start, end and type of the answer; and its model_fn.

Notation: B batch, S sequence in wordpieces.
"""
import random
from typing import Callable, Dict, NamedTuple, Optional, Tuple

from bert_nq.errors import UserError
from bert_nq.features.contexts import AnswerType
from bert_nq.modeling import bert, checkpoints, heads
from bert_nq.modeling.config import BertConfig
from bert_nq.modeling.runtime import tf

# The heads' variables, named as in bert_joint.ckpt.
SPAN_WEIGHTS, SPAN_BIAS = "cls/nq/output_weights", "cls/nq/output_bias"
TYPE_WEIGHTS, TYPE_BIAS = "answer_type_output_weights", "answer_type_output_bias"
HEAD_VARIABLES = (SPAN_WEIGHTS, SPAN_BIAS, TYPE_WEIGHTS, TYPE_BIAS)

Features = Dict[str, tf.Tensor]


class Logits(NamedTuple):
    """What the model says of a batch of windows."""
    start: tf.Tensor  # [B, S] of the answer's first wordpiece
    end: tf.Tensor  # [B, S] of its last wordpiece
    answer_type: tf.Tensor  # [B, 5], see AnswerType


# Given logits and features, a scalar loss and the op that makes one step on it.
Objective = Callable[[Logits, Features], Tuple[tf.Tensor, tf.Operation]]


def build_logits(config: BertConfig, features: Features, is_training: bool, use_tpu: bool = False,
                 seed: Optional[tf.Tensor] = None) -> Logits:
    """The graph of the model on `input_ids`, `input_mask` and `segment_ids`, each [B, S].

    In training, dropout needs a seed: see bert.encode.
    """
    sequence_output, pooled_output = bert.encode(
        config, features["input_ids"], features["input_mask"], features["segment_ids"],
        is_training, use_one_hot_embeddings=use_tpu, seed=seed)
    start, end = heads.span_logits(sequence_output, SPAN_WEIGHTS, SPAN_BIAS)
    return Logits(start, end, heads.class_logits(pooled_output, len(AnswerType), TYPE_WEIGHTS,
                                                 TYPE_BIAS))


def model_fn_builder(config: BertConfig, init_checkpoint: Optional[str], use_tpu: bool,
                     objective: Optional[Objective] = None, seed: Optional[int] = None) -> Callable:
    """The model_fn of a TPUEstimator.

    Args:
      config: of the encoder.
      init_checkpoint: where variables of equal names start from, or None.
      use_tpu: whether the graph is for a TPU.
      objective: makes the loss and the training step; needed for training only.
      seed: of dropout.
    """
    def model_fn(features, labels, mode, params):
        del labels, params  # the Estimator passes them by name
        if mode == tf.estimator.ModeKeys.EVAL:
            raise UserError("the model trains and predicts; scores are eval/nq_eval.py's")
        training = mode == tf.estimator.ModeKeys.TRAIN
        logits = build_logits(config, features, training, use_tpu,
                              _seed_of_step(seed) if training else None)
        scaffold_fn = _initialise(init_checkpoint, use_tpu) if init_checkpoint else None
        if not training:
            return tf.estimator.tpu.TPUEstimatorSpec(
                mode, predictions={"start_logits": logits.start, "end_logits": logits.end,
                                   "answer_type_logits": logits.answer_type},
                scaffold_fn=scaffold_fn)
        loss, train_op = objective(logits, features)
        return tf.estimator.tpu.TPUEstimatorSpec(mode, loss=loss, train_op=train_op,
                                                 scaffold_fn=scaffold_fn)

    return model_fn


def _seed_of_step(seed: Optional[int]) -> tf.Tensor:
    """A scalar int64, another one for each step."""
    if seed is None:
        seed = random.SystemRandom().randrange(2 ** 31)
    return tf.train.get_or_create_global_step() + (seed << 32)


def _initialise(init_checkpoint: str, use_tpu: bool) -> Optional[Callable]:
    """Has the variables start from the checkpoint; returns the scaffold_fn that TPUs need."""
    shapes = {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}
    assignment = checkpoints.assignment_map(shapes, init_checkpoint)

    def initialise():
        tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)
        return tf.train.Scaffold()

    if use_tpu:
        return initialise
    initialise()
    return None


def latest_checkpoint(output_dir: str) -> Optional[str]:
    """The prefix of the newest checkpoint that training left in a folder, or None."""
    return tf.train.latest_checkpoint(output_dir)


def check_has_heads(checkpoint: str) -> None:
    """Raises UserError where a checkpoint is of an encoder without our heads."""
    missing = [v for v in HEAD_VARIABLES if v not in checkpoints.read_shapes(checkpoint)]
    if missing:
        raise UserError("%s has no %s: it is not trained on NQ; train first (--do_train)"
                        % (checkpoint, missing[0]))


def check_can_continue(checkpoint: str) -> None:
    """Raises UserError where a checkpoint in --output_dir lacks what training goes on with."""
    needed = HEAD_VARIABLES + (SPAN_WEIGHTS + "/adam_m", "global_step")
    missing = [v for v in needed if v not in checkpoints.read_shapes(checkpoint)]
    if missing:
        raise UserError("training cannot go on from %s, which has no %s: choose another "
                        "--output_dir and give the checkpoint as --init_checkpoint"
                        % (checkpoint, missing[0]))
