"""run_squad.py with OpenVINO: TensorFlow's answers, by workers, and int8 after a calibration."""
import json
import os

import pytest

import bert_nq
from tests.programs.test_run_squad import Files
from tests.support import own_pages, programs
from tests.support.runtimes import needs_openvino


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    made = Files(tmp_path_factory.mktemp("squad"))
    made.train_and_score(made.train, made.dev, "model", "--num_train_epochs=6")
    return made


def predict(files, output, *flags):
    done = files.run("--do_predict", "--output_dir=model", "--predict_file=" + files.dev,
                     "--num_workers=2", "--output_prediction_file=" + output, *flags)
    assert done.returncode == 0, done.stderr
    with open(str(files.folder / output)) as f:
        return json.load(f), programs.notes(done)


@needs_openvino
def test_the_answers_are_those_of_tensorflow(files):
    with open(str(files.folder / "model" / "predictions.json")) as f:
        wanted = json.load(f)
    found, notes = predict(files, "openvino.json", "--runtime=openvino")
    assert found == wanted
    cached, = os.listdir(str(files.folder / "model" / "openvino"))
    assert notes == ["converting the model for OpenVINO, once: %s" % (
        files.folder / "model" / "openvino" / cached)]


@needs_openvino
def test_int8_is_calibrated_on_training_data_once(files):
    flags = ["--runtime=openvino", "--precision=int8", "--calibration_windows=20",
             "--calibration_file="]
    for source in ("model/train.tfrecord", files.train):
        found, notes = predict(files, "int8.json", *flags[:-1], flags[-1] + source)
        assert notes[-2].startswith("calibrating int8 on 20 windows, once: ")
        assert notes[-1].startswith("in int8 the best answer of ")
        with open(files.dev) as f:
            assert set(found) == {qa["id"] for article in json.load(f)["data"]
                                  for paragraph in article["paragraphs"]
                                  for qa in paragraph["qas"]}
        again, notes = predict(files, "again.json", *flags[:-1], flags[-1] + source)
        assert (again, notes) == (found, [])


@needs_openvino
def test_a_reader_answers_by_it(tmp_path):
    folder = own_pages.write_squad_model(tmp_path / "model")
    page, question = b"<p>tovin is a town in aron .</p>", "where is tovin"
    answers = []
    for runtime in ("tensorflow", "openvino"):
        with bert_nq.load(folder, num_threads=1, runtime=runtime) as reader:
            answers.append(reader.ask(question, page))
    assert reader.description["runtime"] == "openvino"
    assert answers[0].short == answers[1].short
    assert answers[0].probability == pytest.approx(answers[1].probability, rel=1e-3)


def test_what_does_not_go_together(files):
    for flags, message in (
            (["--do_predict", "--precision=int8"], "--precision=int8 is not for --runtime="
                                                   "tensorflow, which has fp32, bf16, fp16: give"),
            (["--do_train", "--precision=int8"], "--precision=int8 is for prediction: train first"),
            (["--do_export", "--export_format=onnx", "--precision=bf16"],
             "--export_format=onnx holds models of --precision=fp32, not of bf16")):
        done = files.run("--output_dir=model", "--predict_file=" + files.dev,
                         "--train_file=" + files.train, *files.flags, *flags)
        assert message in programs.error_line(done)
