"""The graph of models with their weights in it, for what takes it elsewhere: export, conversion."""
import contextlib
from typing import Any, Dict, Iterator, Tuple

from bert_nq.base.errors import UserError
from bert_nq.estimator import member_graphs
from bert_nq.modeling import checkpoints, freezing
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import window_model
from bert_nq.prediction.model_settings import ModelSettings

Tensors = Dict[str, tf.Tensor]


@contextlib.contextmanager
def loaded(settings: ModelSettings, decoder: Any, is_portable: bool = False
           ) -> Iterator[Tuple[tf.Session, Tensors, Tensors]]:
    """A session whose variables have the values of the checkpoints; inputs and outputs by name.

    Operations of the outputs have the names of the fields of the decoder's outputs_type.

    Args:
      settings: the models.
      decoder: says how much leaves the graph.
      is_portable: see encoders.Pass.

    Raises:
      UserError: a checkpoint cannot be read or lacks a variable.
    """
    with tf.Graph().as_default(), tf.Session(
            config=window_model.session_config(settings.num_threads)) as session:
        inputs = window_model.placeholders(settings)
        results = {name: tf.identity(tensor, name) for name, tensor in window_model.build_outputs(
            settings, inputs, decoder, is_portable).items()}
        # The weights are fed: what init_from_checkpoint adds to the graph would need the
        # checkpoints' files for good.
        for scope, member in member_graphs.scopes(settings.members):
            _load(session, scope, member.checkpoint)
        yield session, inputs, results


def definition(settings: ModelSettings, decoder: Any) -> "tf.compat.v1.GraphDef":
    """The portable graph with constants in place of variables, whatever they are computed in.

    Its placeholders have the names of the model's features, the operations of its outputs those of
    the fields of the decoder's outputs_type.

    Raises:
      UserError: a checkpoint cannot be read, or the weights are more than a graph can hold.
    """
    with loaded(settings._replace(precision="fp32"), decoder, is_portable=True) as (
            session, _, results):
        frozen = freezing.frozen(session, list(results.values()))
    if frozen is None:
        raise UserError("the weights are more than %.1f GB, which is what a graph can hold: they "
                        "cannot be converted" % (freezing.MOST_BYTES / 1e9))
    return frozen


def _load(session: tf.Session, scope: str, checkpoint: str) -> None:
    """Gives the variables under a scope their values."""
    weights = checkpoints.read_weights(checkpoint)
    for name, variable in member_graphs.variables_of(scope).items():
        if name not in weights:
            raise UserError("%s has no %s: it cannot be exported" % (checkpoint, name))
        session.run(variable.initializer, {variable.initializer.inputs[1]: weights[name]})
