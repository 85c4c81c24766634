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
from bert_nq.estimator import failures, member_graphs
from bert_nq.modeling import checkpoints, freezing, models
from bert_nq.modeling.heads import outputs
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import serving, window_model
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
        batches = probe_batches(settings, description.windows.max_seq_length)
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
    with tf.Graph().as_default(), _session(settings) as session:
        inputs = window_model.placeholders(settings)
        results = {name: tf.identity(tensor, name) for name, tensor in
                   window_model.build_outputs(settings, inputs, decoder).items()}
        # The weights are fed: what init_from_checkpoint adds to the graph would need the
        # checkpoints' files for good.
        for scope, member in member_graphs.scopes(settings.members):
            _load(session, scope, member.checkpoint)
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


def _load(session: tf.Session, scope: str, checkpoint: str) -> None:
    """Gives the variables under a scope their values."""
    weights = checkpoints.read_weights(checkpoint)
    for name, variable in member_graphs.variables_of(scope).items():
        if name not in weights:
            raise UserError("%s has no %s: it cannot be exported" % (checkpoint, name))
        session.run(variable.initializer, {variable.initializer.inputs[1]: weights[name]})


def _session(settings: ModelSettings) -> tf.Session:
    return tf.Session(config=window_model.session_config(settings.num_threads))


def probe_batches(settings: ModelSettings, max_seq_length: int) -> List[Batch]:
    """Made-up windows of some lengths; the same every time."""
    rng = np.random.RandomState(0)
    vocab_size = settings.members[0].model.config.vocab_size
    names = models.inputs(settings.members[0].model)
    batches = []
    for size, length in ((1, max_seq_length), (3, max_seq_length // 2 + 1), (2, 8)):
        lengths = np.append(length, rng.randint(length // 2, length + 1, size - 1))
        columns = np.arange(length)[None, :]
        mask = columns < lengths[:, None]
        made = {"input_mask": mask, "segment_ids": mask & (columns >= length // 4),
                "input_ids": rng.randint(0, vocab_size, mask.shape) * mask}
        # Features that only some models have are 0.
        batches.append(Batch(np.arange(size), {
            name: np.asarray(made.get(name, np.zeros_like(mask)), np.int32) for name in names}))
    return batches


def _compare(settings: ModelSettings, decoder: Any, path: str, batches: List[Batch]) -> float:
    """The largest difference between the SavedModel's answers and those of the session.

    Raises:
      UserError: it is larger than rounding explains.
    """
    with window_model.WindowModel(settings, decoder) as model:
        wanted = [found.check_finite() for found in model.outputs(batches)]
    found = load_and_run(settings, decoder.outputs_type, path, batches)
    bound = _LARGEST_DIFFERENCE[settings.precision]
    worst = float(np.max([largest_difference(a, b, bound) for a, b in zip(wanted, found)]))
    if not worst <= bound:
        raise UserError("the exported model gives other answers than the model itself: they differ "
                        "by %g, and it has been removed; please report it" % worst)
    return worst


def load_and_run(settings: ModelSettings, outputs_type: type, path: str,
                 batches: List[Batch]) -> List[Any]:
    """The outputs of the SavedModel `path` for batches."""
    with tf.Graph().as_default(), _session(settings) as session:
        loaded = tf.saved_model.loader.load(
            session, [tf.saved_model.tag_constants.SERVING], path)
        signature = loaded.signature_def[
            tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        fetches = {name: info.name for name, info in signature.outputs.items()}
        return [outputs.from_values(outputs_type, session.run(fetches, {
            signature.inputs[name].name: value for name, value in batch.features().items()}))
                for batch in batches]


def largest_difference(a: Any, b: Any, bound: float) -> float:
    """The largest of any score or logit; infinite where shapes differ, or positions told apart.

    Args:
      a, b: outputs of the same windows.
      bound: two scores that are no further apart than twice this may change their places.
    """
    differences = [0.0]
    for name, x, y in zip(a._fields, a, b):
        if x.shape != y.shape:
            return np.inf
        if name in a.positions:
            if np.any((x != y) & _told_apart(getattr(a, a.positions[name]), 2 * bound)):
                return np.inf
        else:
            differences.append(np.abs(x - y).max(initial=0.0))
    return float(np.max(differences))  # Unlike max(), not a number where one is none.


def _told_apart(scores: np.ndarray, distance: float) -> np.ndarray:
    """bool [N, K]: where a score is further than `distance` from those beside it.

    What follows the last one is not known: it may be as good.
    """
    gaps = np.abs(np.diff(scores, axis=1)) > distance
    first, last = np.ones_like(scores[:, :1], bool), np.zeros_like(scores[:, :1], bool)
    return np.concatenate([first, gaps], axis=1) & np.concatenate([gaps, last], axis=1)
