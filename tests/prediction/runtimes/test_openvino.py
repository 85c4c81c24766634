"""OpenVINO gives TensorFlow's outputs, by a copy of the model that is made once and whole."""
import concurrent.futures
import os
import re
import threading
import time

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding import candidate_decoders, span_decoders
from bert_nq.decoding.decoders import make_decoder
from bert_nq.modeling import checkpoints, encoders, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.heads.class_outputs import ClassOutputs
from bert_nq.modeling.heads.position_outputs import PositionOutputs
from bert_nq.modeling.models import Member
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import comparing, frozen_graph, runtimes
from bert_nq.prediction.calibration import Calibration
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.runtimes import openvino_cache, openvino_int8, openvino_model
from tests.support import tiny_encoders, tiny_model, tiny_nq
from tests.support.runtimes import needs_openvino

pytestmark = needs_openvino

PAGE = make_decoder("page", {"n_best_size": 6, "max_answer_length": 8})
DECODERS = {"joint": PAGE, "span": span_decoders.make_decoder("run_squad", {}),
            "beam": span_decoders.make_decoder("beam", {}),
            "candidate": candidate_decoders.make_decoder("candidates", {})}


def write_random(folder, model):
    """Writes a checkpoint of a model with random weights; returns its prefix."""
    with tf.Graph().as_default(), tf.Session() as session:
        models.build_logits(model, {name: tf.placeholder(tf.int32, [None, None])
                                    for name in models.inputs(model)}, Pass())
        session.run(tf.global_variables_initializer())
        random = np.random.RandomState(0)
        found = {checkpoints.name_of(v): 0.3 * random.standard_normal(v.shape.as_list()).astype(
            np.float32) for v in tf.global_variables()}
    prefix = str(folder / "model.ckpt-1")
    checkpoints.write_weights(prefix, found)
    return prefix


def outputs(settings, decoder, batches):
    with runtimes.open_model(settings, decoder) as model:
        return list(model.outputs(batches))


HEADS = {"bert": ["joint", "candidate"], "albert": ["span"], "distilbert": ["joint"],
         "xlnet": ["beam"]}


@pytest.mark.parametrize("name, head", [(name, head) for name in encoders.ENCODERS
                                        for head in HEADS[name]])
def test_outputs_are_those_of_tensorflow(name, head, tmp_path):
    config = tiny_nq.CONFIG if name == "bert" else tiny_encoders.config(name)
    model = models.Model(config, head)
    settings = ModelSettings((Member(model, write_random(tmp_path, model)),), num_threads=1)
    batches = comparing.probe_batches(settings, 40)
    wanted = outputs(settings, DECODERS[head], batches)
    found = outputs(settings._replace(runtime="openvino"), DECODERS[head], batches)
    for a, b in zip(wanted, found):
        assert [x.dtype for x in a] == [x.dtype for x in b]
        assert comparing.largest_difference(a, b, 1e-4) <= 1e-4


class Tiny:
    """Settings of tiny models in a folder of their own."""

    def __init__(self, folder, *seeds):
        self.folder = folder
        members = tuple(Member(tiny_nq.MODEL, tiny_model.write(folder / str(seed), seed), weight)
                        for weight, seed in enumerate(seeds, 1))
        self.settings = ModelSettings(members, runtime="openvino", num_threads=1)

    def cached(self, seed=1):
        return sorted(os.listdir(str(self.folder / str(seed) / "openvino")))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    made = Tiny(tmp_path_factory.mktemp("tiny"), 1)
    made.notes = []
    runtimes.prepare(made.settings, PAGE, note=made.notes.append)
    return made


def test_a_model_is_converted_once(tiny, monkeypatch):
    name, = tiny.cached()
    folder = os.path.join(str(tiny.folder), "1", "openvino", name)
    assert tiny.notes == ["converting the model for OpenVINO, once: " + folder]
    assert sorted(os.listdir(folder)) == ["model.bin", "model.xml"]
    monkeypatch.setattr(openvino_cache, "convert", None)
    monkeypatch.setattr(openvino_model, "has_bf16", lambda: True)
    for precision in ("fp32", "bf16"):
        settings = tiny.settings._replace(precision=precision, num_threads=2)
        assert runtimes.prepare(settings, PAGE, note=tiny.notes.append) == settings
        outputs(settings, PAGE, [])
    assert len(tiny.notes) == 1


