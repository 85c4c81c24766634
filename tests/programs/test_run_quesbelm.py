"""run_quesbelm.py from pages to official scores: a base model, its scores, hard candidates."""
import dataclasses
import gzip
import json
import re

import pytest

from bert_nq.datasets.nq.candidate_scores import read_scores
from bert_nq.modeling import checkpoints
from bert_nq.records import examples, tfrecord
from tests.support import candidate_pages, programs, tiny_model, tiny_nq
from tests.support.nq_pages import make_annotation, make_page, write_shard

LENGTHS = ("--max_seq_length=32", "--max_query_length=8")


def page(i):
    """Every fourth page has no answer."""
    if i % 4:
        return tiny_nq.place_page(i)
    return make_page("<P> the village has many houses . </P> <P> a river in %s . </P>"
                     % tiny_nq.TOWNS[i % 8], 1000 + i, "where is " + tiny_nq.NAMES[i % 8],
                     [make_annotation()] * 5)


class Files:
    """Pages and the flags of a tiny model."""

    def __init__(self, folder):
        self.folder = folder
        self.train = write_shard(folder / "train.jsonl.gz", [page(i) for i in range(48)])
        self.dev = write_shard(folder / "dev.jsonl", [page(i) for i in range(48, 64)])
        self.flags = ["--vocab_file=" + candidate_pages.write_vocabulary(folder / "vocab.txt"),
                      "--bert_config_file=" + tiny_nq.write_config(
                          folder / "bert_config.json", vocab_size=len(candidate_pages.TOKENS))]

    def run(self, *flags, program="bert_nq/run_quesbelm.py"):
        done = programs.run(program, *flags, cwd=str(self.folder))
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("quesbelm"))


@pytest.fixture(scope="module")
def base(files):
    """The output of training a base model, and of its scores on dev pages."""
    return files.run(
        "--do_train", "--do_eval", "--train_file=" + files.train, "--num_draws=24",
        "--predict_file=" + files.dev, "--output_dir=base",
        "--num_train_epochs=1", "--train_batch_size=16", "--learning_rate=3e-3", "--seed=1",
        "--output_nbest_file=nbest.json", "--num_workers=2", *LENGTHS, *files.flags)


@pytest.fixture(scope="module")
def scored(files, base):
    """The output of scoring the candidates of the training pages."""
    return score(files, "scores.jsonl.gz")


def score(files, name, *flags):
    return files.run("--do_predict", "--output_dir=base", "--predict_file=" + files.train,
                     "--output_candidate_scores=" + name, *flags)


def test_a_base_model_is_trained_and_scored(files, base):
    # 36 pages of 48 have an answer: 24 times the gold candidate and one of the two others.
    assert re.search(r"\n    with a long answer +36\n", base)
    assert re.search(r"\n  records +1,728\n", base)
    with open(str(files.folder / "base" / "predictions.json")) as f:
        written = json.load(f)
    assert written["predictor"]["decoder"] == "candidates"
    entries = written["predictions"]
    assert [entry["example_id"] for entry in entries] == list(range(1048, 1064))
    right = [entry["short_answers"] == [{"start_token": 20, "end_token": 21, "start_byte": -1,
                                         "end_byte": -1}] for entry in entries
             if entry["example_id"] % 4]
    assert sum(right) >= 11 and all(0 <= entry["long_answer_score"] <= 1 for entry in entries)
    with open(str(files.folder / "nbest.json")) as f:
        assert len(json.load(f)["predictions"]) == 16
    with open(str(files.folder / "base" / "model.json")) as f:
        card = json.load(f)
    assert card == {"task": "quesbelm", "settings": {
        "do_lower_case": True, "tokenizer": "wordpiece", "packing": "bert", "max_seq_length": 32,
        "max_query_length": 8, "markup": "keep", "head": "candidate"}}


def test_it_scores_candidates_the_same_whoever_makes_them(files, scored):
    scores = [found for _, found in read_scores(str(files.folder / "scores.jsonl.gz"))]
    assert [found.example_id for found in scores] == list(range(1000, 1048))
    assert all(len(found.candidates) == (3 if found.example_id % 4 else 2) for found in scores)
    gold = [found.probabilities[1] for found in scores if found.example_id % 4]
    assert min(gold) > 0.5
    score(files, "again.jsonl.gz", "--num_workers=1")
    contents = []
    for name in ("again.jsonl.gz", "scores.jsonl.gz"):
        with gzip.open(str(files.folder / name)) as f:
            contents.append(f.read())
    assert contents[0] == contents[1]


@pytest.fixture(scope="module")
def kept(files, scored):
    """Of each page the first token of its best candidate, -1 where it is not above 0.5."""
    tokens = []
    for i, (_, found) in enumerate(read_scores(str(files.folder / "scores.jsonl.gz"))):
        best = int(found.probabilities.argmax())
        candidate = page(i)["long_answer_candidates"][found.candidates[best]]
        tokens.append(candidate["start_token"] if found.probabilities[best] > 0.5 else -1)
    assert -1 in tokens and tokens.count(14) >= 36
    return tokens


