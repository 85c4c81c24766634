"""SavedModels say what the model says: in a fresh process, without this library and its files."""
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.decoding import page as page_decoder
from bert_nq.decoding.decoders import make_decoder
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.modeling.heads import window_outputs as outputs
from bert_nq.modeling.heads.outputs import NO_SPAN, from_values
from bert_nq.modeling.heads.window_outputs import WindowOutputs
from bert_nq.modeling.models import Member
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import comparing, export, frozen_graph, predictor, serving
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.prediction.window_model import WindowModel
from tests.support import programs, tiny_model, tiny_nq
from tests.support.nq_pages import make_line, write_shard

WINDOWS = FeatureOptions(max_seq_length=64, doc_stride=16, max_query_length=16)
PREDICTOR = {"model": "0a1b2c3d", "decoder": "page",
             "options": {"n_best_size": 7, "max_answer_length": 5}}
OPTIONS = outputs.OutputOptions(num_spans=7, num_positions=page_decoder.NUM_POSITIONS,
                                max_answer_length=5)

# Loads a SavedModel as somebody does who has TensorFlow and nothing else.
STRANGER = """
import sys
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
with tf.Session(graph=tf.Graph()) as session:
    model = tf.saved_model.loader.load(session, ["serve"], sys.argv[1])
    signature = model.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    fetches = {name: info.name for name, info in signature.outputs.items()}
    for path in sys.argv[2:]:
        batch = np.load(path + ".in.npz")
        assert set(signature.inputs) == set(batch.files)
        np.savez(path + ".out.npz", **session.run(
            fetches, {signature.inputs[name].name: batch[name] for name in batch.files}))
assert not any(name.startswith("bert_nq") for name in sys.modules)
"""


class Model:
    """A tiny model's folder; its checkpoints can be taken away."""

    def __init__(self, folder, *seeds):
        self.folder = folder / "model"
        self.folder.mkdir()
        self.members = tuple(
            Member(tiny_nq.MODEL, tiny_model.write(self.folder / str(seed), seed), weight)
            for weight, seed in enumerate(seeds, 1))
        self.settings = ModelSettings(self.members, num_threads=1)
        self.serving = serving.Serving(
            PREDICTOR, TextOptions(str(self.folder / str(seeds[0]) / "vocab.txt")), WINDOWS,
            FEATURIZER, make_decoder)

    def export(self, folder):
        return export.export(self.settings, self.serving, str(folder))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Model(tmp_path_factory.mktemp("one"), 1)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    return model.export(tmp_path_factory.mktemp("exported")).path


