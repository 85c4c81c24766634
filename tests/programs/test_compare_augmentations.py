"""The comparison of augmentations: its numbers, and that its runs are made once, equally long."""
import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import programs, tiny_nq
from tests.support.nq_pages import write_shard

sys.path.insert(0, os.path.join(programs.ROOT, "benchmarks"))

import augmentation_cells  # noqa: E402
import augmentation_summary  # noqa: E402

from bert_nq.training.settings import num_train_steps  # noqa: E402

WINDOWS = "--max_seq_length=64 --doc_stride=16 --max_query_length=16"


def result(seed, long_f1, short_f1, windows=100, copies=0, steps=50):
    return augmentation_cells.Result(seed, windows, copies, steps, {
        "long-best-threshold-f1": long_f1, "short-best-threshold-f1": short_f1})


@given(st.integers(1, 10 ** 6), st.integers(1, 10 ** 7), st.integers(1, 4096))
def test_epochs_are_exactly_as_many_steps(steps, windows, batch):
    epochs = augmentation_cells.epochs_of(steps, windows, batch)
    assert num_train_steps(windows, batch, float(repr(epochs))) == steps


def test_the_table():
    rows = augmentation_summary.summarise(
        {"none": [result(1, 0.5, 0.2), result(2, 0.6, 0.4)],
         # Less none: 0.1 and 0.3, whose mean is 0.2 and whose deviation is 0.1 * sqrt(2).
         "more": [result(1, 0.6, 0.2, 150, 50), result(2, 0.9, 0.4, 152, 52, 51)],
         # Seed 3 has no partner: one difference, 0.5 - 0.6.
         "other": [result(2, 0.5, 0.1, None, None, None), result(3, 0.7, 0.3, None, None, None)],
         "later": []},
        {"none": [], "more": ["--augment=more"], "other": [], "later": []}, "none")
    assert json.loads(json.dumps(rows)) == rows
    assert rows[1]["flags"] == ["--augment=more"]
    assert rows[1]["runs"][1]["long_f1"] == 0.9
    lines = [[cell.strip() for cell in line.split("|")[1:-1]]
             for line in augmentation_summary.markdown(rows, "none").splitlines() if "|" in line]
    assert lines[0] == ["setting", "runs", "windows", "copies", "steps",
                        "long F1", "of each run", "less none",
                        "short F1", "of each run", "less none"]
    assert lines[2:] == [
        ["none", "2", "100", "0.0 %", "50", "0.550 ± 0.071", "0.500 0.600", "",
         "0.300 ± 0.141", "0.200 0.400", ""],
        ["more", "2", "151", "33.8 %", "50 to 51", "0.750 ± 0.212", "0.600 0.900", "+0.200 ± 0.141",
         "0.300 ± 0.141", "0.200 0.400", "+0.000 ± 0.000"],
        ["other", "2", "?", "?", "?", "0.600 ± 0.141", "0.500 0.700", "-0.100",
         "0.200 ± 0.141", "0.100 0.300", "-0.300"]]


def compare(folder, *flags):
    """Runs the comparison with pages of eight windows, four of which have the answer."""
    train = write_shard(folder / "train.jsonl.gz",
                        [tiny_nq.place_page(i, filler=8) for i in range(12)])
    dev = write_shard(folder / "dev.jsonl.gz",
                      [tiny_nq.place_page(i, filler=8) for i in range(20, 24)])
    return programs.run(
        "benchmarks/compare_augmentations.py", "--train_jsonl=" + train, "--dev_jsonl=" + dev,
        "--work_dir=%s" % (folder / "work"),
        "--vocab_file=" + tiny_nq.write_vocabulary(folder / "vocab.txt"),
        "--bert_config_file=" + tiny_nq.write_config(folder / "config.json"),
        "--prepare_flags=" + WINDOWS, "--predict_flags=%s --num_workers=1" % WINDOWS,
        "--train_flags=%s --train_batch_size=4" % WINDOWS, *flags)


