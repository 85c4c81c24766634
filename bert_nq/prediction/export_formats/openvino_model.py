"""OpenVINO's format, model.xml and model.bin; in int8 the copy that prediction uses."""
import os
import shutil
from typing import Any, List

from bert_nq.base import files
from bert_nq.prediction.export_formats import Format
from bert_nq.prediction.runtimes import openvino_cache, openvino_model
from bert_nq.prediction.runtimes.openvino_model import OpenVinoModel

_FILE = "model"


def _write(settings: Any, decoder: Any, path: str) -> None:
    files.make_folder(path)
    target = os.path.join(path, _FILE)
    if settings.precision != "int8":
        openvino_cache.convert(settings, decoder, target)
        return
    source = openvino_cache.quantized(settings, decoder)
    for ending in (".xml", ".bin"):
        shutil.copyfile(source + ending, target + ending)


def _run(settings: Any, outputs_type: type, path: str, batches: List[Any]) -> List[Any]:
    """See Format.run."""
    with OpenVinoModel(os.path.join(path, _FILE), outputs_type, settings.precision,
                       settings.num_threads) as model:
        return list(model.outputs(batches))


def _check() -> None:
    openvino_model.check_installed("openvino", "--export_format=openvino")


FORMAT = Format("OpenVINO model", ("fp32", "int8"), _check, _write, _run)
