"""Objectives: the head's own, by its name."""
from bert_nq.modeling.heads import Head
from bert_nq.training import objectives


def loss(logits, features):
    return logits + features["label"], {"some_loss": logits}


HEAD = Head(build=None, loss=loss, outputs=None, variables=())


def test_supervised_training_is_on_the_loss_of_the_head():
    objective = objectives.supervised(__name__)
    assert objective(lambda features: 10 * features["x"], {"x": 2, "label": 1}) == (
        21, {"some_loss": 20})
