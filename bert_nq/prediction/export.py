"""A trained model, or an ensemble, in a format that others read: from ids to what leaves the graph.

    inputs   the model's features                          int32 [B, S], both of any size
    outputs  the fields of the decoder's outputs_type      [B, …]

The weights are in it: it needs neither checkpoints nor this library. Notation: B windows of a
batch, S wordpieces.
"""
import contextlib
import os
import shutil
import tempfile
from typing import Any, Iterator, List, NamedTuple

import numpy as np

from bert_nq.base import locking
from bert_nq.base.errors import UserError
from bert_nq.prediction import comparing, export_formats, runtimes, serving
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.export_formats import Format
from bert_nq.prediction.model_settings import ModelSettings

# Largest difference between the outputs of the exported model and those of the model itself. A
# SavedModel's are equal as a rule; other programs, and several threads, add numbers up in another
# order, in bf16 to about three digits. A model in int8 is exported as it is.
_LARGEST_DIFFERENCE = {"fp32": 1e-3, "bf16": 0.1, "fp16": 0.1, "int8": 1e-3}
_UNFINISHED = ".unfinished-"


class Exported(NamedTuple):
    """The version that has been written."""
    path: str  # DIR/NUMBER
    num_windows: int  # that were compared
    difference: float  # the largest, of any score or logit
    title: str = "SavedModel"  # of the format


def export(settings: ModelSettings, description: serving.Serving, folder: str,
           format_name: str = export_formats.DEFAULT) -> Exported:
    """Writes the models as the next version in a folder, after comparing answers.

    Nothing is there under a version's name before it is complete and compared.

    Args:
      settings: the models, of the runtime that is compared with.
      description: goes along; its decoder decides how much leaves the graph.
      folder: versions in it are named 1, 2, ….
      format_name: of export_formats.FORMATS.

    Raises:
      UserError: a checkpoint cannot be read, the disk is full, another export to this folder is
        under way, or the exported model gives other answers than the model itself.
    """
    decoder, wanted = description.decoder(), export_formats.find(format_name)
    with locking.locked(os.path.join(folder, ".lock")), _unfinished(folder) as temporary:
        target = os.path.join(temporary, "model")
        wanted.write(settings, decoder, target)
        description.write(target)
        batches = comparing.probe_batches(settings, description.windows.max_seq_length)
        difference = _compare(settings, decoder, wanted, target, batches)
        path = os.path.join(folder, str(_next_version(folder)))
        os.rename(target, path)
    return Exported(path, sum(len(batch.rows) for batch in batches), difference, wanted.title)


@contextlib.contextmanager
def _unfinished(folder: str) -> Iterator[str]:
    """A temporary folder in `folder`, removed at the end, as are those of runs that were killed."""
    for name in os.listdir(folder):
        if name.startswith(_UNFINISHED):
            shutil.rmtree(os.path.join(folder, name))
    try:
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as path:
            yield path
    except OSError as e:
        raise UserError("cannot write to %s: %s" % (folder, e.strerror or e)) from e


def _next_version(folder: str) -> int:
    return 1 + max([int(name) for name in os.listdir(folder) if name.isdigit()] or [0])


def _compare(settings: ModelSettings, decoder: Any, exported: Format, path: str,
             batches: List[Batch]) -> float:
    """The largest difference between the exported model's answers and those of the model itself.

    Raises:
      UserError: it is larger than rounding explains.
    """
    with runtimes.open_model(settings, decoder) as model:
        wanted = [found.check_finite() for found in model.outputs(batches)]
    found = exported.run(settings, decoder.outputs_type, path, batches)
    bound = _LARGEST_DIFFERENCE[settings.precision]
    worst = float(np.max([comparing.largest_difference(a, b, bound)
                          for a, b in zip(wanted, found)]))
    if not worst <= bound:
        raise UserError("the exported model gives other answers than the model itself: they differ "
                        "by %g, and it has been removed; please report it" % worst)
    return worst
