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
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoint_reader, encoders, weights
from bert_nq.modeling.checkpoint_reader import CheckpointReader

Shape = Tuple[int, ...]

# A folder's state file, which names its checkpoints, the newest first.
STATE = "checkpoint"

# Names of what optimizers and the training loop keep beside the model's own variables.
_NOT_OF_THE_MODEL = re.compile(r"/((adam|lamb)_[mv]|Adam(_1)?|Momentum|ExponentialMovingAverage)$"
                               r"|^(global_step|beta[12]_power|save_counter"
                               r"|loss_scale(_good_steps)?)$")


class Assignment(NamedTuple):
    """The variables of a graph that start from a checkpoint.

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


def newest(folder: str) -> Optional[str]:
    """The prefix of the newest checkpoint that training left in a folder; None without any.

    It is the one that the folder's file `checkpoint` names. Only the base name counts, and is
    looked for beside the file, so that a folder may be moved, also from Windows.

    Raises:
      UserError: the file names none, or one that is not there.
    """
    text = _read_state(folder)
    if text is None:
        return None
    names = _named("model_checkpoint_path", text)
    if not names:
        raise UserError("%s does not name a checkpoint: give one as FOLDER/NAME"
                        % os.path.join(folder, STATE))
    return find_checkpoint(os.path.join(folder, names[0]))


def all_in(folder: str) -> List[str]:
    """The prefixes of the checkpoints that a folder's file `checkpoint` lists, the newest last."""
    names = _named("all_model_checkpoint_paths", _read_state(folder) or "")
    return [os.path.join(folder, name) for name in names]


def settle(folder: str) -> None:
    """Has the file `checkpoint` of a folder that was moved name what lies beside it.

    TensorFlow itself would look for the checkpoints where they were when the file was written.
    """
    text = _read_state(folder)
    if text is None:
        return

    def line(found):
        field, path = found.groups()
        return '%s: "%s"' % (field, _base_name(path) if _is_elsewhere(folder, path) else path)

    settled = _PATH.sub(line, text)
    if settled != text:
        with files.replacing(os.path.join(folder, STATE)) as out:
            out.write(settled.encode("utf8"))


