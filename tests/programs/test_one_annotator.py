"""Gold with one annotation a page, which the official rule of two annotators has no use for.

Every program that scores says so and names the flags; with them it scores.
"""
import json
import os

import pytest

from tests.support import nbest_samples, tiny_nq
from tests.support.nq_pages import write_shard
from tests.support.programs import error_line, run

TOO_FEW = ("no question has 2 annotators with a long or 2 with a short answer, so that every F1 is "
           "0: where each question has one annotator, give --long_non_null_threshold=1 "
           "--short_non_null_threshold=1")
ONE = ["--long_non_null_threshold=1", "--short_non_null_threshold=1"]
NUM_PAGES = 4
# A page of tiny_nq: its second paragraph and the town in it.
LONG = {"start_token": 14, "end_token": 23, "start_byte": -1, "end_byte": -1}
SHORT = {"start_token": 20, "end_token": 21, "start_byte": -1, "end_byte": -1}


def one_annotation(page):
    return dict(page, annotations=page["annotations"][:1])


class Work:
    """The pages and right predictions for them, and the flags that name them."""

    def __init__(self, folder):
        self.folder = folder
        self.pages = [one_annotation(tiny_nq.place_page(i)) for i in range(NUM_PAGES)]
        self.gold = write_shard(folder / "gold.jsonl.gz", self.pages)
        self.predictions = str(folder / "predictions.json")
        with open(self.predictions, "w") as f:
            json.dump({"predictions": [
                {"example_id": page["example_id"], "long_answer": LONG, "long_answer_score": 2.0,
                 "short_answers": [SHORT], "short_answers_score": 1.0, "yes_no_answer": "NONE"}
                for page in self.pages]}, f)
        self.flags = ["--gold_path=" + self.gold, "--predictions_path=" + self.predictions]


@pytest.fixture(name="work")
def fixture_work(tmp_path):
    return Work(tmp_path)


def test_scoring(work):
    report = str(work.folder / "report")
    done = run("eval/nq_eval.py", "--report=" + report, "--resamples=5", *work.flags)
    # The official numbers are what they are; the remark stands beside them.
    assert done.returncode == 0
    assert json.loads(done.stdout)["long-best-threshold-f1"] == 0
    assert TOO_FEW in done.stderr.splitlines()
    with open(os.path.join(report, "report.md"), encoding="utf8") as f:
        assert "**Note:** %s." % TOO_FEW in f.read()
    with open(os.path.join(report, "report.json"), encoding="utf8") as f:
        assert json.load(f)["remarks"] == [TOO_FEW]
    done = run("eval/nq_eval.py", *(ONE + work.flags))
    scored, together = done.stderr.splitlines()
    assert scored.startswith("scored 4 questions") and together.startswith("long and short")
    assert json.loads(done.stdout)["short-best-threshold-f1"] == 1.0


def test_error_pages(work):
    site = work.folder / "site"
    done = run("eval/error_pages.py", "--output_dir=%s" % site, *work.flags)
    assert (done.returncode, done.stderr) == (0, TOO_FEW + "\n")
    assert "Note: %s." % TOO_FEW in (site / "index.html").read_text(encoding="utf8")
    done = run("eval/error_pages.py", "--output_dir=%s" % site, *(ONE + work.flags))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Note:" not in (site / "index.html").read_text(encoding="utf8")


def test_ensembles(work):
    paths = [nbest_samples.write_nbest(work.folder / name, [
        nbest_samples.page({(14, 23): score}, {(20, 21): score}, (-5.0, -5.0),
                           example_id=page["example_id"]) for page in work.pages],
        {"model": name, "decoder": "page", "options": {}})
        for name, score in (("a.json", 1.0), ("b.json", 2.0))]
    flags = ["--nbest_paths=" + ",".join(paths), "--gold_path=" + work.gold]
    done = run("eval/ensemble_predictions.py", *flags)
    assert (done.returncode, done.stderr) == (0, TOO_FEW + "\n")
    assert TOO_FEW in error_line(run("eval/ensemble_predictions.py", "--fit_weights", *flags))
    done = run("eval/ensemble_predictions.py", "--fit_weights", "--folds=2", *(ONE + flags))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(name="training", scope="module")
def fixture_training(tmp_path_factory):
    """The flags of a training of five steps."""
    folder = tmp_path_factory.mktemp("training")
    vocab = tiny_nq.write_vocabulary(folder / "vocab.txt")
    shard = write_shard(folder / "train.jsonl.gz", [tiny_nq.place_page(i) for i in range(20, 40)])
    windows = ["--max_seq_length=64", "--doc_stride=16", "--max_query_length=16",
               "--vocab_file=" + vocab]
    records = str(folder / "train.tfrecord")
    done = run("prepare/prepare_nq_data.py", "--input_jsonl=" + shard,
               "--output_tfrecord=" + records, *windows)
    assert done.returncode == 0, done.stderr
    return windows + [
        "--do_train", "--train_precomputed_file=" + records, "--num_train_epochs=1", "--seed=1",
        "--train_batch_size=4", "--bert_config_file=" + tiny_nq.write_config(folder / "c.json")]


def test_training_does_not_compare_models_by_scores_that_are_all_0(work, training):
    model = work.folder / "model"
    done = run("bert_nq/run_nq.py", "--output_dir=%s" % model, "--dev_file=" + work.gold,
               "--eval_every=1", "--early_stopping=1", *training)
    assert error_line(done) == "error: %s: these pages cannot tell a better model: %s" % (
        work.gold, TOO_FEW)
    assert not list(model.glob("model.ckpt*"))
    done = run("bert_nq/run_nq.py", "--output_dir=%s" % model, "--dev_file=" + work.gold,
               *(ONE + training))
    assert done.returncode == 0, done.stderr
    assert "annotator" not in done.stderr
    assert "step 5: dev long F1 " in done.stderr


def test_training_tells_where_one_kind_of_answer_cannot_be_scored(work, training):
    pages = [dict(page, annotations=page["annotations"] + [
        dict(annotation, short_answers=[]) for annotation in page["annotations"]])
        for page in work.pages]
    dev = write_shard(work.folder / "dev.jsonl.gz", pages)
    flags = ["--output_dir=%s" % (work.folder / "model"), "--dev_file=" + dev] + training
    done = run("bert_nq/run_nq.py", *flags)
    assert done.returncode == 0, done.stderr
    remark = ("--dev_file: no question has 2 annotators with a short answer, so that its F1 is 0: "
              "where each question has one annotator, give --short_non_null_threshold=1")
    assert done.stderr.index(remark) < done.stderr.index("step 5: dev long F1 ")
    error = error_line(run("bert_nq/run_nq.py", "--metric=short", "--overwrite_output_dir", *flags))
    assert "these pages cannot tell a better model: no question has 2 annotators with a short" in (
        error)
