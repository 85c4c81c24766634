"""Memory for time: parts of a model that are computed again in the backward pass."""
from typing import Callable

from bert_nq.modeling.runtime import tf


def recomputed(function: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    """`function` with a gradient for which nothing but its arguments is kept.

    As in Chen et al. 2016 (arXiv:1604.06174): the gradient first computes the function once more.

    Args:
      function: of tensors; gives the same for the same arguments. Other tensors that it uses, and
        variables, get no gradient.
    """
    @tf.custom_gradient
    def wrapped(*arguments):
        def gradient(d_output):
            # The second computation waits until the backward pass has come here, which also tells
            # it from the first one, or the graph optimizer would merge the two.
            with tf.control_dependencies([d_output]):
                again = [tf.identity(x) for x in arguments]
            return tf.gradients(function(*again), again, d_output)

        return function(*arguments), gradient

    return wrapped
