"""Students that begin as some layers of their teacher: a checkpoint with fewer layers.

What is not of a layer, embeddings, pooler and heads, is taken as it is. Notation: K layers of N.
"""
import dataclasses
import os
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, encoders
from bert_nq.modeling.conversion import Conversion

_WAYS = re.compile(r"every_second|(first|last):(\d+)|\d+(,\d+)*")


class Student(NamedTuple):
    """A student's files, and what it was made of."""
    written: Conversion
    config: Any  # the student's
    teacher: str  # the prefix of its checkpoint
    teacher_config: Any
    layers: List[int]  # of the teacher, counted from 0


def parse_layers(text: str, num_layers: int) -> List[int]:
    """The layers that a text names, in ascending order.

    Args:
      text: "every_second" (0, 2, 4 and so on), "first:K", "last:K", or numbers such as "0,2,5".
      num_layers: N; layers are 0 to N - 1.

    Raises:
      UserError: it names none, all of them, or some that are not there.
    """
    found = _WAYS.fullmatch(text)
    if found is None:
        raise UserError("--layers=%s: give every_second, first:K, last:K, or the numbers of layers "
                        "as in 0,2,5" % text)
    every = list(range(num_layers))
    if text == "every_second":
        layers = every[::2]
    elif found.group(1):
        number = int(found.group(2))
        if not 0 < number <= num_layers:
            raise UserError("--layers=%s: the teacher has %d layers" % (text, num_layers))
        layers = every[:number] if found.group(1) == "first" else every[-number:]
    else:
        layers = [int(number) for number in text.split(",")]
    if layers != sorted(set(layers)) or layers[-1] >= num_layers:
        raise UserError("--layers=%s: give layers once each, in ascending order, from 0 to %d"
                        % (text, num_layers - 1))
    if len(layers) == num_layers:
        raise UserError("--layers=%s: these are all layers of the teacher, and a student has fewer"
                        % text)
    return layers


def num_layers(config: Any) -> int:
    """The number of an encoder's layers."""
    return getattr(config, _field(config))


def _field(config: Any) -> str:
    names = encoders.of(config).names
    return names.shared_by_field or names.num_layers_field


def student_config(config: Any, layers: List[int]) -> Any:
    """The config of an encoder with so many layers of another.

    Raises:
      UserError: layers share their weights in several groups.
    """
    names = encoders.of(config).names
    if names.shared_by_field and getattr(config, names.num_layers_field) > 1:
        raise UserError("the layers share their weights in %d groups (%s): a student can be made "
                        "where there is one" % (getattr(config, names.num_layers_field),
                                                names.num_layers_field))
    return dataclasses.replace(config, **{_field(config): len(layers)})


def student_weights(weights: Mapping[str, np.ndarray], teacher: Any, student: Any,
                    layers: List[int]) -> Dict[str, np.ndarray]:
    """The weights of a student.

    Args:
      weights: the teacher's, heads included.
      teacher, student: their configs.
      layers: of the teacher that the student has, in order.
    """
    encoder = encoders.of(teacher)
    theirs, ours = encoder.variables(teacher), encoder.variables(student)
    taken = {name: value for name, value in weights.items() if name not in theirs}
    for name, shape in ours.items():
        source = _source(name, encoder.names, layers)
        if source not in weights:
            continue  # It is optional, such as a pooler.
        value = weights[source]
        # Some encoders have a variable whose first axis is of layers.
        taken[name] = value if value.shape == tuple(shape) else value[layers]
    return taken


def _source(name: str, names: encoders.Names, layers: List[int]) -> str:
    """The teacher's name of a variable of the student."""
    found = re.match(names.layer, name)
    if found is None or names.shared_by_field:
        return name
    return name[:found.start(1)] + str(layers[int(found.group(1))]) + name[found.end(1):]


def make(path: str, layers: str, output_dir: str, config_file: Optional[str] = None,
         vocab_file: Optional[str] = None,
         beside: Optional[Mapping[str, bytes]] = None) -> Student:
    """Writes bert_model.ckpt.*, bert_config.json and the vocabulary of a student.

    Args:
      path: the teacher's checkpoint, or its folder; see checkpoints.find_checkpoint.
      layers: see `parse_layers`.
      output_dir: made if it is not there.
      config_file, vocab_file: of the teacher, by default those beside it.
      beside: further files for `output_dir`, by their names.

    Raises:
      UserError: the teacher cannot be read, or has no such layers.
    """
    prefix, config, vocab, notes = conversion.read_model(path, config_file, vocab_file)
    chosen = parse_layers(layers, num_layers(config))
    smaller = student_config(config, chosen)
    if os.path.realpath(output_dir) == os.path.realpath(os.path.dirname(prefix)):
        raise UserError("--output_dir=%s is the teacher's folder: choose another" % output_dir)
    checkpoints.check_values(prefix)
    weights = student_weights(checkpoints.read_weights(prefix), config, smaller, chosen)
    written = conversion.write_checkpoint(output_dir, weights, smaller, vocab, beside, notes)
    return Student(written, smaller, prefix, config, chosen)
