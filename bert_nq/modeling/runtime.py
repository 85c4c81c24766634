"""TensorFlow, as every module that builds graphs imports it, and what differs between its releases.

    from bert_nq.modeling.runtime import tf

`tf` is `tensorflow.compat.v1` with TensorFlow 2's behaviour switched off, which must happen before
the first graph: this module sees to it once, however it comes to be imported.
"""
import logging

import tensorflow.compat.v1 as tf

__all__ = ["tf"]


def _disable_v2_behavior() -> None:
    """Calls tf.disable_v2_behavior() without the deprecation warning that TF 2 logs for it."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        tf.disable_v2_behavior()
    finally:
        logger.setLevel(level)


_disable_v2_behavior()
