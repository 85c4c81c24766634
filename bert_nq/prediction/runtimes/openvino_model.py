"""Models in OpenVINO's format: conversion from TensorFlow's graph, and the use of them.

    PATH.xml, PATH.bin   the graph and its weights; inputs are the model's features, outputs the
                         fields of a decoder's outputs_type, under these names

The package openvino is imported by the functions alone. Nothing is sent to its makers: the tools
that would do so, `openvino.tools.ovc` and what stands on it, are not used.
"""
import importlib.util
import sys
import threading
from typing import Any, Iterable, Iterator, Sequence

from bert_nq.base.errors import UserError
from bert_nq.modeling.heads import outputs
from bert_nq.prediction.batches import Batch

# As the documentation of OpenVINO's CPU plugin names types.
_TYPES = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


def check_installed(package: str = "openvino", for_what: str = "--runtime=openvino") -> None:
    """Raises UserError, which says how to get it, where a package of the extra is missing."""
    if importlib.util.find_spec(package) is not None:
        return
    if sys.version_info < (3, 9):
        raise UserError("%s needs the package %s, which there is for Python 3.9 and later; this is "
                        "Python %d.%d" % ((for_what, package) + sys.version_info[:2]))
    raise UserError("%s needs the package %s: %s -m pip install %s"
                    % (for_what, package, sys.executable, package))


def version() -> str:
    """The release of the package openvino."""
    import openvino
    return openvino.__version__.split("-")[0]


def from_tensorflow(pb_path: str, names: Sequence[str]) -> Any:
    """An openvino.Model of a frozen graph; all its inputs and outputs are named after features.

    Args:
      pb_path: a file with a GraphDef.
      names: of the operations that are outputs; the order is kept.

    Raises:
      UserError: the graph holds what OpenVINO does not know.
    """
    import openvino
    from openvino._offline_transformations import apply_moc_transformations
    try:
        model = openvino.Core().read_model(pb_path)
        # Finds normalisation, attention and the like in the single steps. Calibration needs it.
        apply_moc_transformations(model, False)
    except RuntimeError as e:
        raise UserError("OpenVINO %s cannot convert this model (%s): predict with "
                        "--runtime=tensorflow" % (version(), reason(e))) from e
    for port in model.inputs:
        name = next(iter(port.get_names())).split(":")[0]
        port.get_tensor().set_names({name})
    found = {name: port for port in model.outputs for name in port.get_names()}
    for name in names:
        found[name + ":0"].get_tensor().set_names({name})
    return model


def write(model: Any, path: str) -> None:
    """Writes PATH.xml and PATH.bin of an openvino.Model.

    Raises:
      UserError: the disk is full, or the like.
    """
    import openvino
    try:
        openvino.save_model(model, path + ".xml", compress_to_fp16=False)
    except RuntimeError as e:
        raise UserError("cannot write %s.xml: %s" % (path, reason(e))) from e


def has_bf16() -> bool:
    """Whether this CPU computes in bf16; OpenVINO takes fp32 where it does not."""
    import openvino
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoModel:
    """A model of the format above with the interface of window_model.WindowModel."""

    full_length = False  # batches of any length will do

    def __init__(self, path: str, outputs_type: type, precision: str = "fp32",
                 num_threads: int = 0):
        """
        Args:
          path: of the files, without .xml and .bin.
          outputs_type: of the decoder, see modeling.heads.outputs.
          precision: fp32 or bf16, which layers compute in; int8 where `path` was quantized.
          num_threads: 0: as many as there are cores.

        Raises:
          UserError: a file is missing or damaged.
        """
        import openvino
        settings = {"INFERENCE_PRECISION_HINT": _TYPES[precision], "NUM_STREAMS": 1,
                    # Else processes that share the work would all take the first cores.
                    "ENABLE_CPU_PINNING": False}
        if num_threads:
            settings["INFERENCE_NUM_THREADS"] = num_threads
        try:
            core = openvino.Core()
            compiled = core.compile_model(core.read_model(path + ".xml"), "CPU", settings)
        except RuntimeError as e:
            raise UserError("OpenVINO cannot use %s.xml (%s): remove it and %s.bin to have the "
                            "model converted again" % (path, reason(e), path)) from e
        self._outputs_type = outputs_type
        self._inputs = [port.get_any_name() for port in compiled.inputs]
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()  # A request computes one batch at a time.

    def __enter__(self) -> "OpenVinoModel":
        return self

    def __exit__(self, *unused) -> None:
        self.close()

    def close(self) -> None:
        """Frees the model's memory."""
        self._request = None

    def run(self, batch: Batch) -> Any:
        """The outputs for one batch, of the decoder's outputs_type."""
        features = batch.features()
        try:
            with self._lock:
                found = self._request.infer({name: features[name] for name in self._inputs})
        except RuntimeError as e:
            raise UserError("OpenVINO has failed: %s" % reason(e)) from e
        return outputs.from_values(self._outputs_type,
                                   {name: found[name] for name in self._outputs_type._fields})

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        """The outputs for each batch, in their order."""
        return map(self.run, batches)


def reason(error: Exception) -> str:
    """The one line of an error of OpenVINO that says what happened.

    They begin with places in its source, "Exception from src/...:" and "Check '...' failed at ...";
    reports of what could not be converted have it in points, "-- No conversion rule found ...".
    """
    lines = [line.strip() for line in str(error).split("\n") if line.strip()]
    points = [line[2:].strip() for line in lines if line.startswith("--")]
    telling = [line for line in lines if not line.startswith(("Exception from ", "Check "))]
    return (points or telling or lines or [type(error).__name__])[0].rstrip(".:")
