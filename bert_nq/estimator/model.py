"""The graphs of any model for training and prediction, and whether a checkpoint is of a model.

They know no Estimator and no session: estimator_trainer wraps them for the one, session_trainer
runs them in the other.
"""
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, encoders, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.models import Model, build_logits
from bert_nq.modeling.runtime import tf

# The ends of the names of what optimizers keep of each variable.
_SLOTS = ("/adam_m", "/lamb_m")

Features = Dict[str, tf.Tensor]

# Builds the model on the features of one pass of a step, given the pass's number; gives logits.
BuildLogits = Callable[[Features, Union[int, tf.Tensor]], Any]
# Given that and the features of a step, a scalar loss and the op that makes one step on it.
MakeStep = Callable[[BuildLogits, Features], Tuple[tf.Tensor, tf.Operation]]
# Given the logits and the features of a batch, the tensors that leave the graph in prediction.
Outputs = Callable[[Any, Features], Dict[str, tf.Tensor]]


class Training(NamedTuple):
    """Settings of a graph that are for training only."""
    make_step: MakeStep
    seed: int  # of dropout
    num_passes: int = 1  # through the model in one step
    recompute: bool = False  # layers in the backward pass, see Pass


class TrainingGraph(NamedTuple):
    """A graph that trains, as a trainer runs it."""
    loss: tf.Tensor  # scalar
    train_op: tf.Operation  # makes one step and counts it in the global step
    scaffold_fn: Optional[Callable] = None  # on a TPU makes the variables start from a checkpoint


class PredictionGraph(NamedTuple):
    """A graph that predicts."""
    outputs: Dict[str, tf.Tensor]  # that leave it
    scaffold_fn: Optional[Callable] = None  # see TrainingGraph


# Given the features of a batch, the graph on them, in the default graph.
BuildTraining = Callable[[Features], TrainingGraph]
BuildPrediction = Callable[[Features], PredictionGraph]


def training_builder(model: Model, init_checkpoint: Optional[str], use_tpu: bool, precision: str,
                     training: Training) -> BuildTraining:
    """The function that builds a model's graph for training.

    Args:
      model: encoder and head.
      init_checkpoint: where variables of equal names start from, or None.
      use_tpu: whether the graph is for a TPU.
      precision: of products and activations, see Pass.
      training: how to train.
    """
    def build(features):
        loss, train_op = _train(model, features, use_tpu, precision, training)
        return TrainingGraph(loss, train_op, _initialise(model, init_checkpoint, use_tpu))

    return build


def prediction_builder(model: Model, checkpoint: Optional[str], use_tpu: bool, precision: str,
                       outputs: Outputs) -> BuildPrediction:
    """The function that builds a model's graph for prediction.

    Args:
      model: encoder and head.
      checkpoint: where the weights come from, or None.
      use_tpu: whether the graph is for a TPU.
      precision: of products and activations, see Pass.
      outputs: what leaves the graph.
    """
    def build(features):
        logits = build_logits(model, features, Pass(precision=precision, use_tpu=use_tpu))
        return PredictionGraph(outputs(logits, features), _initialise(model, checkpoint, use_tpu))

    return build


def _train(model, features, use_tpu, precision, training):
    """The loss and the training op."""
    place = _place_in_training(training.num_passes)

    def build(features, pass_index):
        seed = tf.constant(training.seed << 32, tf.int64) + place + tf.cast(pass_index, tf.int64)
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            return build_logits(model, features, Pass(True, seed, precision, use_tpu,
                                                      training.recompute))

    return training.make_step(build, features)


def _place_in_training(num_passes: int) -> tf.Tensor:
    """A number that each step has, and on each device, with room for the passes of the step."""
    replica = tf.distribute.get_replica_context()
    step = tf.cast(tf.identity(tf.train.get_or_create_global_step()), tf.int64)
    number = step * replica.num_replicas_in_sync + tf.cast(replica.replica_id_in_sync_group,
                                                           tf.int64)
    return number * num_passes


def _initialise(model: Model, init_checkpoint: Optional[str], use_tpu: bool) -> Optional[Callable]:
    """Has the variables start from a checkpoint; returns the scaffold_fn that TPUs need."""
    if init_checkpoint is None:
        return None
    shapes = {checkpoints.name_of(v): v.shape.as_list() for v in tf.trainable_variables()}
    assignment = checkpoints.assignment_map(shapes, init_checkpoint,
                                            encoders.of(model.config).names.scope)

    def initialise():
        tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)
        return tf.train.Scaffold()

    if use_tpu:
        return initialise
    initialise()
    return None


def missing_weights(model: Model, checkpoint: str) -> List[str]:
    """The names of a model's weights that a checkpoint lacks: training starts them at random."""
    there = checkpoints.read_shapes(checkpoint)
    wanted = list(encoders.of(model.config).variables(model.config))
    return [name for name in wanted + list(models.head_variables(model)) if name not in there]


def check_can_predict(model: Model, checkpoint: str, trained_on: str) -> None:
    """Raises UserError where a checkpoint lacks weights, which would be random in prediction.

    Args:
      model: encoder and head.
      checkpoint: see checkpoints.find_checkpoint.
      trained_on: what the message says the checkpoint is not trained on, such as a dataset's name.
    """
    missing = missing_weights(model, checkpoint)
    of_head = [name for name in missing if name in models.head_variables(model)]
    if of_head:
        raise UserError("%s has no %s: it is not trained on %s; train first (--do_train)"
                        % (checkpoint, of_head[0], trained_on))
    if missing:
        raise checkpoints.incomplete(checkpoint, missing)


def check_can_continue(model: Model, checkpoint: str) -> None:
    """Raises UserError where a checkpoint in --output_dir lacks what training goes on with."""
    there = checkpoints.read_shapes(checkpoint)
    missing = [name for name in models.head_variables(model) + ("global_step",)
               if name not in there]
    if not any(name.endswith(_SLOTS) for name in there):
        missing.append("optimizer state")
    if missing:
        raise UserError("training cannot go on from %s, which has no %s: choose another "
                        "--output_dir and give the checkpoint as --init_checkpoint"
                        % (checkpoint, missing[0]))
