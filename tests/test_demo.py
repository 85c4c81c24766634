"""The demo, all its stages, on a corpus that is too small to learn from."""
import json

import programs


def test_the_demo_runs_through_and_keeps_what_it_made(tmp_path):
    args = ["--output_dir=%s" % tmp_path, "--num_train_pages=24", "--num_dev_pages=6"]
    done = programs.run("demos/demo_60k/demo_60k.py", *args)
    assert done.returncode == 0, done.stderr
    assert "[9] Score" in done.stdout
    assert "best threshold" in done.stdout
    with open(str(tmp_path / "predictions.json")) as f:
        assert len(json.load(f)["predictions"]) == 6
    with open(str(tmp_path / "scores.json")) as f:
        scores = json.load(f)
    assert len(scores) == 20
    assert "%.3f" % scores["long-best-threshold-f1"] in done.stdout

    records = (tmp_path / "nq-train.tfrecord").stat()
    again = programs.run("demos/demo_60k/demo_60k.py", *args, "--nodo_predict")
    assert again.returncode == 0, again.stderr
    assert "Nothing was left to do" in again.stdout
    assert (tmp_path / "nq-train.tfrecord").stat() == records


def test_a_stage_that_fails_ends_the_demo(tmp_path):
    done = programs.run("demos/demo_60k/demo_60k.py", "--output_dir=%s" % tmp_path,
                        "--data_dir=%s" % (tmp_path / "none"), "--vocab_file=vocab.txt")
    assert done.returncode == 1
    assert "prepare/extract_train_set.py failed (exit code 1)" in done.stderr
    assert "Traceback" not in done.stderr
