"""ONNX, converted by tf2onnx and compared by ONNX Runtime."""
import contextlib
import logging
import os
from typing import Any, Iterator, List

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling import models
from bert_nq.modeling.heads import outputs
from bert_nq.prediction.export_formats import Format
from bert_nq.prediction.runtimes import openvino_model

_FILE = "model.onnx"
# Of the operators. ONNX Runtime has read it since its release 1.14, of 2023.
_OPSET = 17
# What protobuf can write in one piece.
_MOST_BYTES = 2 ** 31 - 1


def _write(settings: Any, decoder: Any, path: str) -> None:
    from bert_nq.prediction import frozen_graph
    definition = frozen_graph.definition(settings, decoder)
    inputs = [name for name in models.inputs(settings.members[0].model)
              if any(node.name == name for node in definition.node)]
    with _quiet_tf2onnx() as tf2onnx:
        try:
            model, _ = tf2onnx.convert.from_graph_def(
                definition, input_names=[name + ":0" for name in inputs],
                output_names=[name + ":0" for name in decoder.outputs_type._fields],
                opset=_OPSET)
        except (RuntimeError, ValueError) as e:
            raise UserError("tf2onnx cannot convert this model: %s"
                            % str(e).strip().split("\n")[0]) from e
    _name_plainly(model)
    if model.ByteSize() > _MOST_BYTES:
        raise UserError("the model is more than 2 GB, which is what a file of ONNX can hold")
    files.make_folder(path)
    with files.replacing(os.path.join(path, _FILE)) as out:
        out.write(model.SerializeToString())


def _name_plainly(model: Any) -> None:
    """Takes the ":0" off the names of inputs and outputs."""
    new = {value.name: value.name.split(":")[0]
           for value in list(model.graph.input) + list(model.graph.output)}
    for value in list(model.graph.input) + list(model.graph.output):
        value.name = new[value.name]
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [new.get(name, name) for name in names]


@contextlib.contextmanager
def _quiet_tf2onnx() -> Iterator[Any]:
    """The module tf2onnx, which says nothing but errors."""
    import tf2onnx
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield tf2onnx
    finally:
        logger.setLevel(level)


def _run(settings: Any, outputs_type: type, path: str, batches: List[Any]) -> List[Any]:
    """See Format.run."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.num_threads
    session = onnxruntime.InferenceSession(os.path.join(path, _FILE), options,
                                           providers=["CPUExecutionProvider"])
    names, inputs = [o.name for o in session.get_outputs()], [i.name for i in session.get_inputs()]
    return [outputs.from_values(outputs_type, dict(zip(names, session.run(
        names, {name: batch.features()[name] for name in inputs})))) for batch in batches]


def _check() -> None:
    for package in ("tf2onnx", "onnx", "onnxruntime"):
        openvino_model.check_installed(package, "--export_format=onnx")


FORMAT = Format("ONNX model", ("fp32",), _check, _write, _run)