def test_a_cascade_reads_what_the_first_model_keeps(files, kept):
    output = files.run("--do_predict", "--output_dir=base", "--predict_file=" + files.train,
                       "--prefilter=scores.jsonl.gz", "--keep=1", "--keep_threshold=0.5",
                       "--output_prediction_file=cascade.json")
    assert "  windows                 %d\n" % sum(token >= 0 for token in kept) in output
    with open(str(files.folder / "cascade.json")) as f:
        entries = json.load(f)["predictions"]
    assert [(entry["long_answer"]["start_token"], entry["long_answer_score"] > 0.5)
            for entry in entries] == [(token, token >= 0) for token in kept]
    assert {entry["short_answers_score"] for entry, token in zip(entries, kept)
            if token < 0} == {-1.0}


def test_readings_of_what_is_kept_are_answered_with(files, kept):
    cascade = ("--prefilter=scores.jsonl.gz", "--keep=1", "--keep_threshold=0.5")
    output = files.run("--do_predict", "--output_dir=base", "--predict_file=" + files.train,
                       "--output_readings=readings.jsonl.gz", *cascade)
    programs.paste(programs.next_command(output), files.folder, "--weights=0.4")
    with open(str(files.folder / "predictions.json")) as f:
        combined = json.load(f)["predictions"]
    assert [entry["long_answer"]["start_token"] for entry in combined] == kept
    done = programs.run("eval/combine_readings.py", "--readings=readings.jsonl.gz", "--weights=1,2",
                        "--output_prediction_file=p.json", cwd=str(files.folder))
    assert programs.error_line(done) == (
        "error: --weights=1,2: 1 numbers are wanted, one for each file of readings")


@pytest.fixture(scope="module")
def mined(files, scored):
    """The output of the preparation of hard candidates, by the command that mining has printed."""
    return programs.paste(programs.next_command(scored), files.folder)


def test_hard_candidates_are_trained_on_in_steps_of_all_kinds(files, mined):
    assert "  with a long answer                                       36\n" in mined
    kinds = [int(examples.parse(record, "")["row_kinds"][0])
             for record in tfrecord.read_records(str(files.folder / "mined.tfrecord"))]
    assert kinds.count(0) == kinds.count(1) == 108 and 15 <= kinds.count(2) <= 33
    # A model of SQuAD has encoder and span head.
    weights = tiny_model.weights(3, dataclasses.replace(
        tiny_nq.CONFIG, vocab_size=len(candidate_pages.TOKENS)))
    weights = {name.replace("cls/nq", "cls/squad"): value for name, value in weights.items()
               if not name.startswith("answer_type")}
    checkpoints.write_weights(str(files.folder / "squad.ckpt"), weights)
    output = files.run(
        "--do_train", "--train_precomputed_file=mined.tfrecord", "--step_composition=3,3,2",
        "--init_checkpoint=squad.ckpt", "--output_dir=main", "--num_train_steps=3",
        "--train_batch_size=8", "--seed=1", "--max_seq_length=32", *files.flags)
    assert ("  starts at random    cls/candidate/output_weights, cls/candidate/output_bias\n"
            in output)
    assert "Trained: main/model.ckpt-3" in output
    done = programs.run("bert_nq/run_quesbelm.py", "--do_train", "--output_dir=main",
                        "--train_precomputed_file=mined.tfrecord", "--num_train_steps=4",
                        "--train_batch_size=8", "--init_checkpoint=squad.ckpt", *files.flags,
                        cwd=str(files.folder))
    assert "--step_composition was 3,3,2 and is not given" in programs.error_line(done)


def test_thresholds_are_tuned_as_those_of_any_predictions(files, base):
    files.run("--gold_path=" + files.dev, "--predictions_path=base/predictions.json",
              "--output_thresholds=thresholds.json", program="eval/tune_thresholds.py")
    output = files.run("--do_predict", "--output_dir=base", "--predict_file=" + files.dev,
                       "--thresholds=thresholds.json", "--output_prediction_file=tuned.json")
    assert "without long answer   4\n" in output


@pytest.mark.parametrize("flags, message", [
    (("--do_predict", "--output_dir=base", "--predict_file=dev.jsonl",
      "--output_candidate_scores=dev.jsonl"), "dev.jsonl is input and output at once"),
    (("--do_predict", "--output_dir=base", "--predict_file=dev.jsonl", "--markup=drop"),
     "the model in base was trained with --markup=keep, not with --markup=drop"),
    # The source's README has a config downloaded where the weights are meant.
    (("--do_train", "--output_dir=other", "--train_precomputed_file=mined.tfrecord",
      "--vocab_file=vocab.txt", "--bert_config_file=bert_config.json",
      "--init_checkpoint=bert_config.json"),
     "there is no checkpoint bert_config.json: no file bert_config.json.index"),
])
def test_what_cannot_be_done(files, base, mined, flags, message):
    done = programs.run("bert_nq/run_quesbelm.py", *flags, cwd=str(files.folder))
    assert message in programs.error_line(done)
