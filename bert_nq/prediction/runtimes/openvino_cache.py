"""Converted models beside the checkpoint that they were made of, each made once.

    MODEL/openvino/1f0c…/model.xml, model.bin            of fp32 and bf16
    MODEL/openvino/1f0c…-int8-9a3b…/model.xml, model.bin  calibrated on the windows of the second
                                                         fingerprint

The first fingerprint is of all that decides what is in it. A folder appears under its name when it
is complete; of several processes one makes it and the others wait. It may be removed at any time.
"""
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from typing import Any, Callable, Optional

import numpy as np

import bert_nq
from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.prediction import comparing
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.runtimes import openvino_model
from bert_nq.prediction.runtimes.openvino_model import OpenVinoModel

FOLDER = "openvino"
_FILE = "model"
_UNFINISHED = ".unfinished-"
# The largest difference to TensorFlow's outputs in float32 that rounding explains.
_LARGEST_DIFFERENCE = 1e-3
_PROBE_LENGTH = 64


def converted(settings: ModelSettings, decoder: Any,
              note: Callable[[str], None] = lambda text: None) -> str:
    """The path, without .xml and .bin, of the converted models; converts them where that is new.

    Args:
      settings: the models; precision and threads do not matter.
      decoder: says how much leaves the model.
      note: told of a conversion.

    Raises:
      UserError: OpenVINO cannot convert them or gives other answers, or the folder of the
        checkpoint cannot be written to.
    """
    def make(path: str) -> None:
        note("converting the model for OpenVINO, once: %s" % folder)
        convert(settings, decoder, path)

    folder = _folder(settings, decoder)
    return _made_once(folder, make)


def quantized(settings: ModelSettings, decoder: Any, windows: Optional[Calibration] = None,
              note: Callable[[str], None] = lambda text: None) -> str:
    """The path of the models in int8, as `converted`; makes them where that is new.

    Args:
      settings: the models, and the fingerprint of the windows.
      decoder: says how much leaves the model.
      windows: to calibrate on. None where that is done: the model must be there.
      note: told of what takes long.

    Raises:
      UserError: as `converted`; or a package is missing, or there are no windows.
    """
    def make(path: str) -> None:
        if windows is None:
            raise UserError("there is no model in int8 in %s: predict with --precision=int8 "
                            "--calibration_file once" % folder)
        openvino_model.check_installed("nncf", "--precision=int8")
        source = converted(settings, decoder, note)
        note("calibrating int8 on %d windows, once: %s" % (len(windows.batches), folder))
        from bert_nq.prediction.runtimes import openvino_int8
        share = openvino_int8.quantize(source, windows, decoder.outputs_type, path)
        note("in int8 the best answer of %.1f %% of these windows is that of fp32" % (100 * share))

    folder = "%s-int8-%s" % (_folder(settings, decoder), settings.calibration)
    return _made_once(folder, make)


def _folder(settings: ModelSettings, decoder: Any) -> str:
    """The folder of models in float32."""
    facts = [settings.fingerprint(), [(m.model.config.to_dict(), m.model.head)
                                      for m in settings.members],
             decoder.outputs_type._fields, repr(decoder.output_options()), bert_nq.__version__,
             openvino_model.version()]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf8")).hexdigest()
    return os.path.join(os.path.dirname(os.path.abspath(settings.members[0].checkpoint)), FOLDER,
                        digest[:16])


def _made_once(folder: str, make: Callable[[str], None]) -> str:
    """The path of the model in `folder`, which `make` writes to a given path if it is not there.

    Raises:
      UserError: `make` did, or the folder cannot be written.
    """
    path = os.path.join(folder, _FILE)
    if os.path.exists(folder):
        return path
    parent, name = os.path.split(folder)
    with locking.locked(os.path.join(parent, ".%s.lock" % name), waits=True):
        if not os.path.exists(folder):
            with _unfinished(parent, name) as temporary:
                target = os.path.join(temporary, name)
                files.make_folder(target)
                make(os.path.join(target, _FILE))
                os.rename(target, folder)
    return path


@contextlib.contextmanager
def _unfinished(parent: str, name: str):
    """A temporary folder, removed at the end, as are those of processes that were killed."""
    prefix = "%s%s-" % (_UNFINISHED, name)
    try:
        for other in os.listdir(parent):
            if other.startswith(prefix):  # The lock is ours: nobody else works on it.
                shutil.rmtree(os.path.join(parent, other), ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as path:
            yield path
    except OSError as e:
        raise UserError("cannot write to %s: %s" % (parent, e.strerror or e)) from e


def convert(settings: ModelSettings, decoder: Any, path: str) -> None:
    """Writes the converted models, which are compared with TensorFlow's.

    Args:
      settings: the models; precision and threads do not matter.
      decoder: says how much leaves the model.
      path: without .xml and .bin.

    Raises:
      UserError: see `converted`.
    """
    from bert_nq.prediction import frozen_graph
    definition = frozen_graph.definition(settings, decoder)
    pb_path = path + ".pb"
    with files.replacing(pb_path) as out:
        out.write(definition.SerializeToString())
    openvino_model.write(openvino_model.from_tensorflow(
        pb_path, decoder.outputs_type._fields), path)
    os.unlink(pb_path)
    _check_equal(settings, decoder, path)


def _check_equal(settings: ModelSettings, decoder: Any, path: str) -> None:
    """Compares a converted model with TensorFlow's, in float32.

    Raises:
      UserError: they differ by more than rounding explains.
    """
    from bert_nq.prediction import window_model
    length = min(_PROBE_LENGTH, min(member.model.config.max_position_embeddings
                                    for member in settings.members))
    batches = comparing.probe_batches(settings, length)
    with window_model.WindowModel(settings._replace(precision="fp32"), decoder) as model:
        wanted = [found.check_finite() for found in model.outputs(batches)]
    with OpenVinoModel(path, decoder.outputs_type, num_threads=settings.num_threads) as model:
        found = list(model.outputs(batches))
    worst = float(np.max([comparing.largest_difference(a, b, _LARGEST_DIFFERENCE)
                          for a, b in zip(wanted, found)]))
    if not worst <= _LARGEST_DIFFERENCE:
        raise UserError("OpenVINO %s gives other answers than TensorFlow for this model, they "
                        "differ by %g: predict with --runtime=tensorflow, and please report it"
                        % (openvino_model.version(), worst))
