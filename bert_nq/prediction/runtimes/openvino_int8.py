"""A converted model in int8, calibrated by NNCF, the companion of OpenVINO that does it.

Weights of products are rounded by columns, what goes into them by ranges that the windows show,
after large columns of activations were scaled down into the weights (SmoothQuant, Xiao et al. 2023)
and with what rounding shifts added to biases. The rest stays as it was.
"""
import contextlib
import logging
import os
from typing import Any, Iterator, List

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.runtimes import openvino_model
from bert_nq.prediction.runtimes.openvino_model import OpenVinoModel

# Products with fewer rows or columns of weights stay in float32: those that make a head's logits,
# whose rounding would go straight into the scores, and embeddings of segments. They cost nothing.
_FEW = 16


def quantize(source: str, windows: Calibration, outputs_type: type, path: str) -> float:
    """Writes the model in int8; returns the share of windows whose best answer stays, see `agree`.

    Args:
      source: path of the converted model, see openvino_model.
      windows: of training data.
      outputs_type: of the decoder.
      path: of the new model.

    Raises:
      UserError: NNCF cannot do it.
    """
    _quantize(source, windows, path)
    return agreement(*(_answers(each, windows, outputs_type) for each in (source, path)))


def _quantize(source: str, windows: Calibration, path: str) -> None:
    import openvino
    with _quiet_nncf() as nncf:
        model = openvino.Core().read_model(source + ".xml")
        names = [port.get_any_name() for port in model.inputs]
        inputs = [{name: batch.features()[name] for name in names} for batch in windows.batches]
        try:
            quantized = nncf.quantize(
                model, nncf.Dataset(inputs), subset_size=len(windows.batches),
                model_type=nncf.ModelType.TRANSFORMER, preset=nncf.QuantizationPreset.MIXED,
                ignored_scope=nncf.IgnoredScope(names=_small_products(model), validate=False))
        except (RuntimeError, nncf.ValidationError) as e:
            raise UserError("NNCF %s cannot calibrate this model (%s): predict with "
                            "--precision=bf16" % (nncf.__version__, openvino_model.reason(e))
                            ) from e
    openvino_model.write(quantized, path)


def _answers(path: str, windows: Calibration, outputs_type: type) -> List[Any]:
    with OpenVinoModel(path, outputs_type) as model:
        return list(model.outputs(windows.batches))


def _small_products(model: Any) -> List[str]:
    """The names of products with weights of few rows or columns."""
    names = []
    for op in model.get_ops():
        shapes = [port.get_partial_shape() for port in op.inputs()]
        if op.get_type_name() == "MatMul" and any(
                shape.is_static and min(shape.to_shape()) < _FEW for shape in shapes):
            names.append(op.get_friendly_name())
    return names


def agreement(wanted: List[Any], found: List[Any]) -> float:
    """The share of windows for which outputs agree, see `agree`."""
    return float(np.mean(np.concatenate([agree(a, b) for a, b in zip(wanted, found)])))


def agree(a: Any, b: Any) -> np.ndarray:
    """bool [N]: whether outputs have the same best positions; without positions, best classes.

    Args:
      a, b: outputs of the same N windows, see modeling.heads.outputs.
    """
    if a.positions:
        best = [[getattr(outputs, name)[:, 0] for name in a.positions] for outputs in (a, b)]
    else:
        best = [[field.argmax(axis=1) for field in outputs if field.ndim == 2]
                for outputs in (a, b)]
    return np.all([x == y for x, y in zip(*best)], axis=0)


@contextlib.contextmanager
def _quiet_nncf() -> Iterator[Any]:
    """The module nncf, which says nothing but errors, and sends nothing to its makers."""
    os.environ.setdefault("NNCF_CI", "1")  # Else it reports its use; read where it is imported.
    import nncf
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            yield nncf
    finally:
        logger.setLevel(level)
