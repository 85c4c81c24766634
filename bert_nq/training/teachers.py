"""Teachers of a student: their logits read beside the records, or computed in the student's graph.

Notation: B batch, S sequence in wordpieces.
"""
from typing import Dict, Sequence

from bert_nq.estimator import member_graphs
from bert_nq.modeling import models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.models import Member
from bert_nq.modeling.runtime import tf
from bert_nq.records import teacher_logits
from bert_nq.records.teacher_logits import Choices
from bert_nq.training.objectives.distilled import Teacher

_SCOPE = "teacher_%d"
# A collection of the graphs whose teachers have their weights.
_STARTED = "bert_nq_teachers_started"


def cached(choices: Choices, fingerprint: str) -> Teacher:
    """The teacher whose logits come with the records, see inputs.training_input_fn.

    Args:
      choices: that it has logits of.
      fingerprint: of its weights.
    """
    def logits(features):
        return {name: features[teacher_logits.feature_name(name)] for name in choices}

    return Teacher(logits, fingerprint)


def live(members: Sequence[Member], precision: str, fingerprint: str) -> Teacher:
    """Models that compute their logits in the student's graph, in evaluation mode.

    Their variables are local ones: they are not trained, they are not saved with the student, and
    each session reads them from the teachers' checkpoints.

    Args:
      members: the teachers, of the student's head; the mean of their logits counts.
      precision: of products and activations, see Pass.
      fingerprint: of their weights.
    """
    scoped = [(_SCOPE % i, member) for i, member in enumerate(members)]

    def logits(features) -> Dict[str, tf.Tensor]:
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE,
                               custom_getter=_local):
            mean = member_graphs.mean_logits(scoped, features, Pass(precision=precision))
        # Further passes of a step find the variables as the first one has made them.
        if not tf.get_collection(_STARTED):
            for scope, member in scoped:
                member_graphs.start_variables(
                    member, member_graphs.without_scope(scope, tf.local_variables()))
            tf.add_to_collection(_STARTED, True)
        choices = models.distributions(members[0].model, mean, features)
        return {name: tf.stop_gradient(choice.logits) for name, choice in choices.items()}

    return Teacher(logits, fingerprint)


def _local(getter, name, *args, **kwargs):
    """Makes a variable of tf.get_variable one that is neither trained nor saved."""
    return getter(name, *args, **dict(kwargs, trainable=False,
                                      collections=[tf.GraphKeys.LOCAL_VARIABLES]))
