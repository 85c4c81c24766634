"""The objective of plain fine-tuning."""
from bert_nq.modeling import models
from bert_nq.modeling.models import Model
from bert_nq.training.objectives import Objective
from bert_nq.training.settings import NO_TEACHER


def make(model: Model) -> Objective:
    """The loss of a model's head on the labels among the features."""
    def loss(build_logits, features):
        return models.loss(model, build_logits(features), features)

    return Objective(loss, NO_TEACHER)