def batch(size, length, seed):
    """Random ids; a quarter of each window is the question, and the last windows are shorter."""
    random = np.random.RandomState(seed)
    columns = np.arange(length)
    mask = columns < (length - np.arange(size) % 5)[:, None]
    ids = random.randint(1, tiny_nq.CONFIG.vocab_size, mask.shape) * mask
    return {"input_ids": ids.astype(np.int32), "input_mask": mask.astype(np.int32),
            "segment_ids": (mask & (columns >= length // 4)).astype(np.int32)}


def expected(features, *weights_and_seeds):
    """The outputs that must come out, by numpy's model and the definition of WindowOutputs."""
    total = sum(weight for weight, _ in weights_and_seeds)
    logits = [[weight / total * part for part in tiny_model.logits(seed, **features)]
              for weight, seed in weights_and_seeds]
    start, end, kind = map(sum, zip(*logits))
    return outputs.from_logits(start, end, kind, features["input_mask"], features["segment_ids"],
                               OPTIONS)


def strangers_outputs(path, folder, batches):
    """STRANGER's outputs for each batch."""
    for number, features in enumerate(batches):
        np.savez(str(folder / ("%d.in.npz" % number)), **features)
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(path)] + [str(folder / str(i))
                                                       for i in range(len(batches))],
        capture_output=True, text=True, cwd=str(folder),
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    assert done.returncode == 0, done.stderr
    return [from_values(WindowOutputs, np.load(str(folder / ("%d.out.npz" % i))))
            for i in range(len(batches))]


def check_equal(found, wanted):
    for name, x, y in zip(WindowOutputs._fields, found, wanted):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("weights_and_seeds", [[(1, 1)], [(1, 1), (2, 3)]])
def test_a_stranger_gets_what_numpy_computes(weights_and_seeds, tmp_path):
    """A model, and the weighted mean of two; batches of several sizes and lengths."""
    made = Model(tmp_path, *(seed for _, seed in weights_and_seeds))
    path = made.export(tmp_path / "exported").path
    shutil.rmtree(str(made.folder))  # All that it needs is in it.
    moved = shutil.move(path, str(tmp_path / "elsewhere"))
    batches = [batch(1, 12, 1), batch(4, 64, 2), batch(3, 41, 3)]
    for features, found in zip(batches, strangers_outputs(moved, tmp_path, batches)):
        check_equal(found, expected(features, *weights_and_seeds))


def test_versions_follow_each_other_and_nothing_unfinished_stays(model, tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / ".unfinished-abc").mkdir()  # of a run that was killed
    (tmp_path / ".unfinished-abc" / "x").write_text("x")
    done = model.export(tmp_path)
    assert done == export.Exported(str(tmp_path / "8"), 6, 0.0)
    assert sorted(os.listdir(str(tmp_path))) == ["7", "8", "notes"]
    assert sorted(os.listdir(done.path)) == ["saved_model.pb", "serving.json", "variables",
                                             "vocab.txt"]


def test_an_export_that_differs_is_removed(model, tmp_path, monkeypatch):
    def load(session, scope, checkpoint):
        right(session, scope, checkpoint)
        bias = frozen_graph.member_graphs.variables_of(scope)["cls/nq/output_bias"]
        session.run(bias.initializer, {bias.initializer.inputs[1]: [0.01, 0.0]})

    right = frozen_graph._load
    monkeypatch.setattr(frozen_graph, "_load", load)
    with pytest.raises(UserError, match="gives other answers than the model itself: they differ "):
        model.export(tmp_path)
    assert os.listdir(str(tmp_path)) == []


def test_a_checkpoint_that_lacks_a_variable(tmp_path):
    made = Model(tmp_path, 1)
    prefix = tiny_model.write(tmp_path / "half", without=["answer_type_output_bias"])
    settings = made.settings._replace(members=(made.members[0]._replace(checkpoint=prefix),))
    with pytest.raises(UserError, match="has no answer_type_output_bias: it cannot be exported"):
        export.export(settings, made.serving, str(tmp_path / "exported"))
    assert os.listdir(str(tmp_path / "exported")) == []


def test_the_graph_names_no_file(exported, model):
    with open(os.path.join(exported, "saved_model.pb"), "rb") as f:
        assert str(model.folder).encode() not in f.read()


def some_outputs(scores, starts, null=0.0):
    """Outputs of one window, with lists of two spans or positions."""
    scores, starts = np.array([scores], np.float32), np.array([starts], np.int32)
    one = np.array([null], np.float32)
    return WindowOutputs(scores, starts, starts, one, one, one, np.zeros([1, 5], np.float32),
                         scores, starts, scores, starts)


@pytest.mark.parametrize("other, difference", [
    (some_outputs([3.0, 1.0, 0.0], [4, 5, 6]), 0.0),
    (some_outputs([3.0, 1.0, 0.0], [4, 5, 6], null=-0.25), 0.25),
    (some_outputs([3.0, 1.0, -0.5], [4, 5, 6]), 0.5),
    # The second score is 1 above the third and 2 below the first.
    (some_outputs([3.0, 1.0, 0.0], [4, 7, 6]), np.inf),
    (some_outputs([3.0, 1.0, 0.0], [7, 5, 6]), np.inf),
    # What comes after the last one may be as good.
    (some_outputs([3.0, 1.0, 0.0], [4, 5, 7]), 0.0),
    (some_outputs([3.0, 1.0], [4, 5]), np.inf),
])
def test_the_largest_difference(other, difference):
    assert comparing.largest_difference(some_outputs([3.0, 1.0, 0.0], [4, 5, 6]), other,
                                        0.1) == difference


def test_scores_that_are_not_told_apart_may_change_places():
    one, other = some_outputs([3.0, 2.9, 0.0], [4, 5, 6]), some_outputs([3.0, 2.9, 0.0], [5, 4, 6])
    assert comparing.largest_difference(one, other, 0.1) == 0.0
    assert comparing.largest_difference(one, other, 0.01) == np.inf


def test_no_span_equals_no_span():
    assert comparing.largest_difference(some_outputs([NO_SPAN, NO_SPAN], [0, 0]),
                                        some_outputs([NO_SPAN, NO_SPAN], [0, 0]), 0.1) == 0.0


def test_numbers_that_are_none_are_no_agreement():
    assert not comparing.largest_difference(some_outputs([1.0, 0.0], [4, 5]),
                                            some_outputs([np.nan, 0.0], [4, 5]), 0.1) <= 0.1


def test_what_lies_beside_the_graph(exported, model):
    found = serving.Serving.load(exported, FEATURIZER, make_decoder)
    assert found == model.serving._replace(text=TextOptions(os.path.join(exported, "vocab.txt")))
    assert found.decoder().output_options() == OPTIONS


@pytest.mark.parametrize("change, message", [
    (None, "there is no {}: give the folder of one exported model, DIR/NUMBER"),
    ("{", "{} is not JSON"),
    ("{}", "{} is not as this version writes it ('text'): export the model again"),
    (json.dumps({"predictor": PREDICTOR, "text": {}, "windows": {"stride": 3}}),
     "{} is not as this version writes it ("),
])
def test_descriptions_that_cannot_be_read(change, message, tmp_path):
    path = str(tmp_path / "serving.json")
    if change is not None:
        with open(path, "w") as f:
            f.write(change)
    with pytest.raises(UserError) as error:
        serving.Serving.load(str(tmp_path), FEATURIZER, make_decoder)
    assert message.format(path) in str(error.value)


def pages():
    return [decode_example(make_line(tiny_nq.place_page(i, filler=1 + i % 3)), "page %d" % i)
            for i in range(40)]


@pytest.mark.parametrize("way", [dict, "json"])
def test_a_client_has_the_answers_of_the_model(way, exported, model):
    """Also where the outputs come as JSON, as from a server."""
    with tf.Graph().as_default(), tf.Session() as session:
        signature = tf.saved_model.loader.load(session, ["serve"], exported).signature_def[
            "serving_default"]
        names = {name: output.name for name, output in signature.outputs.items()}

        def call(features):
            found = session.run(names, {signature.inputs[name].name: ids
                                        for name, ids in features.items()})
            if way is dict:
                return found
            return json.loads(json.dumps({name: value.tolist() for name, value in found.items()}))

        found = serving.Serving.load(exported, FEATURIZER, make_decoder)
        entries = list(found.predict(call, pages()))
    with WindowModel(model.settings, model.serving.decoder()) as session_model:
        wanted = list(predictor.predict(session_model, model.serving.page_predictor(), pages(),
                                        serving.BadInput()))
    assert entries == wanted


def test_a_server_of_another_model():
    with pytest.raises(UserError, match="the answer of the model has no span_scores: is it one "):
        from_values(WindowOutputs, {"start_logits": [[1.0]]})


# The programs, as a person runs them.


@pytest.fixture(scope="module")
def flags(model, tmp_path_factory):
    folder = str(model.folder / "1")
    return ["--output_dir=" + folder, "--vocab_file=%s/vocab.txt" % folder,
            "--bert_config_file=%s/bert_config.json" % folder] + [
                "--%s=%s" % (name, getattr(WINDOWS, name))
                for name in ("max_seq_length", "doc_stride", "max_query_length")]


def test_the_client_of_the_documentation(flags, model, tmp_path):
    """As it is written there, after the command that exports and predicts."""
    shard = write_shard(tmp_path / "dev.jsonl.gz", [tiny_nq.place_page(i) for i in range(6)])
    done = programs.run("bert_nq/run_nq.py", "--do_export", "--do_predict",
                        "--predict_file=" + shard,
                        "--output_prediction_file=%s" % (tmp_path / "p.json"), *flags)
    assert done.returncode == 0, done.stderr
    version = re.search(r"^SavedModel in (.*)$", done.stdout, re.MULTILINE).group(1)
    assert version == str(model.folder / "1" / "serving" / "1")
    assert re.search(r"^  loaded again and compared on  6 windows\n  largest difference +0$",
                     done.stdout, re.MULTILINE)
    with open(os.path.join(programs.ROOT, "docs", "serving.md"), encoding="utf8") as f:
        client = re.findall(r"^```python\n(.*?)^```", f.read(), re.MULTILINE | re.DOTALL)[0]
    (tmp_path / "client.py").write_text(client)
    done = subprocess.run([sys.executable, str(tmp_path / "client.py"), version, shard],
                          capture_output=True, text=True,
                          env=dict(os.environ, PYTHONPATH=programs.ROOT))
    assert done.returncode == 0, done.stderr
    with open(str(tmp_path / "p.json")) as f:
        assert list(map(json.loads, done.stdout.splitlines())) == json.load(f)["predictions"]


@pytest.mark.parametrize("export_dir, message", [
    ("gs://bucket/x", "--export_dir=gs://bucket/x: export to a folder of this machine"),
    ("{folder}/vocab.txt", "--export_dir={folder}/vocab.txt is a file: give a folder"),
])
def test_folders_that_cannot_be_exported_to(flags, model, export_dir, message):
    folder = model.folder / "1"
    done = programs.run("bert_nq/run_nq.py", "--do_export",
                        "--export_dir=" + export_dir.format(folder=folder), *flags)
    assert message.format(folder=folder) in programs.error_line(done)


def test_a_folder_without_a_model(flags, tmp_path):
    done = programs.run("bert_nq/run_nq.py", "--do_export",
                        *(flags + ["--output_dir=%s" % tmp_path]))
    assert programs.error_line(done) == ("error: %s holds no trained model: train first "
                                         "(--do_train), or give --init_checkpoint" % tmp_path)
