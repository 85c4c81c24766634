"""Training where Keras cannot be imported. TensorFlow brings it, and nothing here asks for it."""
import os
import subprocess
import sys

import pytest

from bert_nq.modeling.runtime import HAS_ESTIMATOR
from tests.support.programs import ROOT

_TRAIN = """
import pathlib, sys
sys.modules["keras"] = None  # To import it is an error from here on.
import bert_nq.prediction.export
from tests.support import tiny_training
folder = pathlib.Path(sys.argv[1])
records = tiny_training.write_pages(folder / "x.tfrecord")
result, _ = tiny_training.trained(records, folder / "model")
print(result.step)
"""


@pytest.mark.skipif(HAS_ESTIMATOR, reason="the Estimator asks for Keras")
def test_a_model_is_trained(tmp_path):
    done = subprocess.run([sys.executable, "-c", _TRAIN, str(tmp_path)], cwd=ROOT,
                          capture_output=True, text=True,
                          env=dict(os.environ, PYTHONPATH=ROOT))
    assert (done.returncode, done.stdout) == (0, "10\n"), done.stderr
