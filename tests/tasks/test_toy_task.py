"""A task that a test registers trains, saves, loads, predicts and is scored: nothing else changes.

Its dataset, features, head, decoder and measure are those of tests/support/toy_task.py.
"""
import json
import os

import pytest

from bert_nq import tasks
from bert_nq.base.errors import UserError
from bert_nq.features import spec
from bert_nq.features.options import TextOptions
from bert_nq.records import examples, job, tfrecord
from bert_nq.records.preparation import PreparationOptions
from tests.support import programs, tiny_nq, toy_task


class Work:
    """Files of the toy task, and the flags that name them."""

    def __init__(self, folder):
        self.folder = folder
        self.vocab = tiny_nq.write_vocabulary(folder / "vocab.txt")
        self.config = tiny_nq.write_config(folder / "bert_config.json")
        self.train = toy_task.write_lines(folder / "train.jsonl", 64)
        self.dev = toy_task.write_lines(folder / "dev.jsonl", 20, first=1000)
        self.records = str(folder / "train.tfrecord")
        self.model = str(folder / "model")
        options = PreparationOptions(toy_task.FEATURIZER, TextOptions(self.vocab),
                                     toy_task.Options())
        self.prepared = job.run_job(
            job.Job(options, toy_task.READING, [self.train], self.records), num_workers=1)

    def run(self, *flags):
        return programs.run("tests/support/run_toy.py", *flags)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def trained(work):
    """Standard output and standard error of a training that is scored as it goes."""
    done = work.run(
        "--do_train", "--train_precomputed_file=" + work.records, "--output_dir=" + work.model,
        "--bert_config_file=" + work.config, "--vocab_file=" + work.vocab, "--seed=1",
        "--train_batch_size=8", "--num_train_epochs=12", "--learning_rate=2e-3",
        "--dev_file=" + work.dev, "--eval_every=48")
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_records_are_made_checked_and_inspected_by_the_spec(work):
    counts = work.prepared.manifest.counts
    assert (counts["records"], counts["DRY"], counts["RIVER"]) == (64, 32, 32)
    payload = next(tfrecord.read_records(work.records))
    assert list(examples.parse(payload, "a record")) == [
        "unique_ids", "input_ids", "input_mask", "segment_ids", "labels"]
    assert spec.purpose_of(toy_task.SPEC, examples.parse(payload, "a record")) == spec.TRAINING


def test_it_trains_and_is_scored_by_its_own_measure(work, trained):
    stdout, stderr = trained
    assert "Trained: %s/model.ckpt-96" % work.model in stdout
    assert "step 48: dev accuracy " in stderr
    with open(os.path.join(work.model, "history.json")) as f:
        history = json.load(f)
    assert [e["step"] for e in history["evaluations"]] == [48, 96]
    assert set(history["evaluations"][0]["scores"]) == {"accuracy"}
    assert {"class_loss", "class_accuracy"} <= set(history["blocks"][0])
    assert os.path.exists(os.path.join(work.model, "history.png"))
    # Half of the texts have a river.
    assert max(e["scores"]["accuracy"] for e in history["evaluations"]) > 0.8


def test_it_predicts_by_what_the_models_folder_knows(work, trained):
    best, output = os.path.join(work.model, "best"), str(work.folder / "answers.jsonl")
    done = work.run("--do_predict", "--output_dir=" + best, "--predict_file=" + work.dev,
                    "--output_prediction_file=" + output, "--num_workers=2")
    assert done.returncode == 0, done.stderr
    assert "with a river" in done.stdout
    with open(output) as f:
        first, *entries = map(json.loads, f)
    assert first["predictor"]["decoder"] == "toy"
    assert [entry["example_id"] for entry in entries] == list(range(1000, 1020))
    with open(os.path.join(best, "scores.json")) as f:
        scores = json.load(f)
    gold = toy_task.read_gold([work.dev])
    assert toy_task.score(gold, {e["example_id"]: e for e in entries}) == scores


def test_a_model_of_another_task_is_refused(work, trained):
    done = programs.run("bert_nq/run_nq.py", "--do_predict", "--output_dir=" + work.model,
                        "--predict_file=" + work.dev)
    assert programs.error_line(done) == (
        "error: the model in %s is of the task toy, not of nq_joint" % work.model)


def test_tasks_are_looked_up_by_name(monkeypatch):
    with pytest.raises(UserError, match="there is no task 'toy': there are classification, "):
        tasks.get("toy")
    monkeypatch.setitem(tasks.TASKS, "toy", "tests.support.toy_task")
    assert tasks.get("toy") is toy_task.TASK
    assert tasks.get("nq_joint").name == "nq_joint"
