"""Exports in ONNX and in OpenVINO's format, each used by somebody who has its program alone."""
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling.heads.outputs import from_values
from bert_nq.modeling.heads.window_outputs import WindowOutputs
from bert_nq.prediction import comparing, export, export_formats, runtimes
from bert_nq.prediction.calibration import Calibration
from tests.prediction.test_export import Model, batch, check_equal, expected
from tests.support.runtimes import needs_openvino

needs_onnx = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("tf2onnx", "onnxruntime"))),
    reason="the packages of the extra onnx are not installed")

# As docs/serving.md has them.
STRANGERS = {
    "onnx": """
import sys
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1] + "/model.onnx")
names = [output.name for output in session.get_outputs()]

def call(features):
    return dict(zip(names, session.run(names, features)))
""",
    "openvino": """
import sys
import numpy as np
import openvino

model = openvino.Core().compile_model(sys.argv[1] + "/model.xml", "CPU",
                                      {"INFERENCE_PRECISION_HINT": "f32"})

def call(features):
    outputs = model(features)
    return {port.get_any_name(): outputs[port] for port in model.outputs}
"""}
_MAIN = """
for path in sys.argv[2:]:
    np.savez(path + ".out.npz", **call(dict(np.load(path + ".in.npz"))))
assert not any(name.startswith(("bert_nq", "tensorflow")) for name in sys.modules)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Model(tmp_path_factory.mktemp("one"), 1)


def by_a_stranger(name, path, folder, batches):
    for number, features in enumerate(batches):
        np.savez(str(folder / ("%d.in.npz" % number)), **features)
    stems = [str(folder / str(i)) for i in range(len(batches))]
    done = subprocess.run([sys.executable, "-c", STRANGERS[name] + _MAIN, path] + stems,
                          capture_output=True, text=True, cwd=str(folder), env={
                              name: value for name, value in os.environ.items()
                              if name != "PYTHONPATH"})
    assert done.returncode == 0, done.stderr
    return [from_values(WindowOutputs, np.load(stem + ".out.npz")) for stem in stems]


@pytest.mark.parametrize("name, title, files", [
    pytest.param("onnx", "ONNX model", ["model.onnx"], marks=needs_onnx),
    pytest.param("openvino", "OpenVINO model", ["model.bin", "model.xml"], marks=needs_openvino)])
def test_a_stranger_gets_what_numpy_computes(name, title, files, model, tmp_path):
    exported = export.export(model.settings, model.serving, str(tmp_path / "exported"), name)
    assert (exported.title, exported.num_windows) == (title, 6)
    assert exported.difference < 1e-4
    assert sorted(os.listdir(exported.path)) == files + ["serving.json", "vocab.txt"]
    batches = [batch(1, 12, 1), batch(4, 64, 2), batch(3, 41, 3)]
    for features, found in zip(batches, by_a_stranger(name, exported.path, tmp_path, batches)):
        check_equal(found, expected(features, (1, 1)))


@needs_openvino
def test_int8_is_exported_as_it_predicts(model, tmp_path):
    settings = model.settings._replace(runtime="openvino", precision="int8")
    batches = comparing.probe_batches(settings, 64)
    settings = runtimes.prepare(settings, model.serving.decoder(), lambda: Calibration(batches))
    exported = export.export(settings, model.serving, str(tmp_path), "openvino")
    assert exported.difference == 0


def test_precisions_that_a_format_does_not_have():
    with pytest.raises(UserError, match="^--export_format=onnx holds models of --precision=fp32, "
                                        "not of bf16$"):
        export_formats.check("onnx", "bf16")
    with pytest.raises(UserError, match="^there is no format 'pt': choose one of saved_model, "):
        export_formats.check("pt", "fp32")