def test_bf16_is_near(tiny):
    batches = comparing.probe_batches(tiny.settings, 40)
    for a, b in zip(outputs(tiny.settings, PAGE, batches),
                    outputs(tiny.settings._replace(precision="bf16"), PAGE, batches)):
        difference = np.abs(a.type_logits - b.type_logits).max()
        assert difference < 0.5  # Logits are up to 15.
        assert (difference > 0) == openvino_model.has_bf16()


def test_a_cpu_without_bf16_is_told(tiny, monkeypatch):
    monkeypatch.setattr(openvino_model, "has_bf16", lambda: False)
    notes = []
    runtimes.prepare(tiny.settings._replace(precision="bf16"), PAGE, note=notes.append)
    assert notes == ["--precision=bf16: this CPU has no bf16, OpenVINO computes in fp32"]


def test_other_weights_and_other_outputs_are_other_models(tmp_path):
    made = Tiny(tmp_path, 1)
    names = [openvino_cache._folder(made.settings, decoder)
             for decoder in (PAGE, make_decoder("page", {"n_best_size": 7}))]
    weights = dict(tiny_model.weights(1), answer_type_output_bias=np.zeros([5], np.float32))
    checkpoints.write_weights(made.settings.members[0].checkpoint, weights)
    names.append(openvino_cache._folder(made.settings, PAGE))
    assert len(set(names)) == 3
    assert {os.path.dirname(name) for name in names} == {str(tmp_path / "1" / "openvino")}


def test_an_ensemble_says_the_mean(tmp_path):
    made = Tiny(tmp_path, 1, 3)
    batches = comparing.probe_batches(made.settings, 40)
    wanted = outputs(made.settings._replace(runtime="tensorflow"), PAGE, batches)
    for a, b in zip(wanted, outputs(made.settings, PAGE, batches)):
        assert comparing.largest_difference(a, b, 1e-4) <= 1e-4


def test_threads_get_what_one_gets(tiny):
    batches = comparing.probe_batches(tiny.settings, 40)
    with runtimes.open_model(tiny.settings, PAGE) as model:
        wanted = list(model.outputs(batches))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = list(pool.map(model.run, batches * 8))
    for a, b in zip(wanted * 8, found):
        assert comparing.largest_difference(a, b, 1e-6) == 0


def test_one_of_several_processes_makes_it_and_the_others_wait(tmp_path):
    calls, lock = [], threading.Lock()

    def make(path):
        with lock:
            calls.append(path)
        time.sleep(0.2)
        with open(path, "w") as out:
            out.write("whole")

    folder = str(tmp_path / "openvino" / "abc")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        # Locks are those of open files: threads are kept apart as processes are.
        found = list(pool.map(lambda _: openvino_cache._made_once(folder, make), range(4)))
    assert len(calls) == 1
    assert found == [os.path.join(folder, "model")] * 4
    with open(found[0]) as f:
        assert f.read() == "whole"
    assert os.listdir(str(tmp_path / "openvino")) == ["abc"]


def test_what_was_left_unfinished_is_removed(tmp_path):
    def fail(path):
        with open(path, "w") as out:
            out.write("half")
        raise UserError("no")

    parent = tmp_path / "openvino"
    (parent / ".unfinished-abc-killed" / "abc").mkdir(parents=True)
    (parent / ".unfinished-other-at-work").mkdir()
    with pytest.raises(UserError, match="^no$"):
        openvino_cache._made_once(str(parent / "abc"), fail)
    assert os.listdir(str(parent)) == [".unfinished-other-at-work"]


