"""Scores of candidates from shards to training windows chosen by them, and to fewer windows."""
import gzip
import json
import re

import pytest

from bert_nq.datasets.nq.candidate_scores import read_scores
from tests.programs.test_run_nq import value
from tests.support import programs, tiny_model, tiny_nq
from tests.support.nq_pages import read_shard, write_shard
from tests.support.programs import error_line, next_command, paste
from tests.support.score_files import write_scores

NUM_PAGES = 8  # of each of two shards
WINDOWS = ["--max_seq_length=64", "--doc_stride=16", "--max_query_length=16"]


def finished(done):
    """Standard output of a program that succeeded."""
    assert done.returncode == 0, done.stderr
    return done.stdout


class Work:
    """A model, shards, and the scores that the model gives to their candidates."""

    def __init__(self, folder):
        self.folder = folder
        for shard in range(2):
            write_shard(folder / ("nq-%d.jsonl.gz" % shard), [
                tiny_nq.place_page(i, filler=10)
                for i in range(shard * NUM_PAGES, (shard + 1) * NUM_PAGES)])
        self.shards = "%s/nq-*.jsonl.gz" % folder
        tiny_model.write(folder / "model")
        self.scores = str(folder / "scores.jsonl.gz")
        self.done = self.predict("--output_candidate_scores=" + self.scores, "--num_workers=2")

    def predict(self, *flags):
        return programs.run("bert_nq/run_nq.py", "--do_predict", "--predict_file=" + self.shards,
                            "--output_dir=%s/model" % self.folder, *WINDOWS, *flags,
                            cwd=str(self.folder))

    def prepare(self, output, *flags):
        return programs.run(
            "prepare/prepare_nq_data.py", "--input_jsonl=" + self.shards,
            "--vocab_file=%s/model/vocab.txt" % self.folder, "--output_tfrecord=%s" % output,
            "--include_unknowns=0.3", *WINDOWS, *flags)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("scores"))


def test_the_joint_reader_scores_candidates(work):
    stdout = finished(work.done)
    assert "Candidate scores in %s" % work.scores in stdout
    pages = [page for _, page in read_scores(work.scores)]
    assert [page.example_id for page in pages] == [1000 + i for i in range(2 * NUM_PAGES)]
    assert {tuple(page.candidates.tolist()) for page in pages} >= {(0, 1, 2)}
    num_candidates = sum(len(page.candidates) for page in pages)
    assert value(stdout, "pages") == "16"
    assert int(value(stdout, "candidates")) == num_candidates > 32


def test_windows_are_chosen_by_the_command_that_it_prints(work, tmp_path):
    stdout = paste(next_command(work.done.stdout), tmp_path)
    assert value(stdout, "windows without answer chosen by") == work.scores
    made = json.loads((tmp_path / "mined.manifest.json").read_text())
    assert made["settings"]["unknowns_from"]["negative_temperature"] == 1.0
    assert (made["settings"]["max_seq_length"], made["settings"]["doc_stride"]) == (64, 16)


def test_other_scores_under_the_same_name_are_other_settings(work, tmp_path):
    output, scores = tmp_path / "x.tfrecord", tmp_path / "scores.jsonl"
    write_scores(scores, {1000 + i: {0: 1.0} for i in range(2 * NUM_PAGES)})
    first = finished(work.prepare(output, "--unknowns_from=%s" % scores))
    assert value(first, "written as records") == value(
        finished(work.prepare(tmp_path / "y.tfrecord")), "written as records")
    write_scores(scores, {1000 + i: {2: 1.0} for i in range(2 * NUM_PAGES)})
    done = work.prepare(output, "--unknowns_from=%s" % scores)
    finished(done)
    assert "made anew, since it was made otherwise: unknowns_from was" in done.stderr


def test_a_prefilter_leaves_fewer_windows_and_the_page_s_tokens(work, tmp_path):
    whole, few = tmp_path / "whole.json", tmp_path / "few.json"
    stdout = finished(work.predict("--output_prediction_file=%s" % whole))
    # The paragraph in the middle has the answer and is short; those around it are long.
    scores = write_scores(tmp_path / "scores.jsonl", {
        1000 + i: {0: 0.3, 1: 0.9, 2: 0.2} for i in range(2 * NUM_PAGES)})
    fewer = finished(work.predict("--output_prediction_file=%s" % few, "--prefilter=" + scores,
                                  "--keep=1"))
    assert int(value(fewer, "windows")) == 16 < int(value(stdout, "windows"))
    pages = {page["example_id"]: page for shard in range(2)
             for page in read_shard(work.folder / ("nq-%d.jsonl.gz" % shard))}
    entries = json.loads(few.read_text())["predictions"]
    assert len(entries) == 16
    for entry in entries:
        second = pages[entry["example_id"]]["long_answer_candidates"][1]
        assert [entry["long_answer"][name] for name in ("start_token", "end_token")] == [
            second["start_token"], second["end_token"]]
        for short in entry["short_answers"]:
            assert second["start_token"] < short["start_token"] < second["end_token"]
    # None of the candidates: no answers, and no failure.
    finished(work.predict("--output_prediction_file=%s" % few, "--prefilter=" + scores,
                          "--keep_threshold=0.95"))
    assert {entry["long_answer"]["start_token"]
            for entry in json.loads(few.read_text())["predictions"]} == {-1}


@pytest.mark.parametrize("flags, message", [
    (["--keep=4"], "--keep is for --prefilter, which is not given"),
    (["--prefilter=%s", "--keep=0"], "--keep must be at least 1, it is 0"),
    (["--prefilter=%s.bad"], "scores.jsonl.gz.bad, line 2: not JSON: "),
    (["--prefilter=%s.other", "--num_workers=1"],
     "nq-0.jsonl.gz, line 1: example 1000 has no candidate scores: score these pages"),
    (["--output_candidate_scores=x", "--do_eval"], "leave out --do_eval"),
    (["--output_candidate_scores=x", "--decoder=bert_joint"], "--decoder=bert_joint has no scores"),
])
def test_what_prediction_cannot_do(work, flags, message):
    with gzip.open(work.scores) as f:
        first = f.readline().decode("ascii")
    (work.folder / "scores.jsonl.gz.bad").write_text(first + "{\n")
    write_scores(work.folder / "scores.jsonl.gz.other", {1: {}})
    done = work.predict(*[flag.replace("%s", work.scores) for flag in flags])
    assert done.returncode == 1
    assert message in error_line(done)


@pytest.mark.parametrize("flags, message", [
    (["--uniform_share=0.5"], "--uniform_share is for --unknowns_from, which is not given"),
    (["--unknowns_from=%s", "--include_unknowns=0"], "--unknowns_from chooses as many windows as"),
    (["--unknowns_from=%s", "--nois_training"], "leave it out with --nois_training"),
    (["--unknowns_from=%s", "--negative_temperature=-1"], "--negative_temperature=-1.0 is not a"),
    (["--unknowns_from=%s", "--augment=swap"], "leave one of them out")])
def test_what_preparation_cannot_do(work, tmp_path, flags, message):
    done = work.prepare(tmp_path / "x.tfrecord",
                        *[re.sub("%s", work.scores, flag) for flag in flags])
    assert done.returncode == 1
    assert message in error_line(done)
    assert not list(tmp_path.iterdir())
