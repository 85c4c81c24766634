"""Variables turned into constants, for a model that will only predict.

On CPUs, oneDNN lays a constant matrix out as its kernels want it, once; a variable it takes as it
is, with a kernel that is several times as slow for bfloat16.
"""
import logging
from typing import Iterable, Optional, Sequence

from bert_nq.modeling.runtime import tf

# A GraphDef holds less than 2 GiB; the nodes themselves need little of it.
MOST_BYTES = (2 << 30) - (64 << 20)


def frozen(session: tf.Session, outputs: Sequence[tf.Tensor]) -> Optional[tf.GraphDef]:
    """The part of the session's graph that `outputs` need, its variables constants.

    All names stay as they are. To be imported into a new graph, whose session holds the values
    anew: close the old one first.

    Returns:
      None where the values are more than a GraphDef can hold: then the variables must stay.
    """
    graph = session.graph
    with graph.as_default():
        sizes = [v.shape.num_elements() * v.dtype.base_dtype.size for v in tf.global_variables()]
    if sum(sizes) > MOST_BYTES:
        return None
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)  # It is deprecated, and tells of each step.
    try:
        return tf.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), [tensor.op.name for tensor in outputs])
    finally:
        logger.setLevel(level)


def frozen_session(session: tf.Session, outputs: Iterable[tf.Tensor],
                   config: tf.ConfigProto) -> tf.Session:
    """A session of the frozen graph in place of `session`, which it closes.

    Tensors are to be fed and fetched by their names, which stay as they were. Where the graph
    cannot be frozen, `session` itself is returned.
    """
    definition = frozen(session, list(outputs))
    if definition is None:
        return session
    session.close()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
    return tf.Session(graph=graph, config=config)
