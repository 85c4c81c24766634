"""What cannot be chosen is told in a line, before TensorFlow is imported."""
import importlib.util
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.prediction import chunk_work, runtimes
from bert_nq.prediction.runtimes import openvino_model
from bert_nq.prediction.runtimes.choice import Choice
from tests.support import prediction_jobs
from tests.support.runtimes import needs_openvino


def message(choice, predicted=()):
    with pytest.raises(UserError) as error:
        choice.check(predicted)
    return str(error.value)


def test_precisions_that_a_runtime_does_not_have():
    assert message(Choice(precision="int8", calibration_file="x")) == (
        "--precision=int8 is not for --runtime=tensorflow, which has fp32, bf16, fp16: give "
        "--runtime=openvino")
    assert message(Choice("openvino", "fp16")) == (
        "--precision=fp16 is not for --runtime=openvino, which has fp32, bf16, int8: give "
        "--runtime=tensorflow")
    assert message(Choice("tvm")) == (
        "there is no runtime 'tvm': choose one of tensorflow, openvino")
    with pytest.raises(UserError, match="^--precision=tf32 is not for .* fp32, bf16, fp16$"):
        runtimes.check("tensorflow", "tf32")


@needs_openvino
def test_files_to_calibrate_on(tmp_path):
    assert message(Choice("openvino", "bf16", "train.tfrecord")) == (
        "--calibration_file is for --precision=int8")
    assert message(Choice("openvino", "int8")) == (
        "--precision=int8 is calibrated on training data: give --calibration_file, records or "
        "files of the training set")
    pattern = str(tmp_path / "*.json")
    assert message(Choice("openvino", "int8", pattern)).startswith("no calibration file matches")
    for name in ("dev.json", "train.json"):
        (tmp_path / name).write_text("{}")
    dev, train = str(tmp_path / "dev.json"), str(tmp_path / "train.json")
    assert message(Choice("openvino", "int8", pattern), [dev]) == (
        "--calibration_file: %s is predicted as well, so that its scores would be too good: give "
        "files of the training set" % dev)
    choice = Choice("openvino", "int8", train)
    assert choice.check([dev]) is choice


def test_a_package_that_is_missing(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec",
                        lambda name: None if name == "openvino" else find(name))
    found = message(Choice("openvino"))
    if sys.version_info < (3, 9):
        assert found == ("--runtime=openvino needs the package openvino, which there is for Python "
                         "3.9 and later; this is Python %d.%d" % sys.version_info[:2])
    else:
        assert found == ("--runtime=openvino needs the package openvino: %s -m pip install "
                         "openvino" % sys.executable)


def test_the_line_of_an_error_that_says_what_happened():
    error = RuntimeError("Exception from src/inference/src/cpp/core.cpp:84:\nCheck 'false' failed "
                         "at src/frontends/a.cpp:1:\nFrontEnd API failed with OpConversionFailure:"
                         "\nSummary:\n-- No conversion rule found for operations: PyFunc\n")
    assert openvino_model.reason(error) == "No conversion rule found for operations: PyFunc"
    error = RuntimeError("Exception from src/a.cpp:1:\nUnable to read the model: x.xml.\n\n")
    assert openvino_model.reason(error) == "Unable to read the model: x.xml"
    assert openvino_model.reason(RuntimeError("Check 'x' failed at a:1:")) == (
        "Check 'x' failed at a:1")
    assert openvino_model.reason(RuntimeError()) == "RuntimeError"


def test_what_another_runtime_has_begun_is_not_carried_on(tmp_path):
    corpus = prediction_jobs.write_corpus(tmp_path)
    job = prediction_jobs.make_job(corpus, tmp_path / "out.json")
    settings = [chunk_work.Job.settings(job._replace(model=job.model._replace(**changes)))
                for changes in ({}, {"runtime": "openvino"}, {"precision": "int8"},
                                {"calibration": "01234567"})]
    assert len({str(sorted(s.items(), key=str)) for s in settings}) == 4
