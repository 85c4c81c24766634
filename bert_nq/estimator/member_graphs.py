"""Several trained models in one graph, each under a scope of its own, and the mean of their logits.

Notation: B batch, S sequence in wordpieces.
"""
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from bert_nq.modeling import checkpoints, encoders, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.models import Member
from bert_nq.modeling.runtime import tf

Scoped = Sequence[Tuple[str, Member]]  # members, each with the variable scope of its graph


def scopes(members: Sequence[Member]) -> List[Tuple[str, Member]]:
    """Members with their scopes: none where there is one alone, so that names are its own."""
    if len(members) == 1:
        return [("", members[0])]
    return [("member_%d" % i, member) for i, member in enumerate(members)]


def mean_logits(scoped: Scoped, features: Mapping[str, tf.Tensor], pass_: Pass) -> Any:
    """The weighted mean of the logits of members that have the same head.

    Args:
      scoped: the members.
      features: int32 [B, S] each.
      pass_: what the graph is for.
    """
    logits = []
    for scope, member in scoped:
        with tf.variable_scope(scope):
            logits.append(models.build_logits(member.model, features, pass_))
    if len(logits) == 1:
        return logits[0]
    return averaged(logits, [member.weight for _, member in scoped])


def averaged(logits: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of the logits of several models of one vocabulary and one head.

    Args:
      logits: NamedTuples of tensors and of functions that give tensors, all of one type.
      weights: of each of them.
    """
    total = sum(weights)
    shares = [weight / total for weight in weights]

    def mean(fields):
        if callable(fields[0]):
            return lambda *given: mean([function(*given) for function in fields])
        return tf.add_n([share * tensor for share, tensor in zip(shares, fields)])

    return type(logits[0])(*map(mean, zip(*logits)))


def variables_of(scope: str) -> Dict[str, tf.Variable]:
    """The global variables of a member by their names in its checkpoint."""
    return without_scope(scope, tf.global_variables())


def without_scope(scope: str, variables: Sequence[tf.Variable]) -> Dict[str, tf.Variable]:
    """The variables that are under a scope, by the rest of their names."""
    prefix = scope + "/" if scope else ""
    return {checkpoints.name_of(v)[len(prefix):]: v for v in variables
            if checkpoints.name_of(v).startswith(prefix)}


def start_from(member: Member, scope: str) -> None:
    """Has the variables under a scope start from those of equal names in a member's checkpoint.

    Raises:
      UserError: the checkpoint cannot be read or does not fit its config.
    """
    start_variables(member, variables_of(scope))


def start_variables(member: Member, variables: Mapping[str, tf.Variable]) -> None:
    """Has variables, by their names in a member's checkpoint, start from it: see `start_from`."""
    assignment = checkpoints.assignment_map(
        {name: v.shape.as_list() for name, v in variables.items()}, member.checkpoint,
        encoders.of(member.model.config).names.scope)
    tf.train.init_from_checkpoint(assignment.checkpoint,
                                  {name: variables[name] for name in assignment.map})