def remove_unfinished(folder: str) -> None:
    """Removes what TensorFlow was writing into a folder of this machine when it was killed.

    A checkpoint is written beside its name and then moved, the state file too. Nobody else may be
    writing into the folder.
    """
    if files.is_remote(folder) or not os.path.isdir(folder):
        return
    for name in filter(_UNFINISHED.fullmatch, os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


# The folder in which a checkpoint's parts are put together, a part as it is written, and the state.
_UNFINISHED = re.compile(r".+-\d+_temp_[0-9a-f]+|.+-\d+\..+\.tempstate\d+|%s\.tmp[0-9a-f]+" % STATE)

# A line of a state file, a protocol buffer as text: a backslash in it is written twice.
_PATH = re.compile(r'^((?:all_)?model_checkpoint_paths?): *"(.*)"', re.MULTILINE)


def _named(field: str, state: str) -> List[str]:
    return [_base_name(path) for name, path in _PATH.findall(state) if name == field]


def _base_name(path: str) -> str:
    return re.split(r"[/\\]+", path)[-1]


def _is_elsewhere(folder: str, path: str) -> bool:
    if files.is_remote(folder):
        return os.path.join(folder, path) != os.path.join(folder, _base_name(path))
    return os.path.realpath(os.path.join(folder, path)) != os.path.realpath(
        os.path.join(folder, _base_name(path)))


def _read_state(folder: str) -> Optional[str]:
    """The text of a folder's state file; None where there is none."""
    path = os.path.join(folder, STATE)
    if files.is_remote(folder):
        from bert_nq.modeling.runtime import tf
        try:
            if not tf.io.gfile.exists(path):
                return None
            with tf.io.gfile.GFile(path, "rb") as f:
                content = f.read()
        except tf.errors.OpError as e:
            raise UserError("cannot read %s: %s" % (path, e.message)) from e
    elif os.path.exists(path):
        with files.open_binary(path) as f:
            content = f.read()
    else:
        return None
    return content.decode("utf8", "replace")


def find_checkpoint(path: str) -> str:
    """The prefix of the checkpoint that `path` means.

    Args:
      path: a prefix; one of the checkpoint's files; or a folder, in which `newest` is taken, or the
        only checkpoint where training left no file `checkpoint`.

    Raises:
      UserError: there is none, or not all of its files are there.
    """
    if files.is_remote(path):
        return _find_remote(path)
    if os.path.isdir(path):
        return newest(path) or _only_one_in(path)
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


def _only_one_in(folder: str) -> str:
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
            prefix = newest(path)
        if prefix and tf.train.checkpoint_exists(prefix):
            return prefix
    except tf.errors.OpError as e:
        raise UserError("cannot read %s: %s" % (path, e.message)) from e
    raise UserError("there is no checkpoint %s" % path)


def _reader(path: str) -> CheckpointReader:
    return CheckpointReader(find_checkpoint(path))


def read_shapes(path: str) -> Dict[str, Shape]:
    """{name: shape} of all variables that the checkpoint `path` (see find_checkpoint) holds.

    Raises:
      UserError: it is missing or damaged.
    """
    return _reader(path).shapes()


def _check_types(names: Iterable[str], checkpoint: str) -> None:
    """Raises UserError where a checkpoint has weights of these names in another type than ours."""
    types = _reader(checkpoint).types()
    for name in names:
        found = types.get(name, weights.TYPE)
        if found != weights.TYPE:
            raise UserError(
                "%s holds %s as %s, and weights are %s here: %s"
                % (checkpoint, name, found, weights.TYPE,
                   "make a copy that is, with convert_checkpoint.py --input=%s --to=tf "
                   "--output_dir=FOLDER" % checkpoint if "float" in found
                   else "quantised weights cannot be used"))


def check_values(checkpoint: str) -> None:
    """Reads the weights of a checkpoint once, from its first byte to its last.

    Training would find out when its graph is built, or by a loss that is no number.

    Raises:
      UserError: the file is damaged or cut off, or a weight is NaN or infinite.
    """
    reader = _reader(checkpoint)
    names = filter(is_model_variable, reader.names)
    weights.check_finite(((name, reader.value(name)) for name in names), checkpoint)


def read_weights(path: str) -> Dict[str, np.ndarray]:
    """{name: value} of a model's own variables in the checkpoint `path`; floats as float32.

    Raises:
      UserError: it is missing or damaged.
    """
    reader = _reader(path)
    return {name: weights.in_our_type(reader.value(name))
            for name in reader.names if is_model_variable(name)}


def write_weights(prefix: str, values: Mapping[str, np.ndarray]) -> None:
    """Writes `values` as the checkpoint `prefix`, which every TensorFlow release can read.

    Its files appear when they are complete, the index last.

    Raises:
      UserError: it cannot be written.
    """
    from bert_nq.modeling.runtime import tf
    # Beside a local checkpoint, since it may be large.
    folder = None if files.is_remote(prefix) else os.path.dirname(os.path.abspath(prefix))
    files.make_folder(folder or "")
    try:
        with tempfile.TemporaryDirectory(prefix=".checkpoint.", dir=folder) as temporary:
            scratch = os.path.join(temporary, "scratch")
            _save(scratch, values)
            # When these blocks end, from the last to the first, there was room for both files.
            with files.replacing(prefix + ".index") as index, \
                    files.replacing(prefix + ".data-00000-of-00001") as data:
                for suffix, out in ((".data-00000-of-00001", data), (".index", index)):
                    with open(scratch + suffix, "rb") as done:
                        shutil.copyfileobj(done, out, 1 << 22)
    except (OSError, tf.errors.OpError) as e:
        raise UserError("cannot write the checkpoint %s: %s"
                        % (prefix, checkpoint_reader.message(e))) from e


def _save(prefix: str, values: Mapping[str, np.ndarray]) -> None:
    from bert_nq.modeling.runtime import tf
    names = sorted(values)
    with tf.Graph().as_default(), tf.Session() as session:
        places = [tf.placeholder(values[name].dtype, values[name].shape) for name in names]
        save = tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names,
                                 shape_and_slices=[""] * len(names), tensors=places)
        session.run(save, {place: values[name] for place, name in zip(places, names)})


