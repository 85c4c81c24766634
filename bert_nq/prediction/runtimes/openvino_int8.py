"""A converted model in int8, calibrated by NNCF, the companion of OpenVINO that does it.

Weights of products are rounded by columns, what goes into them by ranges that the windows show,
after large columns of activations were scaled down into the weights (SmoothQuant, Xiao et al. 2023)
and with what rounding shifts added to biases. The rest stays as it was.
"""
import contextlib
import logging
import os
from typing import Any, Iterator

from bert_nq.base.errors import UserError
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.runtimes import openvino_model


def quantize(source: str, windows: Calibration, outputs_type: type, path: str) -> None:
    """Writes the model in int8.

    Args:
      source: path of the converted model, see openvino_model.
      windows: of training data.
      outputs_type: of the decoder.
      path: of the new model.

    Raises:
      UserError: NNCF cannot do it.
    """
    import openvino
    with _quiet_nncf() as nncf:
        model = openvino.Core().read_model(source + ".xml")
        names = [port.get_any_name() for port in model.inputs]
        data = nncf.Dataset([{name: batch.features()[name] for name in names}
                             for batch in windows.batches])
        try:
            quantized = nncf.quantize(
                model, data, subset_size=len(windows.batches),
                model_type=nncf.ModelType.TRANSFORMER, preset=nncf.QuantizationPreset.MIXED)
        except (RuntimeError, nncf.ValidationError) as e:
            raise UserError("NNCF %s cannot calibrate this model (%s): predict with "
                            "--precision=bf16" % (nncf.__version__, openvino_model.reason(e))
                            ) from e
    openvino_model.write(quantized, path)


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
