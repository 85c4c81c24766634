"""Finding, reading and writing TensorFlow checkpoints, and fitting them to a graph's variables.

TensorFlow is imported only by what opens a checkpoint, so that a program can look for a missing one
before it loads TensorFlow. A checkpoint is named by its prefix: bert_model.ckpt stands for
bert_model.ckpt.index and bert_model.ckpt.data-00000-of-00001.
"""
import glob
import os
import re
import shutil
import tempfile
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.bert_config import BertConfig

Shape = Tuple[int, ...]

# What optimizers and the training loop keep beside the model's own variables.
_NOT_OF_THE_MODEL = re.compile(r"/((adam|lamb)_[mv]|Adam(_1)?|Momentum|ExponentialMovingAverage)$"
                               r"|^(global_step|beta[12]_power|save_counter"
                               r"|loss_scale(_good_steps)?)$")


class Assignment(NamedTuple):
    """Which of a graph's variables start from a checkpoint.

    `tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)` sees to it.
    """

    # Its prefix: init_from_checkpoint takes no folder without a state file.
    checkpoint: str
    # Name in the checkpoint to name in the graph.
    map: Dict[str, str]
    # Variables that the checkpoint has.
    initialised: List[str]
    # Variables that it has not: they start from their initialisers.
    new: List[str]


def name_of(variable) -> str:
    """The name of a tf.Variable in checkpoints; `op.name` may be that of one device's copy."""
    return variable.name.split(":")[0]


def is_model_variable(name: str) -> bool:
    """Whether `name` is a weight of a model and not an optimizer's slot or a step counter."""
    return not _NOT_OF_THE_MODEL.search(name)


def find_checkpoint(path: str) -> str:
    """The prefix of the checkpoint that `path` means.

    Args:
      path: a prefix; one of the checkpoint's files; or a folder, in which the newest is taken by
        what its file `checkpoint` says, or the only one where there is no such file.

    Raises:
      UserError: there is none, or not all of its files are there.
    """
    if files.is_remote(path):
        return _find_remote(path)
    if os.path.isdir(path):
        return _newest_in(path)
    prefix = re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", path)
    if not os.path.exists(prefix + ".index"):
        raise UserError("there is no checkpoint %s: no file %s.index%s"
                        % (path, prefix, _others_beside(prefix)))
    shards = glob.glob(glob.escape(prefix) + ".data-?????-of-?????")
    expected = int(shards[0][-5:]) if shards else 1
    if len(shards) < expected:
        raise UserError("the checkpoint %s is incomplete: %d of its %d .data files are there"
                        % (prefix, len(shards), expected))
    return prefix


def _newest_in(folder: str) -> str:
    """The checkpoint that a folder's state file names as the newest, or the folder's only one."""
    state = os.path.join(folder, "checkpoint")
    if os.path.exists(state):
        with files.open_binary(state) as f:
            text = f.read().decode("utf8", "replace")
        found = re.search(r'^model_checkpoint_path: *"(.*)"', text, re.MULTILINE)
        if not found:
            raise UserError("%s does not name a checkpoint: give one as FOLDER/NAME" % state)
        named = found.group(1)
        # Relative to the folder; of a folder that was moved, only the last part still holds.
        here = os.path.join(folder, os.path.basename(named))
        return find_checkpoint(here if os.path.exists(here + ".index")
                               else os.path.join(folder, named))
    indexes = sorted(glob.glob(os.path.join(glob.escape(folder), "*.index")))
    if not indexes:
        raise UserError("there is no checkpoint in the folder %s" % folder)
    if len(indexes) > 1:
        raise UserError("the folder %s has %d checkpoints and no file `checkpoint` that chooses: "
                        "give one, such as %s" % (folder, len(indexes), indexes[-1][:-6]))
    return find_checkpoint(indexes[0])


def _others_beside(prefix: str) -> str:
    indexes = sorted(glob.glob(os.path.join(glob.escape(os.path.dirname(prefix)), "*.index")))
    return "; beside it there is %s" % indexes[-1][:-len(".index")] if indexes else ""


def _find_remote(path: str) -> str:
    """find_checkpoint for gs:// and the like, which TensorFlow reads by itself."""
    from bert_nq.modeling.runtime import tf
    prefix = path[:-len(".index")] if path.endswith(".index") else path
    try:
        if tf.io.gfile.isdir(path):
            prefix = tf.train.latest_checkpoint(path)
        if prefix and tf.train.checkpoint_exists(prefix):
            return prefix
    except tf.errors.OpError as e:
        raise UserError("cannot read %s: %s" % (path, e.message)) from e
    raise UserError("there is no checkpoint %s" % path)


def _reader(path: str):
    from bert_nq.modeling.runtime import tf
    prefix = find_checkpoint(path)
    try:
        return tf.train.load_checkpoint(prefix)
    except Exception as e:  # A damaged file raises other errors in every TensorFlow release.
        raise UserError("cannot read the checkpoint %s: %s" % (prefix, _message(e))) from e


def _message(error: Exception) -> str:
    """The first line of what TensorFlow says."""
    return str(getattr(error, "message", None) or error).split("\n")[0]


