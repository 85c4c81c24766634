"""Formats that a model is exported in. Looked up by name.

    saved_model   TensorFlow's, for TensorFlow Serving and for programs with TensorFlow
    onnx          for ONNX Runtime and what else reads it
    openvino      for OpenVINO and its Model Server; also in int8

A new format is a module with a `FORMAT` and a line in FORMATS. Free of TensorFlow, and of the
formats' own packages, until a model is written.
"""
import importlib
from typing import Any, Callable, List, NamedTuple, Tuple

from bert_nq.base.errors import UserError

# Name to the module that has the FORMAT.
FORMATS = {"saved_model": "bert_nq.prediction.export_formats.saved_model",
           "onnx": "bert_nq.prediction.export_formats.onnx_model",
           "openvino": "bert_nq.prediction.export_formats.openvino_model"}
DEFAULT = "saved_model"


class Format(NamedTuple):
    """A format, as functions. `path` is the folder of one exported model."""
    title: str
    precisions: Tuple[str, ...]
    check: Callable[[], None]  # raises UserError where its packages are missing
    write: Callable[[Any, Any, str], None]  # (ModelSettings, decoder, path): writes the model
    # (ModelSettings, outputs_type, path, batches) to the outputs for the batches, by the program
    # that the format is for.
    run: Callable[[Any, type, str, List[Any]], List[Any]]


def find(name: str) -> Format:
    """The format of a name.

    Raises:
      UserError: there is none.
    """
    if name not in FORMATS:
        raise UserError("there is no format %r: choose one of %s" % (name, ", ".join(FORMATS)))
    return importlib.import_module(FORMATS[name]).FORMAT


def check(name: str, precision: str) -> None:
    """Raises UserError where a format has no such precision, or where its packages are missing."""
    wanted = find(name)
    if precision not in wanted.precisions:
        raise UserError("--export_format=%s holds models of --precision=%s, not of %s"
                        % (name, " or ".join(wanted.precisions), precision))
    wanted.check()
