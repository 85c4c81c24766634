"""A converted model in int8, calibrated by NNCF, the companion of OpenVINO that does it.

Weights of products are rounded by columns, what goes into them by ranges that the windows show,
after large columns of activations were scaled down into the weights (SmoothQuant, Xiao et al. 2023)
and with what rounding shifts added to biases. The rest stays as it was; so do the layers that hurt
most, where too many answers change.
"""
import contextlib
import logging
import os
from typing import Any, Dict, Iterable, Iterator, List, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.modeling.heads.outputs import from_values
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.runtimes import openvino_model
from bert_nq.prediction.runtimes.openvino_model import OpenVinoModel

# Products with fewer rows or columns of weights stay in float32: those that make a head's logits,
# whose rounding would go straight into the scores, and embeddings of segments. They cost nothing.
_FEW = 16
# The share of windows whose best answer must stay. Where fewer do, layers are left in float32.
ENOUGH = 0.95
_RANKING_WINDOWS = 50  # by which the layers are ranked


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
    wanted = _answers(source, windows, outputs_type)
    _quantize(source, windows, path, "quantize")
    share = agreement(wanted, _answers(path, windows, outputs_type))
    if share < ENOUGH:
        _quantize(source, windows, path, "quantize_with_accuracy_control",
                  **_restoring(wanted, windows, outputs_type))
        share = agreement(wanted, _answers(path, windows, outputs_type))
    return share


def _quantize(source: str, windows: Calibration, path: str, function: str, **more: Any) -> None:
    """Writes what a function of NNCF, given `more` beside the windows, makes of the model."""
    import openvino
    with _quiet_nncf() as nncf:
        model = openvino.Core().read_model(source + ".xml")
        names = [port.get_any_name() for port in model.inputs]
        inputs = [{name: batch.features()[name] for name in names} for batch in windows.batches]
        data = nncf.Dataset(inputs)
        if more:
            # Validation is given numbers; where NNCF runs the model itself, what they stand for.
            more["validation_dataset"] = nncf.Dataset(list(range(len(inputs))),
                                                      inputs.__getitem__)
            more["advanced_accuracy_restorer_parameters"] = (
                nncf.AdvancedAccuracyRestorerParameters(
                    ranking_subset_size=_RANKING_WINDOWS, num_ranking_workers=1))
        try:
            quantized = getattr(nncf, function)(
                model, data, subset_size=len(windows.batches),
                model_type=nncf.ModelType.TRANSFORMER, preset=nncf.QuantizationPreset.MIXED,
                ignored_scope=nncf.IgnoredScope(names=_small_products(model), validate=False),
                **more)
        except (RuntimeError, nncf.ValidationError) as e:
            raise UserError("NNCF %s cannot calibrate this model (%s): predict with "
                            "--precision=bf16" % (nncf.__version__, openvino_model.reason(e))
                            ) from e
    openvino_model.write(quantized, path)


def _restoring(wanted: List[Any], windows: Calibration, outputs_type: type) -> Dict[str, Any]:
    """The arguments by which NNCF leaves the layers in float32 that hurt most.

    It ranks layers by how far the outputs of some windows move, and takes them out of int8 one
    after the other until `agreement` is enough.
    """
    def validate(compiled: Any, numbers: Iterable[int]) -> Tuple[float, List[float]]:
        names = [port.get_any_name() for port in compiled.inputs]
        nearness, agreed = [], []
        for number in numbers:
            features = windows.batches[number].features()
            given = compiled({name: features[name] for name in names})
            outputs = from_values(outputs_type, {name: given[name]
                                                 for name in outputs_type._fields})
            agreed.append(agree(wanted[number], outputs))
            nearness.append(-float(np.mean([
                np.abs(a - b).mean() for name, a, b in zip(outputs._fields, outputs, wanted[number])
                if name not in outputs.positions])))
        return float(np.mean(np.concatenate(agreed))), nearness

    return {"validation_fn": validate, "max_drop": 1 - ENOUGH}


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
