"""Objectives: functions whose value a training makes small."""
from typing import Any, Callable, Dict, Tuple

from bert_nq.estimator.model import Features
from bert_nq.modeling import models
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf

# Given a function from features to logits, which builds the model in training, and the features of
# one pass: the mean loss, a scalar, and further means by name. Losses among these end in "_loss".
Objective = Callable[[Callable[[Features], Any], Features], Tuple[tf.Tensor, Dict[str, tf.Tensor]]]


def supervised(model: Model) -> Objective:
    """The loss of a model's head on the labels among the features."""
    def objective(build_logits, features):
        return models.loss(model, build_logits(features), features)

    return objective
