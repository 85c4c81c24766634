"""The demos, all their stages, on a corpus that is too small to learn from."""
import json
import os
import shlex
import sys

import pytest

from bert_nq.estimator import model_folder
from bert_nq.modeling import encoders
from tests.support import programs, tiny_wordnet

sys.path.insert(0, os.path.join(programs.ROOT, "demos", "demo_nmg"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a demo that ran through, its flags, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    args = ["--output_dir=%s" % folder, "--num_train_pages=24", "--num_dev_pages=6"]
    return folder, args, programs.run("demos/demo_60k/demo_60k.py", *args)


def test_the_demo_runs_through_and_keeps_what_it_made(made):
    folder, args, done = made
    assert done.returncode == 0, done.stderr
    assert "[9] Score" in done.stdout
    assert "best threshold" in done.stdout
    with open(str(folder / "predictions.json")) as f:
        assert len(json.load(f)["predictions"]) == 6
    with open(str(folder / "scores.json")) as f:
        scores = json.load(f)
    assert len(scores) == 20
    assert "%.3f" % scores["long-best-threshold-f1"] in done.stdout

    records = (folder / "nq-train.tfrecord").stat()
    again = programs.run("demos/demo_60k/demo_60k.py", *args, "--nodo_predict")
    assert again.returncode == 0, again.stderr
    assert "Nothing was left to do" in again.stdout
    assert (folder / "nq-train.tfrecord").stat() == records


def test_beside_it_stands_the_system_with_synonyms(made, tmp_path_factory):
    folder, args, _ = made
    wordnet = tiny_wordnet.write(tmp_path_factory.mktemp("wordnet"))
    model = (folder / "model" / "checkpoint").stat()
    done = programs.run("demos/demo_syn/demo_syn.py", *args, "--wordnet_dir=" + wordnet)
    assert done.returncode == 0, done.stderr
    assert "Predict and score: %s is there" % (folder / "scores.json") in done.stdout
    assert (folder / "model" / "checkpoint").stat() == model
    scores = []
    for system in (folder, folder / "syn"):
        with open(str(system / "scores.json")) as f:
            scores.append(json.load(f))
    row, = [line for line in done.stdout.splitlines() if line.startswith("long answers, F1")]
    assert row.split()[-2:] == ["%.3f" % s["long-best-threshold-f1"] for s in scores]
    windows, = [line for line in done.stdout.splitlines() if line.startswith("windows   ")]
    without, having = [int(n.replace(",", "")) for n in windows.split()[1:]]
    assert having > without > 0


OTHERS = os.path.join(programs.ROOT, "demos", "demo_squad", "encoders")


@pytest.mark.parametrize("name", sorted(os.listdir(OTHERS)))
def test_the_demos_other_encoders_have_settings(name):
    config = encoders.read_config(os.path.join(OTHERS, name, "bert_config.json"))
    assert config.encoder == {"relative": "bert"}.get(name, name)
    assert config.vocab_size == 4000 and config.max_position_embeddings >= 128
    assert os.path.exists(os.path.join(OTHERS, name, "train.flags"))
    # What has SentencePiece says so, and of which family.
    kind = os.path.join(OTHERS, name, "vocab.flags")
    assert os.path.exists(kind) == (name in ("albert", "xlnet"))
    if os.path.exists(kind):
        with open(kind) as f:
            assert f.read().split() == ["--kind=sentencepiece", "--family=" + name]


def test_squad_of_the_same_corpus_is_trained_and_scored(made):
    folder, args, _ = made
    done = programs.run("demos/demo_squad/demo_squad.py", *args)
    assert done.returncode == 0, done.stderr
    assert "Make initial weights: %s" % (folder / "init") in done.stdout
    for version in ("1.1", "2.0"):
        row, = [line for line in done.stdout.splitlines()
                if line.startswith("SQuAD %s " % version)]
        with open(str(folder / "squad" / ("model-v" + version) / "scores.json")) as f:
            scores = json.load(f)
        assert "%.2f" % scores["f1"] in row
    with open(str(folder / "squad" / "dev-v2.0.json")) as f:
        questions = [(paragraph["context"], question) for article in json.load(f)["data"]
                     for paragraph in article["paragraphs"] for question in paragraph["qas"]]
    assert scores["total"] == len(questions) > 0
    for context, question in questions:
        assert bool(question["answers"]) != question["is_impossible"]
        for answer in question["answers"]:
            assert context.startswith(answer["text"], answer["answer_start"])


def test_a_student_is_trained_with_and_without_its_teacher(made):
    folder, args, _ = made
    done = programs.run("demos/demo_distillation/demo_distillation.py", *args)
    assert done.returncode == 0, done.stderr
    rows = {title: row for row in done.stdout.splitlines()
            for title in ("teacher", "student", "student with the teacher")
            if row.startswith(title + "  ")}
    parameters = {title: int(row.split()[-2].replace(",", "")) for title, row in rows.items()}
    # Four layers and two of them.
    assert parameters["teacher"] > parameters["student"]
    assert parameters["student"] == parameters["student with the teacher"]
    for title, name in (("teacher", "teacher"), ("student", "student"),
                        ("student with the teacher", "distilled")):
        with open(str(folder / "distillation" / name / "scores.json")) as f:
            assert "%.2f" % json.load(f)["f1"] in rows[title]


def test_readers_of_candidates_stand_in_a_table(made):
    folder, args, _ = made
    done = programs.run("demos/demo_quesbelm/demo_quesbelm.py", *args)
    assert done.returncode == 0, done.stderr
    table = done.stdout[done.stdout.index("long F1  short F1"):].splitlines()[1:6]
    work = folder / "quesbelm"
    for row, name in zip(table, ("base", "uniform", "mined", "cascade", "ensemble")):
        with open(str(work / name / "scores.json")) as f:
            scores = json.load(f)
        assert row[28:46].split() == ["%.3f" % scores["%s-best-threshold-f1" % kind]
                                      for kind in ("long", "short")]
    read = [row[46:].split() for row in table]
    # All read all candidates, or the base does, and the others at most four of a page.
    assert {row[0] for row in read} == {read[0][0]} and float(read[0][0]) > 4
    assert read[3][1:4] == ["by", "base", "+"] and 0 < float(read[3][4]) <= 4
    assert read[4][1:6] == ["by", "base", "+", "2", "x"] and read[4][6] == read[3][4]
    assert all(int(row[-1]) > 0 for row in read)
    # The two trainings that are compared have the same steps, rows of the same kinds and pages.
    made_of = []
    for name in ("uniform", "mined"):
        with open(str(work / (name + ".manifest.json"))) as f:
            made_of.append(json.load(f)["counts"])
    assert made_of[0] == made_of[1]
    steps = [model_folder.steps_done(str(work / name)) for name in ("uniform", "mined", "second")]
    assert steps[0] == steps[1] == steps[2] > 0


def test_a_masking_policy_is_compared_with_rules(made):
    folder, args, _ = made
    done = programs.run("demos/demo_nmg/demo_nmg.py", *args, "--num_episodes=1")
    assert done.returncode == 0, done.stderr
    policy = folder / "nmg" / "policy"
    with open(str(policy / "meta_test.json")) as f:
        scores = json.load(f)["scores"]
    table = done.stdout[done.stdout.rindex("macro F1"):].splitlines()[1:7]
    for row, name in zip(table, ("no further pretraining", "random masks", "whole_word masks",
                                 "span masks", "punctuation masks", "policy")):
        own = "policy-000001" if name == "policy" else name
        found = [scores["test: %s, seed %d" % (own, seed)]["accuracy"] for seed in (1, 2, 3)]
        assert row.startswith(name + "  ")
        assert row[26:52].strip() == "%.3f (%.3f to %.3f)" % (
            sum(found) / 3, min(found), max(found))
    assert "\nThe policy's masks are " in done.stdout
    for name in ("history.png", "words.html"):
        assert (policy / name).exists() and str(policy / name) in done.stdout
    ended = programs.paste(programs.next_command(done.stdout[done.stdout.rindex("macro F1"):]),
                           ".", "--num_train_epochs=2")
    assert "macro_f1" in ended


def test_what_a_masking_policy_is_worth():
    import demo_nmg
    by_seed = {"no further pretraining": (0.5, 0.6), "random masks": (0.7, 0.8),
               "span masks": (0.6, 0.7), "policy": (0.75, 0.9)}
    assert demo_nmg.verdict(as_scores(by_seed)) == (
        "With its best masking, policy, further pretraining is better than none.\n"
        "The policy's masks are not clearly better or worse than the best rule's, random masks: "
        "the accuracies of 2 seeds overlap.")
    assert "are worse than the best rule's, random masks: the accuracies of 2 seeds do not " in (
        demo_nmg.verdict(as_scores(dict(by_seed, policy=(0.1, 0.2)))))
    nothing = demo_nmg.verdict(as_scores(dict(by_seed, policy=(0.9, 1), **{
        "no further pretraining": (0.9, 0.9)})))
    assert nothing.startswith("With its best masking, policy, further pretraining is not clearly")
    assert "are better than the best rule's" in nothing


def as_scores(by_seed):
    return {name: [{"accuracy": value} for value in values] for name, values in by_seed.items()}


def test_pages_of_the_corpus_are_asked(made):
    folder, args, _ = made
    args = [*args, "--nodo_train", "--noserve", "--port=8765"]
    done = programs.run("demos/demo_ask/demo_ask.py", *args)
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "pages").glob("*.html"))) == 6
    asked = (folder / "questions.txt").read_text(encoding="utf8").splitlines()
    assert 0 < len(asked) <= 3
    for question in asked:
        assert "Q: %s\n" % question in done.stdout
    assert "--pages=%s %s" % (folder / "pages", shlex.quote("--question=" + asked[0])
                              ) in done.stdout.replace("--question='", "'--question=")
    assert "bert_nq/serve.py --model_dir=%s" % (folder / "model") in done.stdout


def test_a_stage_that_fails_ends_the_demo(tmp_path):
    done = programs.run("demos/demo_60k/demo_60k.py", "--output_dir=%s" % tmp_path,
                        "--data_dir=%s" % (tmp_path / "none"), "--vocab_file=vocab.txt",
                        env=dict(os.environ))  # and so with interpreters that are started anew
    assert done.returncode == 1
    assert "prepare/extract_train_set.py failed (exit code 1)" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_wordnet_the_second_one_ends_at_once(tmp_path):
    done = programs.run("demos/demo_syn/demo_syn.py", "--output_dir=%s" % (tmp_path / "out"),
                        "--num_train_pages=24", "--num_dev_pages=6",
                        "--wordnet_dir=%s" % (tmp_path / "none"))
    assert done.returncode == 1
    assert "apt-get install wordnet-base" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "model").exists()
