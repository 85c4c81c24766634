"""run_mlm.py and prepare_text_corpus.py, from texts to an encoder that others start from."""
import glob
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest

from bert_nq.modeling import checkpoints
from tests.support import masking_tasks, programs, tiny_encoders, tiny_nq, tiny_training
from tests.support.runtimes import TRAINERS

# A text has one of these words again and again, so that its others tell a hidden one.
WORDS = ("town", "of", "aron", "has", "many", "old", "houses", "and", "a", "river")
LENGTH = "--max_seq_length=16"


def text(i, number=28):
    words = [WORDS[i % 10]] * number
    words[i // 10 % number] = "the"
    return " ".join(words)


class Files:
    """Texts to train on and held-out ones, and the flags of a tiny encoder."""

    def __init__(self, folder):
        self.folder = folder
        self.train = self.write("train.txt", [text(i) for i in range(60)])
        self.dev = self.write("dev.jsonl", [json.dumps({"text": text(i, 14)}) for i in range(12)])
        self.flags = [
            LENGTH, "--bert_config_file=" + tiny_nq.write_config(folder / "bert_config.json"),
            "--vocab_file=" + tiny_nq.write_vocabulary(folder / "vocab.txt")]

    def write(self, name, lines):
        path = self.folder / name
        path.write_text("".join(line + "\n" for line in lines))
        return str(path)

    def run(self, *flags, program="bert_nq/run_mlm.py"):
        return programs.run(program, *flags, cwd=str(self.folder))

    def ok(self, *flags, **options):
        done = self.run(*flags, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("mlm"))


@pytest.fixture(scope="module")
def trained(files):
    """The output of a training with scores on held-out texts, into the folder adapted."""
    return files.ok("--do_train", "--do_eval", "--train_file=" + files.train,
                    "--predict_file=" + files.dev, "--dev_file=" + files.dev,
                    "--output_dir=adapted", "--train_batch_size=20", "--num_train_epochs=10",
                    "--passes=10", "--masking=whole_word", "--learning_rate=5e-3",
                    "--warmup_proportion=0.05", "--seed=1", *files.flags)


def test_it_learns_and_is_scored(files, trained):
    assert "starts at random    all weights" in trained
    # Two blocks of 14 pieces of each text, of which 10 passes make 10 * 120 / 20 steps.
    assert re.search(r"  blocks +120\n(.*\n)*records +1,?200\n", trained.replace("  rec", "rec"))
    assert re.search(r"  records +120\n  steps +60\n", trained)
    assert re.search(r"best on dev +step 60, loss \d.*, masked accuracy .*, perplexity ", trained)
    # 12 texts of one block, and two pieces hidden in each.
    scores = dict(re.findall(r"^(\w+(?: \w+)?) +([\d.]+)$", trained, re.MULTILINE))
    assert scores["texts"] == "12" and scores["hidden pieces"] == "24"
    assert float(scores["loss"]) < 1.5 and float(scores["masked accuracy"]) > 0.5
    assert float(scores["perplexity"]) == pytest.approx(np.exp(float(scores["loss"])), rel=1e-3)
    predictions = json.loads((files.folder / "adapted" / "predictions.json").read_text())
    assert list(predictions) == ["%s:%d" % (files.dev, i) for i in range(1, 13)]
    assert {p["masked"] for p in predictions.values()} == {2}
    assert sum(p["right"] for p in predictions.values()) / 24 == pytest.approx(
        float(scores["masked accuracy"]), abs=1e-4)


def test_the_folder_knows_how_it_was_made(files, trained):
    printed = files.ok("--do_eval", "--output_dir=adapted", "--predict_file=" + files.dev,
                       "--output_prediction_file=again.json", "--num_workers=1")
    assert printed.split("Scores of")[1] == trained.split("Scores of")[1].replace(
        "adapted/best", "adapted")
    settings = json.loads((files.folder / "adapted" / "model.json").read_text())["settings"]
    assert (settings["masking"], settings["passes"]) == ("whole_word", 10)


def test_the_next_command_fine_tunes(files, trained):
    command = programs.next_command(trained)
    assert "run_classifier.py" in command and "--init_checkpoint=adapted/best" in command
    files.write("TRAIN.jsonl", [json.dumps({"text": text(i, 8), "label": "ab"[i % 2]})
                                for i in range(16)])
    printed = programs.paste(command, files.folder, LENGTH, "--train_batch_size=8",
                             "--num_train_epochs=1")
    assert re.search(r"starts from +adapted/best/model.ckpt-60\n", printed)
    assert re.search(r"starts at random +output_weights, output_bias\n", printed)


@pytest.mark.parametrize("name, own, head", [
    ("nq", ("--max_seq_length=64", "--max_query_length=16"),
     "cls/nq/output_weights, cls/nq/output_bias, answer_type"),
    ("squad", ("--max_seq_length=32", "--max_query_length=8"),
     "cls/squad/output_weights, cls/squad/output_bias\n")])
def test_readers_of_questions_start_from_it(files, trained, name, own, head):
    """A rate of next to nothing leaves an encoder as it was taken."""
    data = files.folder / (name + ".data")
    if name == "squad":
        masking_tasks.write_questions(data, [masking_tasks.question(i) for i in range(8)])
        source = "--train_file=%s" % data
    else:
        source = "--train_precomputed_file=" + tiny_training.write_pages(data)
    printed = files.ok(
        "--do_train", source, "--output_dir=" + name, "--init_checkpoint=adapted",
        "--num_train_steps=2", "--train_batch_size=4", "--learning_rate=1e-12", *own,
        *files.flags[1:], program="bert_nq/run_%s.py" % name)
    assert re.search(r"starts from +adapted/model.ckpt-60\n", printed)
    assert re.search(r"starts at random +" + head, printed)
    adapted, taken = (checkpoints.read_weights(checkpoints.newest(str(files.folder / folder)))
                      for folder in ("adapted", name))
    encoder = [weight for weight in taken if weight.startswith("bert/")]
    assert encoder and set(encoder) == {w for w in adapted if w.startswith("bert/")}
    for weight in encoder:
        np.testing.assert_allclose(taken[weight], adapted[weight], atol=1e-6, err_msg=weight)


def start(files, output_dir, *flags):
    """A training of 60 steps, which saves every 10."""
    return programs.command(
        "bert_nq/run_mlm.py", "--do_train", "--train_precomputed_file=%s/texts.tfrecord"
        % files.folder, "--output_dir=" + output_dir, "--save_checkpoints_steps=10", "--seed=5",
        "--train_batch_size=6", "--num_train_epochs=3", "--learning_rate=1e-3", *files.flags,
        *flags)


@pytest.fixture(scope="module")
def records(files):
    """The output of prepare_text_corpus.py, which has made 3 passes of 120 blocks."""
    return files.ok("--input_file=" + files.train, "--output_tfrecord=texts.tfrecord",
                    "--masking=span", LENGTH, files.flags[2],
                    program="prepare/prepare_text_corpus.py")


def test_killed_and_carried_on_it_is_the_same_run(files, records, tmp_path):
    """The undisturbed run is of the default trainer, the other one of each in turn."""
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    done = programs.run_command(start(files, whole))
    assert done.returncode == 0, done.stderr
    assert re.search(r"  records +120\n  steps +60\n", done.stdout)
    process = programs.start(start(files, killed, "--trainer=" + TRAINERS[-1]),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    programs.wait_until(lambda: glob.glob(os.path.join(killed, "model.ckpt-[1-9]*.index")), process)
    process.kill()
    process.communicate()
    assert checkpoints.newest(killed) != os.path.join(killed, "model.ckpt-60")
    done = programs.run_command(start(files, killed))
    assert done.returncode == 0, done.stderr
    ours, theirs = (checkpoints.read_weights(os.path.join(folder, "model.ckpt-60"))
                    for folder in (killed, whole))
    assert set(ours) == set(theirs)
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_records_are_looked_at(files, records):
    assert re.search(r"texts +60\n.*contexts in them +60\n.*\n.*left out.* +0\n  +blocks +120\n",
                     records)
    assert re.search(r"masked blocks +360\n    written as records +360\n", records)
    assert "run_mlm.py --do_train --train_precomputed_file=texts.tfrecord" in (
        programs.next_command(records))
    for program, wanted in (("inspect_records", "masked_lm_weights  [16]"),
                            ("verify_records", "faults    0")):
        printed = files.ok("--input_tfrecord=texts.tfrecord", files.flags[2],
                           program="records/%s.py" % program)
        assert wanted in printed


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


def test_the_same_bytes_with_any_number_of_workers_and_after_a_kill(files, tmp_path):
    table = files.write("more.csv", ["text,label"] + ["%s,x" % text(i, 30) for i in range(50)])

    def command(folder, workers):
        return programs.command(
            "prepare/prepare_text_corpus.py", "--input_file=%s,%s" % (files.train, table),
            "--output_tfrecord=%s/x.tfrecord" % folder, "--num_output_shards=3", LENGTH,
            "--masking=punctuation", "--num_workers=%d" % workers, files.flags[2])

    folders = [tmp_path / name for name in ("one", "two", "killed")]
    for folder in folders:
        folder.mkdir()
    done = [programs.run_command(command(folders[0], 1)), programs.run_command(
        command(folders[1], 2))]
    process = subprocess.Popen(command(folders[2], 2), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    programs.wait_until(lambda: os.listdir(str(folders[2])), process)
    process.kill()
    process.communicate()
    done.append(programs.run_command(command(folders[2], 1)))
    assert [d.returncode for d in done] == [0, 0, 0], [d.stderr for d in done]
    assert "with the id of an earlier one" not in done[0].stdout
    one = contents(folders[0])
    assert len(one) == 4 and contents(folders[1]) == one and contents(folders[2]) == one
    assert "none: all was there" in programs.run_command(command(folders[0], 2)).stdout


def test_xlnet(files, tmp_path):
    """Its pieces are in another order, and there is no layer before the embeddings."""
    own = [LENGTH, "--vocab_file=" + tiny_encoders.write_vocabulary(tmp_path, "xlnet"),
           "--bert_config_file=" + tiny_encoders.write_config(tmp_path / "config.json", "xlnet"),
           "--output_dir=%s/model" % tmp_path]
    printed = files.ok("--do_train", "--do_eval", "--train_file=" + files.train,
                       "--predict_file=" + files.dev, "--num_train_steps=2",
                       "--group_by_length", "--gradient_accumulation_steps=2",
                       "--train_batch_size=4", *own)
    assert re.search(r"hidden pieces +\d\d\n", printed)
    found = checkpoints.read_weights(checkpoints.newest(str(tmp_path / "model")))
    assert [name for name in found if not name.startswith("model/transformer/")] == [
        "model/lm_loss/bias"]


@pytest.mark.parametrize("flags, fault", [
    (["--train_file={train}", "--masking=entity", "--entity_model=en_no_such_model"], "en_no_such"),
    (["--train_file={train}", "--masking_rate=0"], "masking_rate is 0.0: a share above 0"),
    (["--train_file={train}", "--masking=policies"], "masking"),
    (["--train_file={train}", "--dev_file={train}"], "the training records were made of "),
    (["--train_file={folder}/empty.txt"], "empty.txt"),
    (["--train_precomputed_file=texts.tfrecord", "--masking=span"],
     "--masking is for --train_file"),
    (["--train_precomputed_file=texts-copy"], "no manifest beside texts-copy: give --passes"),
    (["--train_precomputed_file=texts.tfrecord", "--do_eval", "--predict_file={dev}",
      "--output_nbest_file=n.json"], "texts have no list of answers"),
])
def test_what_is_refused(files, records, flags, fault):
    files.write("empty.txt", [])
    shutil.copy(str(files.folder / "texts.tfrecord"), str(files.folder / "texts-copy"))
    done = files.run("--do_train", "--output_dir=refused", *files.flags,
                     *[flag.format(train=files.train, dev=files.dev, folder=files.folder)
                       for flag in flags])
    assert done.returncode in (1, 2), done.stdout
    assert fault in done.stderr and "Traceback" not in done.stderr