def test_a_model_that_says_something_else_is_refused(tmp_path, monkeypatch):
    made, other = Tiny(tmp_path, 1), Tiny(tmp_path, 2)
    right = frozen_graph.definition
    monkeypatch.setattr(frozen_graph, "definition",
                        lambda settings, decoder: right(other.settings, decoder))
    with pytest.raises(UserError, match="gives other answers than TensorFlow for this model"):
        runtimes.prepare(made.settings, PAGE)
    assert made.cached() == []


def test_a_graph_that_openvino_does_not_know(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.py_func(lambda x: x, [tf.placeholder(tf.float32, [None], "x")], tf.float32, name="y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(UserError) as error:
        openvino_model.from_tensorflow(str(path), ["y"])
    message = str(error.value)
    assert message.startswith("OpenVINO ") and "\n" not in message
    assert message.endswith(": predict with --runtime=tensorflow")
    assert "PyFunc" in message


def test_a_damaged_copy_is_named(tiny, tmp_path):
    path = openvino_cache.converted(tiny.settings, PAGE)
    for ending in (".xml", ".bin"):
        with open(path + ending, "rb") as source:
            (tmp_path / ("model" + ending)).write_bytes(source.read()[:1000])
    with pytest.raises(UserError) as error:
        openvino_model.OpenVinoModel(str(tmp_path / "model"), PAGE.outputs_type)
    assert "remove it and %s.bin to have" % (tmp_path / "model") in str(error.value)
    assert "\n" not in str(error.value)


def test_int8_is_calibrated_to_the_same_weights_and_answers(tmp_path):
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        made = Tiny(tmp_path / name, 1)
        windows = Calibration(comparing.probe_batches(made.settings, 40))
        notes = []
        settings = runtimes.prepare(made.settings._replace(precision="int8"), PAGE,
                                    lambda windows=windows: windows, notes.append)
        assert settings.calibration == windows.fingerprint()
        assert [note.split(":")[0] for note in notes[:2]] == [
            "converting the model for OpenVINO, once", "calibrating int8 on 3 windows, once"]
        share, = re.findall(r"^in int8 the best answer of ([0-9.]+) % of these windows is that of "
                            "fp32$", notes[2])
        assert 0 <= float(share) <= 100
        first, second = made.cached()
        assert second == "%s-int8-%s" % (first, settings.calibration)
        # The other file has numbers in names, which count all steps of this process.
        folder = tmp_path / name / "1" / "openvino" / second
        found.append(((folder / "model.bin").read_bytes(),
                      outputs(settings, PAGE, windows.batches)))
    assert found[0][0] == found[1][0]
    for a, b in zip(found[0][1], found[1][1]):
        assert comparing.largest_difference(a, b, 1e-6) == 0
    batches = comparing.probe_batches(settings, 40)
    for a, b in zip(outputs(made.settings, PAGE, batches), outputs(settings, PAGE, batches)):
        difference = np.abs(a.type_logits - b.type_logits).max()
        assert 0 < difference < 5  # Logits are up to 15.


def test_windows_whose_best_answer_stays():
    def outputs_of(starts, ends):
        return PositionOutputs(*[np.zeros([2, 3])] * 6)._replace(
            start_positions=np.array(starts), end_positions=np.array(ends))

    one = outputs_of([[4, 5, 6], [4, 5, 6]], [[7, 8, 9], [7, 8, 9]])
    # Only the best of each counts: in the first window these stay, in the second an end does not.
    other = outputs_of([[4, 6, 5], [4, 5, 6]], [[7, 9, 8], [8, 7, 9]])
    assert openvino_int8.agree(one, other).tolist() == [True, False]
    classes = [ClassOutputs(np.array(logits)) for logits in ([[0, 1], [2, 1]], [[0, 3], [0, 1]])]
    assert openvino_int8.agree(*classes).tolist() == [True, False]


def test_int8_wants_windows(tiny):
    settings = tiny.settings._replace(precision="int8")
    with pytest.raises(UserError, match="calibrated on windows of training data: give --calib"):
        runtimes.prepare(settings, PAGE)
    with pytest.raises(UserError, match="there is no model in int8 in .*-int8-01234567: predict"):
        runtimes.open_model(settings._replace(calibration="01234567"), PAGE)
    assert len(tiny.cached()) == 1
