"""run_squad.py from questions to official scores, with contexts of two windows, a tiny encoder."""
import json
import os

import numpy as np
import pytest

from bert_nq.datasets.squad.prediction_files import null_odds_path
from tests.support import programs, tiny_nq

# Of 64 places each is in one of eight towns; half of the questions of version 2.0 ask for a place
# that the context does not have.
_FILLER = "the village has many houses and a river . "


def question(i, is_impossible=None):
    name, town = tiny_nq.NAMES[i % 8], tiny_nq.TOWNS[i // 8 % 8]
    town = town.capitalize()
    context = "%s%s is a town in %s . %s" % (_FILLER, name, town, _FILLER)
    qa = {"id": "q%d" % i, "question": "where is " + name,
          "answers": [{"text": town, "answer_start": context.index(town)}]}
    if is_impossible is not None:
        qa["is_impossible"] = is_impossible
        if is_impossible:
            qa.update(id="none%d" % i, question="where is " + tiny_nq.NAMES[(i + 1) % 8],
                      answers=[])
    return {"title": name, "paragraphs": [{"context": context, "qas": [qa]}]}


def write(path, articles, version="1.1"):
    with open(str(path), "w") as out:
        json.dump({"version": version, "data": articles}, out)
    return str(path)


class Files:
    """Data of both versions, and the flags of a tiny model; `changes` are of its config."""

    def __init__(self, folder, **changes):
        self.folder = folder
        numbers = np.random.RandomState(0).permutation(64).tolist()
        self.train = write(folder / "train-v1.1.json", map_of(numbers[:48]))
        self.dev = write(folder / "dev-v1.1.json", map_of(numbers[48:]))
        self.train_v2 = write(folder / "train-v2.0.json", both(numbers[:48]), "v2.0")
        self.dev_v2 = write(folder / "dev-v2.0.json", both(numbers[48:]), "v2.0")
        self.flags = [
            "--bert_config_file=" + tiny_nq.write_config(folder / "bert_config.json", **changes),
            "--vocab_file=" + tiny_nq.write_vocabulary(folder / "vocab.txt")]

    def run(self, *flags, **options):
        return programs.run("bert_nq/run_squad.py", *flags, cwd=str(self.folder), **options)

    def train_and_score(self, train, dev, output_dir, *flags):
        done = self.run(
            "--do_train", "--do_eval", "--train_file=" + train, "--predict_file=" + dev,
            "--output_dir=" + output_dir, "--max_seq_length=24", "--doc_stride=8",
            "--max_query_length=8", "--train_batch_size=16", "--num_train_epochs=12",
            "--learning_rate=3e-3", "--seed=1", "--output_nbest_file=%s/nbest_predictions.json"
            % output_dir, *self.flags, *flags)
        assert done.returncode == 0, done.stderr
        return done.stdout


def map_of(numbers):
    return [question(i) for i in numbers]


def both(numbers):
    return [question(i, is_impossible) for i in numbers for is_impossible in (False, True)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("squad"))


@pytest.fixture(scope="module")
def trained(files):
    """The output of training on version 2.0, into the folder v2."""
    return files.train_and_score(files.train_v2, files.dev_v2, "v2", "--version_2_with_negative")


def read(files, *parts):
    with open(str(files.folder.joinpath(*parts))) as f:
        return json.load(f)


def numbers_of(stdout):
    """The scores that are printed, by their official keys."""
    lines = stdout[stdout.index("Scores as SQuAD"):].splitlines()[2:]
    rows = [line.split() for line in lines]
    return {row[0]: float(row[1]) for row in rows[:rows.index([])]}


def official(files, *flags):
    done = programs.run("eval/squad_eval.py", *flags, cwd=str(files.folder))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_version_1_is_learned_and_scored_as_the_official_script_does(files):
    stdout = files.train_and_score(files.train, files.dev, "v1")
    printed = numbers_of(stdout)
    scored = official(files, "--gold_path=" + files.dev, "--predictions_path=v1/predictions.json")
    assert printed == pytest.approx(scored, abs=1e-3)
    assert list(scored) == ["exact_match", "f1"]
    # Of eight towns, a guess is right once in eight.
    assert scored["exact_match"] > 50
    predictions = read(files, "v1", "predictions.json")
    assert list(predictions) == [article["paragraphs"][0]["qas"][0]["id"]
                                 for article in read(files, "dev-v1.1.json")["data"]]
    nbest = read(files, "v1", "nbest_predictions.json")
    for key, answers in nbest.items():
        assert answers[0]["text"] == predictions[key]
        assert sum(answer["probability"] for answer in answers) == pytest.approx(1)
    assert not os.path.exists(str(files.folder / "v1" / "null_odds.json"))
    assert "Training records in v1/train.tfrecord" in stdout


def test_version_2_has_odds_and_best_thresholds(files, trained):
    printed = numbers_of(trained)
    scored = official(files, "--gold_path=" + files.dev_v2,
                      "--predictions_path=v2/predictions.json",
                      "--na_prob_path=v2/null_odds.json", "--na_prob_thresh=1e9")
    assert printed == pytest.approx(scored, abs=1e-3)
    assert scored["HasAns_total"] == scored["NoAns_total"] == 16
    assert scored["best_f1"] >= scored["f1"] >= 50
    odds, predictions = read(files, "v2", "null_odds.json"), read(files, "v2", "predictions.json")
    assert list(odds) == list(predictions)
    for key, text in predictions.items():
        assert (text == "") == (odds[key] > 0)


def test_what_the_model_was_trained_with_is_known(files, trained):
    again = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                      "--output_prediction_file=again_predictions.json", "--num_workers=1")
    assert again.returncode == 0, again.stderr
    assert read(files, "again_predictions.json") == read(files, "v2", "predictions.json")
    assert read(files, "again_null_odds.json") == read(files, "v2", "null_odds.json")
    other = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                      "--noversion_2_with_negative")
    assert programs.error_line(other) == (
        "error: the model in v2 was trained with --version_2_with_negative=true, not with "
        "--version_2_with_negative=false: leave the flag out")
    nq = programs.run("bert_nq/run_nq.py", "--do_predict", "--output_dir=v2",
                      "--predict_file=" + files.dev_v2, cwd=str(files.folder))
    assert "is of the task squad, not of nq_joint" in programs.error_line(nq)


