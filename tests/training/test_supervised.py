"""Objectives: the loss of a model's own head."""
from bert_nq.modeling.heads import Head
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.training.objectives import supervised
from tests.support import tiny_nq


def loss(logits, features):
    return logits + features["label"], {"some_loss": logits}


HEAD = Head(build=None, loss=loss, outputs=None, variables=())


def test_supervised_training_is_on_the_loss_of_the_head():
    objective = supervised.make(Model(tiny_nq.CONFIG, __name__))
    features = {"x": 2, "label": 1, "segment_ids": tf.zeros([1, 3], tf.int32)}
    assert objective.loss(lambda features: 10 * features["x"], features) == (21, {"some_loss": 20})
    assert objective.settings == {"teacher_dir": None}
