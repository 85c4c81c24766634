"""A trained model, or an ensemble, as a SavedModel: from ids to what leaves the graph.

    inputs   the model's features                          int32 [B, S], both of any size
    outputs  the fields of the decoder's outputs_type      [B, …]

The weights are in it: it needs neither checkpoints nor this library. Notation: B windows of a
batch, S wordpieces.
"""
import contextlib
import os
import shutil
import tempfile
from typing import Any, Dict, Iterator, List, NamedTuple

import numpy as np

from bert_nq.base import locking
from bert_nq.base.errors import UserError
from bert_nq.estimator import failures
from bert_nq.modeling import freezing
from bert_nq.modeling.heads import outputs
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import comparing, frozen_graph, serving, window_model
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.model_settings import ModelSettings

# Largest difference between the outputs of the SavedModel and those of the session. They are equal
# as a rule; several threads may add numbers up in another order, in bf16 to about three digits.
_LARGEST_DIFFERENCE = {"fp32": 1e-3, "bf16": 0.1, "fp16": 0.1}
_UNFINISHED = ".unfinished-"


class Exported(NamedTuple):
    """The version that has been written."""
    path: str  # DIR/NUMBER
    num_windows: int  # that were compared
    difference: float  # the largest, of any score or logit


def export(settings: ModelSettings, description: serving.Serving, folder: str) -> Exported:
    """Writes the models as the next version in a folder, after comparing answers.

    Nothing is there under a version's name before it is complete and compared.

    Args:
      settings: the models.
      description: goes along; its decoder decides how much leaves the graph.
      folder: versions in it are named 1, 2, ….

    Raises:
      UserError: a checkpoint cannot be read, the disk is full, another export to this folder is
        under way, or the SavedModel gives other answers than the session.
    """
    decoder = description.decoder()
    with locking.locked(os.path.join(folder, ".lock")), _unfinished(folder) as temporary:
        target = os.path.join(temporary, "model")
        with failures.as_user_error("the export"):
            _write(settings, decoder, target)
        description.write(target)
        batches = comparing.probe_batches(settings, description.windows.max_seq_length)
        difference = _compare(settings, decoder, target, batches)
        path = os.path.join(folder, str(_next_version(folder)))
        os.rename(target, path)
    return Exported(path, sum(len(batch.rows) for batch in batches), difference)


@contextlib.contextmanager
def _unfinished(folder: str) -> Iterator[str]:
    """A temporary folder in `folder`, removed at the end, as are those of runs that were killed."""
    for name in os.listdir(folder):
        if name.startswith(_UNFINISHED):
            shutil.rmtree(os.path.join(folder, name))
    try:
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as path:
            yield path
    except OSError as e:
        raise UserError("cannot write to %s: %s" % (folder, e.strerror or e)) from e


def _next_version(folder: str) -> int:
    return 1 + max([int(name) for name in os.listdir(folder) if name.isdigit()] or [0])


def _write(settings: ModelSettings, decoder: Any, path: str) -> None:
    with frozen_graph.loaded(settings, decoder) as (session, inputs, results):
        signature = tf.saved_model.build_signature_def(
            _infos(inputs), _infos(results), tf.saved_model.signature_constants.PREDICT_METHOD_NAME)
        # As WindowModel's, for the same speed. Tensors keep their names.
        with freezing.frozen_session(session, results.values(), window_model.session_config(
                settings.num_threads)) as constant, constant.graph.as_default():
            builder = tf.saved_model.Builder(path)
            builder.add_meta_graph_and_variables(
                constant, [tf.saved_model.tag_constants.SERVING],
                {tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
                clear_devices=True, strip_default_attrs=True)
            builder.save()


def _infos(tensors: Dict[str, tf.Tensor]) -> Dict[str, "tf.compat.v1.TensorInfo"]:
    return {name: tf.saved_model.build_tensor_info(tensor) for name, tensor in tensors.items()}


def _compare(settings: ModelSettings, decoder: Any, path: str, batches: List[Batch]) -> float:
    """The largest difference between the SavedModel's answers and those of the session.

    Raises:
      UserError: it is larger than rounding explains.
    """
    with window_model.WindowModel(settings, decoder) as model:
        wanted = [found.check_finite() for found in model.outputs(batches)]
    found = load_and_run(settings, decoder.outputs_type, path, batches)
    bound = _LARGEST_DIFFERENCE[settings.precision]
    worst = float(np.max([comparing.largest_difference(a, b, bound)
                          for a, b in zip(wanted, found)]))
    if not worst <= bound:
        raise UserError("the exported model gives other answers than the model itself: they differ "
                        "by %g, and it has been removed; please report it" % worst)
    return worst


def load_and_run(settings: ModelSettings, outputs_type: type, path: str,
                 batches: List[Batch]) -> List[Any]:
    """The outputs of the SavedModel `path` for batches."""
    with tf.Graph().as_default(), tf.Session(config=window_model.session_config(
            settings.num_threads)) as session:
        loaded = tf.saved_model.loader.load(
            session, [tf.saved_model.tag_constants.SERVING], path)
        signature = loaded.signature_def[
            tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        fetches = {name: info.name for name, info in signature.outputs.items()}
        return [outputs.from_values(outputs_type, session.run(fetches, {
            signature.inputs[name].name: value for name, value in batch.features().items()}))
                for batch in batches]
