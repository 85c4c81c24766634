"""BERT-joint: one encoder, logits for start, end and type of the answer; and its model_fn.

Notation: B batch, S sequence in wordpieces.
"""
from typing import Callable, Dict, NamedTuple, Optional, Tuple, Union

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.modeling import checkpoints
from bert_nq.modeling.encoders import bert
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.heads import logits as heads
from bert_nq.modeling.runtime import tf

# The heads' variables, named as in bert_joint.ckpt.
SPAN_WEIGHTS, SPAN_BIAS = "cls/nq/output_weights", "cls/nq/output_bias"
TYPE_WEIGHTS, TYPE_BIAS = "answer_type_output_weights", "answer_type_output_bias"
HEAD_VARIABLES = (SPAN_WEIGHTS, SPAN_BIAS, TYPE_WEIGHTS, TYPE_BIAS)

# The ends of the names of what optimizers keep of each variable.
_SLOTS = ("/adam_m", "/lamb_m")

Features = Dict[str, tf.Tensor]


class Logits(NamedTuple):
    """What the model says of a batch of windows."""
    start: tf.Tensor  # [B, S] of the answer's first wordpiece
    end: tf.Tensor  # [B, S] of its last wordpiece
    answer_type: tf.Tensor  # [B, 5], see AnswerType


# Builds the model on the features of one pass of a step, given the pass's number.
BuildLogits = Callable[[Features, Union[int, tf.Tensor]], Logits]
# Given that and the features of a step, a scalar loss and the op that makes one step on it.
Objective = Callable[[BuildLogits, Features], Tuple[tf.Tensor, tf.Operation]]
# Given the logits and the features of a batch, what prediction needs of them.
Outputs = Callable[[Logits, Features], Dict[str, tf.Tensor]]


class Training(NamedTuple):
    """What a model_fn needs for training only."""
    objective: Objective
    seed: int  # of dropout
    num_passes: int = 1  # through the model in one step
    recompute: bool = False  # layers in the backward pass, see bert.encode


def build_logits(config: BertConfig, features: Features, is_training: bool, use_tpu: bool = False,
                 seed: Optional[tf.Tensor] = None, precision: str = "fp32",
                 recompute: bool = False) -> Logits:
    """The graph of the model on `input_ids`, `input_mask` and `segment_ids`, each [B, S]."""
    sequence_output, pooled_output = bert.encode(
        config, features["input_ids"], features["input_mask"], features["segment_ids"],
        is_training, use_one_hot_embeddings=use_tpu, seed=seed, precision=precision,
        recompute=recompute)
    start, end = heads.span_logits(sequence_output, SPAN_WEIGHTS, SPAN_BIAS)
    return Logits(start, end, heads.class_logits(pooled_output, len(AnswerType), TYPE_WEIGHTS,
                                                 TYPE_BIAS))


def model_fn_builder(config: BertConfig, init_checkpoint: Optional[str], use_tpu: bool,
                     precision: str = "fp32", training: Optional[Training] = None,
                     outputs: Optional[Outputs] = None) -> Callable:
    """The model_fn of a TPUEstimator.

    Args:
      config: of the encoder.
      init_checkpoint: where variables of equal names start from, or None.
      use_tpu: whether the graph is for a TPU.
      precision: of products and activations, see bert.encode.
      training: how to train; None where the model only predicts.
      outputs: what leaves the graph in prediction; None where the model is only trained.
    """
    def model_fn(features, labels, mode, params):
        del labels, params  # the Estimator passes them by name
        if mode == tf.estimator.ModeKeys.EVAL:
            raise UserError("the model trains and predicts; scores are eval/nq_eval.py's")
        if mode == tf.estimator.ModeKeys.TRAIN:
            loss, train_op = _train(config, features, use_tpu, precision, training)
            return tf.estimator.tpu.TPUEstimatorSpec(
                mode, loss=loss, train_op=train_op,
                scaffold_fn=_initialise(init_checkpoint, use_tpu))
        logits = build_logits(config, features, False, use_tpu, precision=precision)
        return tf.estimator.tpu.TPUEstimatorSpec(
            mode, predictions=outputs(logits, features),
            scaffold_fn=_initialise(init_checkpoint, use_tpu))

    return model_fn


def _train(config, features, use_tpu, precision, training):
    """The loss and the training op."""
    place = _place_in_training(training.num_passes)

    def build(features, pass_index):
        seed = tf.constant(training.seed << 32, tf.int64) + place + tf.cast(pass_index, tf.int64)
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            return build_logits(config, features, True, use_tpu, seed, precision,
                                training.recompute)

    return training.objective(build, features)


def _place_in_training(num_passes: int) -> tf.Tensor:
    """A number that each step has, and on each device, with room for the passes of the step."""
    replica = tf.distribute.get_replica_context()
    step = tf.cast(tf.identity(tf.train.get_or_create_global_step()), tf.int64)
    number = step * replica.num_replicas_in_sync + tf.cast(replica.replica_id_in_sync_group,
                                                           tf.int64)
    return number * num_passes


def _initialise(init_checkpoint: Optional[str], use_tpu: bool) -> Optional[Callable]:
    """Has the variables start from a checkpoint; returns the scaffold_fn that TPUs need."""
    if init_checkpoint is None:
        return None
    shapes = {checkpoints.name_of(v): v.shape.as_list() for v in tf.trainable_variables()}
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
    there = checkpoints.read_shapes(checkpoint)
    missing = [v for v in HEAD_VARIABLES + ("global_step",) if v not in there]
    if not any(name.endswith(_SLOTS) for name in there):
        missing.append("optimizer state")
    if missing:
        raise UserError("training cannot go on from %s, which has no %s: choose another "
                        "--output_dir and give the checkpoint as --init_checkpoint"
                        % (checkpoint, missing[0]))
