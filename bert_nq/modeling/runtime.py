"""TensorFlow, as every module that builds graphs imports it, and how its releases differ.

    from bert_nq.modeling.runtime import tf

`tf` is `tensorflow.compat.v1` with TensorFlow 2's behaviour switched off, but for its resource
variables, so that there is one kind of variable. Both must happen before the first graph: this
module sees to it once, however it comes to be imported.
"""
import functools
import logging
import os
import re
from typing import Callable, FrozenSet, Optional

from bert_nq.base import early_sqlite  # noqa: F401 - before TensorFlow
from bert_nq.modeling import early_log


def _choose_allocator() -> None:
    """Has TensorFlow keep the memory that it has once had from the system.

    TensorFlow 1.15 otherwise returns every large tensor's memory and gets new pages, filled with
    zeros, for the next: three quarters of the time of adding two such tensors. TensorFlow 2 with
    oneDNN does this by itself. Read when the first session starts.
    """
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    os.environ.setdefault("TF_CPU_BFC_MEM_LIMIT_IN_MB", str(memory))


_choose_allocator()

with early_log.wanted():
    import tensorflow.compat.v1 as tf

__all__ = ["FUSED_LAYER_NORM_TYPES", "FUSES_SCALED_PRODUCT", "HAS_ESTIMATOR", "MULTIPLIES_BFLOAT16",
           "READS_GZIP_MEMBERS", "TILE_DEPTH", "as_it_is", "on_cpu", "reason", "tf"]


def _cpu_features() -> FrozenSet[str]:
    """The features of the CPU, as Linux names them; none elsewhere."""
    try:
        with open("/proc/cpuinfo") as f:
            return frozenset(next((line for line in f if line.startswith("flags")), "").split())
    except OSError:
        return frozenset()


_IS_2 = not tf.__version__.startswith("1.")
_CPU = _cpu_features()
# TensorFlow computes with oneDNN, which fuses steps into kernels, on CPUs with features for neural
# networks, unless the variable says otherwise: by default on these alone.
_FOR_ONEDNN = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}
_HAS_ONEDNN = _IS_2 and os.environ.get(
    "TF_ENABLE_ONEDNN_OPTS", str(bool(_CPU & _FOR_ONEDNN))).lower() in ("1", "true")

# Whether a batched product, times a constant, plus a mask becomes one kernel on the CPU.
FUSES_SCALED_PRODUCT = _HAS_ONEDNN
# Whether CPUs and GPUs have kernels for products of bfloat16 matrices that are worth it.
MULTIPLIES_BFLOAT16 = _IS_2
# Whether a gzipped file of several members is read as a whole. TensorFlow 1.15 takes the end of the
# first one for the end of the file, and says nothing.
READS_GZIP_MEMBERS = _IS_2
# The types in which the steps of a normalisation, put as a batch normalisation, become one kernel
# on the CPU; elsewhere they take several times as long as plain ones.
FUSED_LAYER_NORM_TYPES: FrozenSet[str] = frozenset() if not _HAS_ONEDNN else frozenset(
    ["float32"] + ["bfloat16"] * ("avx512f" in _CPU))
# Whether there is tf.estimator. To ask `tf` for it would import it.
HAS_ESTIMATOR = tuple(map(int, tf.__version__.split(".")[:2])) < (2, 16)
# The columns of a bfloat16 matrix that the CPU's matrix unit wants at least, if it has one: oneDNN
# leaves products over fewer to the vector unit, at a third of the speed.
TILE_DEPTH: Optional[int] = 64 if "amx_bf16" in _CPU and MULTIPLIES_BFLOAT16 else None


@functools.lru_cache(maxsize=None)
def on_cpu() -> bool:
    """Whether sessions of this process compute on the CPU, for want of a GPU; TPUs do not count."""
    return not tf.config.experimental.list_physical_devices("GPU")


def as_it_is(function: Callable) -> Callable:
    """The function, without TensorFlow's rewriting what it calls: our functions make ops already.

    AutoGraph would turn their Python into ops by way of files among the temporary ones, which stay
    there where the process is killed.
    """
    return tf.autograph.experimental.do_not_convert(function)


def reason(error: Exception) -> str:
    """The one line of an error that says what happened, without the names of ops and files.

    TensorFlow 2 puts a report on the graph around it:

        Graph execution error: / Detected at node ... / Node: 'IteratorGetNext' / THE LINE / ...
    """
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    message = re.sub(r"(?s)^.*?\nNode: '[^\n]*\n", "", message)
    # With several failures: "2 root error(s) found.", then a line "  (0) NOT_FOUND: ..." for each.
    message = re.sub(r"^\d+ root error\(s\) found\.\s*\(0\) ", "", message)
    return message.strip().split("\n")[0]


def _disable_v2_behavior() -> None:
    """Calls tf.disable_v2_behavior() without the deprecation warning that TF 2 logs for it."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        tf.disable_v2_behavior()
        # One kind of variable on both releases, and in all devices' graphs.
        tf.enable_resource_variables()
    finally:
        logger.setLevel(level)


_disable_v2_behavior()
