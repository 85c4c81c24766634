"""The demo with synonyms, all its stages, on a corpus that is too small to learn from."""
import json

import programs
import tiny_wordnet


def test_both_systems_are_made_and_shown(tmp_path):
    wordnet = tiny_wordnet.write(tmp_path / "wordnet")
    done = programs.run("demos/demo_syn/demo_syn.py", "--output_dir=%s" % (tmp_path / "out"),
                        "--num_train_pages=24", "--num_dev_pages=6", "--wordnet_dir=" + wordnet)
    assert done.returncode == 0, done.stderr
    scores = []
    for folder in (tmp_path / "out", tmp_path / "out" / "syn"):
        with open(str(folder / "scores.json")) as f:
            scores.append(json.load(f))
    row, = [line for line in done.stdout.splitlines() if line.startswith("long answers, F1")]
    assert row.split()[-2:] == ["%.3f" % s["long-best-threshold-f1"] for s in scores]
    windows, = [line for line in done.stdout.splitlines() if line.startswith("windows   ")]
    without, having = [int(n.replace(",", "")) for n in windows.split()[1:]]
    assert having > without > 0


def test_without_wordnet_it_ends_at_once(tmp_path):
    done = programs.run("demos/demo_syn/demo_syn.py", "--output_dir=%s" % (tmp_path / "out"),
                        "--num_train_pages=24", "--num_dev_pages=6",
                        "--wordnet_dir=%s" % (tmp_path / "none"))
    assert done.returncode == 1
    assert "apt-get install wordnet-base" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "model").exists()
