"""Objectives: functions whose value a training makes small.

    supervised   the loss of the model's head on the labels
    distilled    the same, and how far the model's choices are from those of a teacher
"""
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple

from bert_nq.estimator.model import Features
from bert_nq.modeling.runtime import tf

# From the features of one pass to the logits of the model, built for training.
BuildLogits = Callable[[Features], Any]


class Objective(NamedTuple):
    """An objective, as a function on the graph."""
    # Given BuildLogits and the features of a pass: the mean loss, a scalar, and further means by
    # name. Losses among these end in "_loss".
    loss: Callable[[BuildLogits, Features], Tuple[tf.Tensor, Dict[str, tf.Tensor]]]
    # By the flags' names, what a run that goes on must have as the run before it had.
    settings: Mapping[str, Any]
