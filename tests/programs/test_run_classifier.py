"""run_classifier.py from texts to scores: is a place in a town or a village, a tiny encoder."""
import json
import re

import numpy as np
import pytest

from bert_nq.training.history import History
from tests.support import programs, tiny_nq

LABELS = ("a river", "town, old", "village")


def text(i):
    """A text with a label, which follows from one of its words."""
    word = ("river", "town", "village")[i % 3]
    words = np.random.RandomState(i).choice(["the", "has", "many", "houses", "and"], 6).tolist()
    words.insert(i % 7, word)
    return {"id": "t%d" % i, "text": " ".join(words), "label": LABELS[i % 3]}


class Files:
    """Texts of a training, a dev and an unlabelled set, and the flags of a tiny model."""

    def __init__(self, folder):
        self.folder = folder
        self.train, self.dev = (self.write(name, map(text, numbers)) for name, numbers in (
            ("train.jsonl", range(192)), ("dev.jsonl", range(192, 216))))
        self.plain = self.write("plain.jsonl", ({"text": text(i)["text"]} for i in range(192, 216)))
        self.flags = [
            "--bert_config_file=" + tiny_nq.write_config(folder / "bert_config.json"),
            "--vocab_file=" + tiny_nq.write_vocabulary(folder / "vocab.txt")]

    def write(self, name, lines):
        path = self.folder / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    def run(self, *flags):
        return programs.run("bert_nq/run_classifier.py", *flags, cwd=str(self.folder))

    def ok(self, *flags):
        done = self.run(*flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, name):
        return json.loads((self.folder / name).read_text())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def trained(files):
    """The output of a training with scores on dev, into the folder model."""
    return files.ok("--do_train", "--do_eval", "--train_file=" + files.train,
                    "--predict_file=" + files.dev, "--dev_file=" + files.dev,
                    "--output_dir=model", "--max_seq_length=12", "--train_batch_size=16",
                    "--num_train_epochs=10", "--learning_rate=1e-3", "--seed=1",
                    "--output_nbest_file=model/nbest.json", *files.flags)


def test_it_learns_and_is_scored(files, trained):
    assert "  village" in trained and "accuracy  1.0000" in trained, trained
    assert "macro F1 1.000" in trained
    predictions = files.read("model/predictions.json")
    assert predictions == {text(i)["id"]: text(i)["label"] for i in range(192, 216)}
    nbest = files.read("model/nbest.json")["t192"]
    assert [c["label"] for c in nbest][0] == "a river"
    assert sorted(c["label"] for c in nbest) == sorted(LABELS)
    assert sum(c["probability"] for c in nbest) == pytest.approx(1)


def test_the_model_knows_its_labels(files, trained):
    assert json.loads(files.read("model/model.json")["settings"]["labels"]) == list(LABELS)
    files.ok("--do_predict", "--output_dir=model", "--predict_file=" + files.plain,
             "--output_prediction_file=plain_predictions.json", "--num_workers=2")
    assert list(files.read("plain_predictions.json").items()) == [
        ("plain.jsonl:%d" % (i - 191), text(i)["label"]) for i in range(192, 216)]


def test_the_next_command_scores_and_reports(files, trained):
    command = programs.next_command(trained)
    assert "eval/classifier_eval.py" in command
    printed = programs.paste(command, files.folder, "--report=report")
    assert json.loads(printed) == {"accuracy": 1.0, "micro_f1": 1.0, "macro_f1": 1.0, "total": 24}
    assert "![The label" in (files.folder / "report" / "report.md").read_text()
    assert (files.folder / "report" / "confusion.png").read_bytes()[1:4] == b"PNG"


def test_its_records_are_looked_at(files, trained):
    done = programs.run("records/inspect_records.py", "--input_tfrecord=model/train.tfrecord",
                        "--vocab_file=model/vocab.txt", "--num_windows=1", cwd=str(files.folder))
    assert done.returncode == 0, done.stderr
    assert re.search(r"record 0: unique_id -?\d+, 9 wordpieces, label_ids [012]\n  \[CLS\] ",
                     done.stdout)


def test_an_export_gives_the_same_answers(files, trained):
    stdout = files.ok("--do_export", "--output_dir=model", "--export_dir=serving")
    assert "serving/1" in stdout


def test_it_teaches_another(files, trained):
    done = programs.run("prepare/teacher_logits.py", "--teacher_dir=model", "--output_dir=logits",
                        "--input_file=model/train.tfrecord", cwd=str(files.folder))
    assert done.returncode == 0, done.stderr
    assert "    class accuracy  100.0 %\n" in done.stdout, done.stdout

    def losses(name, teacher):
        files.ok("--do_train", "--train_precomputed_file=model/train.tfrecord", teacher,
                 "--output_dir=" + name, "--max_seq_length=12", "--train_batch_size=16",
                 "--num_train_epochs=1", "--seed=1", *files.flags)
        return History.read(str(files.folder / name / "history.json")).series(
            "distillation_loss")[1]

    cached = losses("cached", "--teacher_logits=logits")
    assert len(cached) == 12
    np.testing.assert_allclose(losses("live", "--teacher_dir=model"), cached, atol=1e-3)


@pytest.mark.parametrize("flags, fault", [
    (["--do_eval", "--predict_file={plain}"], "plain.jsonl, text 1: it has no label"),
    (["--do_predict", "--predict_file={dev}", "--labels=a,b"], "leave the flag out"),
    (["--do_predict", "--predict_file={dev}", "--thresholds={dev}"],
     "the answers to texts are put under none"),
])
def test_what_a_trained_model_refuses(files, trained, flags, fault):
    done = files.run("--output_dir=model", "--output_prediction_file=no.json",
                     *[flag.format(plain=files.plain, dev=files.dev) for flag in flags])
    assert done.returncode in (1, 2), done.stdout
    assert fault in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("lines, flags, fault", [
    ([text(0)], [], "all texts have the label a river: there is nothing to learn"),
    ([text(0), {"text": "a"}], ["--labels=a river,b"], "train.jsonl, text 2: it has no label"),
    ([text(0), text(1)], ["--labels=a,b"], "the label 'a river' is none of the model's, a, b"),
    ([text(0), text(1)], ["--labels=a"], "fewer than two"),
])
def test_what_cannot_be_learned(tmp_path, lines, flags, fault):
    files = Files(tmp_path)
    train = files.write("train.jsonl", lines)
    done = files.run("--do_train", "--train_file=" + train, "--output_dir=model",
                     "--max_seq_length=12", *files.flags,
                     *flags)
    assert done.returncode in (1, 2), done.stdout
    assert fault in done.stderr and "Traceback" not in done.stderr