def assignment_map(variables: Mapping[str, Sequence[int]], checkpoint: str,
                   encoder_scope: Optional[str]) -> Assignment:
    """Pairs a graph's variables with those of equal name in a checkpoint.

    Args:
      variables: {name: shape} of the graph's variables; optimizer slots are passed over.
      checkpoint: see find_checkpoint.
      encoder_scope: such as "bert"; at least one variable under it must be in the checkpoint, if
        the graph has any. None lets every checkpoint pass.

    Raises:
      UserError: the checkpoint is missing, has a variable in another shape or type, or none of the
        encoder.
    """
    checkpoint = find_checkpoint(checkpoint)
    reader = _reader(checkpoint)
    there = reader.shapes()
    wanted = [name for name in variables if is_model_variable(name)]
    for name in wanted:
        _check_shape(name, variables[name], there, checkpoint)
    initialised = [name for name in wanted if name in there]
    if encoder_scope is not None:
        encoder = [name for name in wanted if name.startswith(encoder_scope + "/")]
        if encoder and not set(encoder) & set(initialised):
            raise UserError("%s holds none of the encoder's variables, such as %s: is it a BERT "
                            "checkpoint? It holds %s" % (checkpoint, encoder[0], _some(there)))
    _check_types(initialised, checkpoint)
    return Assignment(checkpoint, {reader.stored_name(name): name for name in initialised},
                      initialised, [name for name in wanted if name not in there])


def check_fits(config: Any, checkpoint: str) -> None:
    """`check_sizes`, that the encoder's weights are all there, and no others, and of our type."""
    check_sizes(config, checkpoint)
    wanted, names = encoders.of(config).variables(config), encoders.of(config).names
    there = read_shapes(checkpoint)
    missing = [name for name in wanted if name not in there]
    if not all(name.startswith(names.optional) for name in missing):
        raise incomplete(checkpoint, missing)
    more = [name for name in there if name.startswith(names.scope + "/")
            and name not in wanted and is_model_variable(name)]
    if more:
        raise UserError("%s holds %s, which the config does not ask for: give the checkpoint's own"
                        % (checkpoint, _some(more)))
    _check_types(wanted, checkpoint)


def incomplete(checkpoint: str, missing: Sequence[str]) -> UserError:
    """The error of a checkpoint that lacks variables of the encoder."""
    return UserError("%s has no %s%s: its encoder is not complete; convert or copy it again"
                     % (checkpoint, missing[0],
                        " and %d weights more" % (len(missing) - 1) if missing[1:] else ""))


def check_sizes(config: Any, checkpoint: str) -> None:
    """Compares a config with the shapes in a checkpoint, before any graph is built.

    Raises:
      UserError: they differ; the message has the config's and the checkpoint's values.
    """
    names = encoders.of(config).names
    shapes = read_shapes(checkpoint)
    for variable, axis in names.sizes.values():
        if len(shapes.get(variable, ())) <= axis:
            raise UserError("%s has no variable %s: is it a %s checkpoint? It holds %s"
                            % (checkpoint, variable, names.title, _some(shapes)))
    found = {field: shapes[variable][axis] for field, (variable, axis) in names.sizes.items()}
    layer = re.compile(names.layer)
    found[names.num_layers_field] = 1 + max(int(m.group(1)) for m in map(layer.match, shapes) if m)
    # In the order of the config's fields.
    differences = ["%s %d, but %d in the checkpoint" % (field, value, found[field])
                   for field, value in config.to_dict().items()
                   if field in found and value != found[field]]
    if differences:
        raise UserError("the bert config does not fit the checkpoint %s: %s"
                        % (checkpoint, "; ".join(differences)))
    for name, shape in encoders.of(config).variables(config).items():
        _check_shape(name, shape, shapes, checkpoint)


def _check_shape(name: str, shape: Sequence[int], there: Mapping[str, Shape],
                 checkpoint: str) -> None:
    """Raises UserError where a checkpoint has a variable in another shape."""
    if name in there and there[name] != tuple(shape):
        raise UserError("%s holds %s in the shape %s, but the model has it as %s: the checkpoint "
                        "and the bert config do not fit"
                        % (checkpoint, name, list(there[name]), list(shape)))


def _some(shapes: Iterable[str]) -> str:
    """Up to three variable names, for messages."""
    names = [name for name in sorted(shapes) if is_model_variable(name)]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "") or "no variables"
