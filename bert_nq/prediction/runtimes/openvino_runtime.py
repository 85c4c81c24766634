"""OpenVINO as a runtime, on CPUs: fp32, bf16, and int8 after a calibration on training data.

The models are converted once, see openvino_cache, so that processes that predict start without
TensorFlow. bf16 is a setting of the same copy, int8 a copy of its own.
"""
from typing import Any, Callable, Optional

from bert_nq.base.errors import UserError
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.runtimes import Note, Runtime, openvino_cache, openvino_model
from bert_nq.prediction.runtimes.openvino_model import OpenVinoModel

INT8 = "int8"


def _prepare(settings: ModelSettings, decoder: Any,
             calibration: Optional[Callable[[], Calibration]], note: Note) -> ModelSettings:
    """See Runtime.

    Raises:
      UserError: the models cannot be converted, int8 lacks the windows, or a package is missing.
    """
    if settings.precision == "bf16" and not openvino_model.has_bf16():
        note("--precision=bf16: this CPU has no bf16, OpenVINO computes in fp32")
    if settings.precision != INT8:
        openvino_cache.converted(settings, decoder, note)
        return settings
    if calibration is None:
        raise UserError("--precision=int8 is calibrated on windows of training data: give "
                        "--calibration_file, records or files of the training set")
    windows = calibration()
    settings = settings._replace(calibration=windows.fingerprint())
    openvino_cache.quantized(settings, decoder, windows, note)
    return settings


def _open(settings: ModelSettings, decoder: Any) -> OpenVinoModel:
    """See Runtime; converts models that are not prepared.

    Raises:
      UserError: as `_prepare`.
    """
    if settings.precision == INT8:
        path = openvino_cache.quantized(settings, decoder)
    else:
        path = openvino_cache.converted(settings, decoder)
    return OpenVinoModel(path, decoder.outputs_type, settings.precision, settings.num_threads)


RUNTIME = Runtime(precisions=("fp32", "bf16", INT8), check=openvino_model.check_installed,
                  prepare=_prepare, open=_open, on_cpu=True)