def test_the_decoder_of_run_qa(files, trained):
    done = files.run("--do_eval", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                     "--decoder=run_qa", "--output_prediction_file=qa/predictions.json")
    assert done.returncode == 0, done.stderr
    assert numbers_of(done.stdout)["f1"] == pytest.approx(numbers_of(trained)["f1"], abs=10)
    assert read(files, "qa", "null_odds.json").keys() == read(files, "v2", "null_odds.json").keys()


def test_thresholds_decide_when_to_answer(files, trained):
    tuned = programs.run(
        "eval/tune_thresholds.py", "--gold_path=" + files.dev_v2, "--folds=2",
        "--predictions_path=v2/predictions.json", "--na_prob_path=v2/null_odds.json",
        "--nbest_path=v2/nbest_predictions.json", "--output_thresholds=thresholds.json",
        cwd=str(files.folder))
    assert tuned.returncode == 0, tuned.stderr
    done = files.run("--do_eval", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                     "--thresholds=thresholds.json", "--output_prediction_file=at/predictions.json")
    assert done.returncode == 0, done.stderr
    assert numbers_of(done.stdout)["f1"] >= numbers_of(trained)["f1"]


@pytest.mark.parametrize("flags, message", [
    (["--predict_file=nowhere.json"], "no SQuAD file matches 'nowhere.json'"),
    (["--output_prediction_file=bert_config.json"], "bert_config.json is input and output at once"),
    (["--output_nbest_file=v2/null_odds.json"], "two of the outputs are the same file"),
])
def test_flags_that_cannot_be(files, trained, flags, message):
    done = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                     *files.flags, *flags)
    assert message in programs.error_line(done)


def test_answers_that_are_not_found_are_told(files):
    article = question(3)
    article["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"] -= 20
    train = write(files.folder / "off.json", map_of(range(3)) + [article])
    done = files.run("--do_train", "--train_file=" + train, "--output_dir=off", *files.flags,
                     "--max_seq_length=24", "--max_query_length=8", "--num_train_epochs=1",
                     "--train_batch_size=2")
    assert done.returncode == 0, done.stderr
    told = {line.strip().rpartition(" ")[0].strip(): line.rpartition(" ")[2]
            for line in done.stdout.splitlines()}
    assert told["answer not at its offset"] == told["answer not found: left out"] == "1"
    assert "--fix_offsets looks for them" in done.stdout


def test_a_step_and_an_overlap_cannot_both_be(files, trained):
    done = files.run("--do_predict", "--output_dir=v2", "--predict_file=" + files.dev_v2,
                     "--doc_stride=8", "--doc_overlap=4")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "the model in v2 was trained with no --doc_overlap, not with --doc_overlap=4: taken as "
        "given", "error: give either --doc_stride, a step, or --doc_overlap, not both"]


def test_version_2_without_its_flag_is_refused(files):
    done = files.run("--do_train", "--train_file=" + files.train_v2, "--output_dir=other",
                     *files.flags, "--max_seq_length=24", "--max_query_length=8")
    assert "--version_2_with_negative" in programs.error_line(done)
    assert "train-v2.0.json, question" in programs.error_line(done)


def test_names_of_odds():
    assert null_odds_path("a/predictions.json") == "a/null_odds.json"
    assert null_odds_path("dev_predictions.json") == "dev_null_odds.json"
    assert null_odds_path("out.txt") == "out_null_odds.txt"


def test_help_speaks_of_squad():
    done = programs.run("bert_nq/run_squad.py", "--help")
    flags = " ".join(done.stdout[done.stdout.index("run_squad.py:\n"):].split())
    assert "--vocab_file: BERT's vocab.txt. " in flags
    assert "NQ" not in flags and " page" not in flags