def read_shapes(path: str) -> Dict[str, Shape]:
    """{name: shape} of all that the checkpoint `path` (see find_checkpoint) holds.

    Raises:
      UserError: it is missing or damaged.
    """
    return {name: tuple(shape)
            for name, shape in sorted(_reader(path).get_variable_to_shape_map().items())}


def read_weights(path: str) -> Dict[str, np.ndarray]:
    """{name: value} of a model's own variables in the checkpoint `path`.

    Raises:
      UserError: it is missing or damaged.
    """
    reader = _reader(path)
    try:
        return {name: reader.get_tensor(name)
                for name in sorted(reader.get_variable_to_shape_map()) if is_model_variable(name)}
    except Exception as e:  # As in _reader.
        raise UserError("cannot read the checkpoint %s: %s" % (path, _message(e))) from e


def write_weights(prefix: str, weights: Mapping[str, np.ndarray]) -> None:
    """Writes `weights` as the checkpoint `prefix`, which every TensorFlow release can read.

    Its files appear when they are complete, the index last.
    """
    from bert_nq.modeling.runtime import tf
    names = sorted(weights)
    # Beside a local checkpoint, since it may be large.
    folder = None if files.is_remote(prefix) else os.path.dirname(os.path.abspath(prefix))
    files.make_folder(folder or "")
    with tempfile.TemporaryDirectory(prefix=".checkpoint.", dir=folder) as temporary:
        scratch = os.path.join(temporary, "scratch")
        with tf.Graph().as_default(), tf.Session() as session:
            places = [tf.placeholder(weights[name].dtype, weights[name].shape) for name in names]
            save = tf.raw_ops.SaveV2(prefix=scratch, tensor_names=names,
                                     shape_and_slices=[""] * len(names), tensors=places)
            session.run(save, {place: weights[name] for place, name in zip(places, names)})
        for suffix in (".data-00000-of-00001", ".index"):
            with open(scratch + suffix, "rb") as done, files.replacing(prefix + suffix) as out:
                shutil.copyfileobj(done, out, 1 << 22)


def assignment_map(variables: Mapping[str, Sequence[int]], checkpoint: str,
                   encoder_scope: Optional[str] = "bert") -> Assignment:
    """Pairs a graph's variables with those of equal name in a checkpoint.

    Args:
      variables: {name: shape} of the graph's variables; optimizer slots are passed over.
      checkpoint: see find_checkpoint.
      encoder_scope: at least one variable under this scope must be in the checkpoint, if the graph
        has any; None lets every checkpoint pass.

    Raises:
      UserError: the checkpoint is missing, has a variable in another shape, or none of the encoder.
    """
    checkpoint = find_checkpoint(checkpoint)
    there = read_shapes(checkpoint)
    wanted = [name for name in variables if is_model_variable(name)]
    for name in wanted:
        if name in there and there[name] != tuple(variables[name]):
            raise UserError("%s holds %s in the shape %s, but the model has it as %s: the "
                            "checkpoint and the bert config do not fit"
                            % (checkpoint, name, list(there[name]), list(variables[name])))
    initialised = [name for name in wanted if name in there]
    if encoder_scope is not None:
        encoder = [name for name in wanted if name.startswith(encoder_scope + "/")]
        if encoder and not set(encoder) & set(initialised):
            raise UserError("%s holds none of the encoder's variables, such as %s: is it a BERT "
                            "checkpoint? It holds %s" % (checkpoint, encoder[0], _some(there)))
    return Assignment(checkpoint, {name: name for name in initialised}, initialised,
                      [name for name in wanted if name not in there])


def check_fits(config: BertConfig, checkpoint: str, scope: str = "bert") -> None:
    """Compares a config with the shapes in a checkpoint, before any graph is built.

    Raises:
      UserError: they differ; the message has the config's and the checkpoint's values.
    """
    shapes = read_shapes(checkpoint)
    name = scope + "/embeddings/%s_embeddings"
    first = scope + "/encoder/layer_0/intermediate/dense/kernel"
    needed = [name % "word", name % "position", name % "token_type", first]
    for variable in needed:
        if len(shapes.get(variable, ())) != 2:
            raise UserError("%s has no variable %s: is it a BERT checkpoint? It holds %s"
                            % (checkpoint, variable, _some(shapes)))
    layer = re.compile(re.escape(scope) + r"/encoder/layer_(\d+)/")
    found = {
        "vocab_size": shapes[name % "word"][0],
        "hidden_size": shapes[name % "word"][1],
        "num_hidden_layers": 1 + max(int(m.group(1)) for m in map(layer.match, shapes) if m),
        "intermediate_size": shapes[first][1],
        "max_position_embeddings": shapes[name % "position"][0],
        "type_vocab_size": shapes[name % "token_type"][0],
    }
    differences = ["%s %d, but %d in the checkpoint" % (field, getattr(config, field), value)
                   for field, value in found.items() if getattr(config, field) != value]
    if differences:
        raise UserError("the bert config does not fit the checkpoint %s: %s"
                        % (checkpoint, "; ".join(differences)))


def _some(shapes: Mapping[str, Shape]) -> str:
    """Up to three variable names, for messages."""
    names = [name for name in sorted(shapes) if is_model_variable(name)]
    if not names:
        return "no variables"
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