def test_runs_are_made_once_and_are_equally_long(tmp_path):
    work = tmp_path / "work"
    # What somebody has put there counts as done.
    for name, long_f1 in (("none-2", 0.25), ("half-2", 0.5)):
        (work / name).mkdir(parents=True)
        (work / name / "scores.json").write_text(
            '{"long-best-threshold-f1": %g, "short-best-threshold-f1": 0.0}' % long_f1)
    flags = ["--settings=none", "--setting=half:--augment=deletion --rate=0.5", "--seeds=1,2"]
    # 48 windows with an answer and batches of 4: half an epoch is 6 steps.
    done = compare(tmp_path, "--num_train_epochs=0.5", "--nokeep", *flags)
    assert done.returncode == 0, done.stderr
    assert "[2/4] half-1" in done.stderr and "none-1: train 6 steps took" in done.stderr
    assert "none-2: " not in done.stderr
    with open(str(work / "comparison.json")) as f:
        none, half = json.load(f)
    assert [run["steps"] for run in (none["runs"][0], half["runs"][0])] == [6, 6]
    assert (none["runs"][0]["windows"], none["runs"][0]["copies"]) == (48, 0)
    # The pages' own windows are the same with copies.
    assert half["runs"][0]["windows"] == 48 + half["runs"][0]["copies"] > 48
    assert half["long_f1_difference"]["sd"] is not None
    assert [run["long_f1"] for run in half["runs"]][1] == 0.5
    assert (work / "comparison.md").read_text() in done.stdout
    assert not (work / "none-1" / "model").exists()
    assert not (work / "none-1" / "train.tfrecord").exists()

    log = (work / "none-1" / "log").stat()
    again = compare(tmp_path, "--num_train_epochs=0.5", *flags)
    assert again.returncode == 0, again.stderr
    assert (work / "none-1" / "log").stat() == log
    assert (work / "comparison.md").read_text() in again.stdout

    again = compare(tmp_path, "--num_train_epochs=0.5", "--compared_with=half", *flags)
    with open(str(work / "comparison.json")) as f:
        none, half = json.load(f)
    assert "less half" in again.stdout and "long_f1_difference" not in half
    assert none["long_f1_difference"]["mean"] == pytest.approx(
        (none["runs"][0]["long_f1"] - half["runs"][0]["long_f1"] - 0.25) / 2)

    other = compare(tmp_path, "--num_train_steps=7", *flags)
    assert other.returncode == 1
    assert "none-1 was made with other flags: num_train_epochs was 0.5 and is null" in other.stderr


@pytest.mark.parametrize("flags, message", [
    (["--settings=none,such"], "error: --settings: such is none of none, unchanged, seed, default"),
    (["--compared_with=all"],
     "error: --compared_with: all is none of the settings, none, seed, default"),
    (["--setting=none:--augment=synonyms"], "there is a setting none already"),
    (["--setting=--augment=synonyms"], "it is written NAME:FLAGS"),
    (["--seeds=1,x"], "error: --seeds=1,x: they are whole numbers"),
    ([], "error: give either --num_train_steps or --num_train_epochs"),
    (["--num_train_epochs=1", "--settings=seed"], "put none first among --settings"),
    (["--num_train_steps=2", "--settings=none", "--setting=x:--no_such_flag=1"],
     "prepare/prepare_nq_data.py does not take"),
    (["--num_train_steps=2", "--settings=none", "--train_flags=--learning_rate=-1"],
     "bert_nq/run_nq.py does not take --learning_rate=-1: "),
    (["--num_train_steps=2", "--settings=none", "--dev_jsonl=no.jsonl"],
     "no dev file matches 'no.jsonl'"),
])
def test_what_cannot_be_is_told_at_once(tmp_path, flags, message):
    assert message in programs.error_line(compare(tmp_path, *flags))
    assert not (tmp_path / "work").exists()


def test_a_run_that_fails(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    shard = write_shard(tmp_path / "pages.jsonl", [tiny_nq.place_page(1)])
    done = programs.run(
        "benchmarks/compare_augmentations.py", "--train_jsonl=" + shard, "--dev_jsonl=" + shard,
        "--work_dir=%s" % (tmp_path / "work"), "--vocab_file=%s" % (tmp_path / "vocab.txt"),
        "--bert_config_file=" + tiny_nq.write_config(tmp_path / "config.json"),
        "--num_train_steps=2", "--settings=none", "--seeds=1")
    assert done.returncode == 1
    assert "error: none-1: prepare/prepare_nq_data.py failed: error: " in done.stderr
    assert "Traceback" not in done.stderr
