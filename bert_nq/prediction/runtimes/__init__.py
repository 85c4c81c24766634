"""Runtimes: programs that compute a model's outputs on this machine. Looked up by name.

    tensorflow   a session of this process, on whatever device there is
    openvino     Intel's runtime for CPUs, by a copy of the model that is converted once

A new runtime is a module with a `RUNTIME` and a line in RUNTIMES. Free of TensorFlow, and of the
runtimes' own packages, until a model is prepared or opened.
"""
import importlib
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional, Tuple

from bert_nq.base.errors import UserError

if TYPE_CHECKING:
    from bert_nq.prediction.calibration import Calibration
    from bert_nq.prediction.model_settings import ModelSettings

# Name to the module that has the RUNTIME.
RUNTIMES = {"tensorflow": "bert_nq.prediction.runtimes.tensorflow_runtime",
            "openvino": "bert_nq.prediction.runtimes.openvino_runtime"}
DEFAULT = "tensorflow"
PRECISIONS = ("fp32", "bf16", "fp16", "int8")  # of any runtime

Note = Callable[[str], None]


class Runtime(NamedTuple):
    """A runtime, as functions.

    A model, what `open` returns, is a context manager with `full_length`, `outputs(batches)` and
    `close()`, as window_model.WindowModel has them.
    """
    precisions: Tuple[str, ...]
    check: Callable[[], None]  # raises UserError where its packages are missing
    # (settings, decoder, gives the windows for int8 or None, told of what takes long): does once
    # what every process would have to do before `open`.
    prepare: Callable[["ModelSettings", Any, Optional[Callable[[], "Calibration"]], Note],
                      "ModelSettings"]
    open: Callable[["ModelSettings", Any], Any]  # (settings, decoder) to a model
    on_cpu: bool = False  # whether it computes on the CPU, whatever else there is


def find(name: str) -> Runtime:
    """The runtime of a name.

    Raises:
      UserError: there is none.
    """
    if name not in RUNTIMES:
        raise UserError("there is no runtime %r: choose one of %s" % (name, ", ".join(RUNTIMES)))
    return importlib.import_module(RUNTIMES[name]).RUNTIME


def check(name: str, precision: str) -> None:
    """Raises UserError where a runtime has no such precision, or where its packages are missing."""
    runtime = find(name)
    if precision not in runtime.precisions:
        others = [other for other in RUNTIMES if precision in find(other).precisions]
        raise UserError("--precision=%s is not for --runtime=%s, which has %s%s" % (
            precision, name, ", ".join(runtime.precisions),
            ": give --runtime=%s" % others[0] if others else ""))
    runtime.check()


def prepare(settings: "ModelSettings", decoder: Any,
            calibration: Optional[Callable[[], "Calibration"]] = None,
            note: Note = lambda text: None) -> "ModelSettings":
    """Does once what every process would have to do before it opens the model.

    Args:
      settings: the models.
      decoder: says how much leaves the model.
      calibration: gives the windows that int8 is calibrated on; None where there are none.
      note: told of what takes long.

    Returns:
      The settings that processes open the model by.

    Raises:
      UserError: the runtime cannot run these models.
    """
    return find(settings.runtime).prepare(settings, decoder, calibration, note)


def open_model(settings: "ModelSettings", decoder: Any) -> Any:
    """The models of settings that `prepare` returned, or as they are; a context manager.

    Raises:
      UserError: they cannot be read, or the runtime cannot run them.
    """
    return find(settings.runtime).open(settings, decoder)
