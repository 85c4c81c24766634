"""A student from its teacher: its layers, the teacher's logits, the training, and what is refused.

Questions of version 1.1, which a tiny teacher learns; see test_run_squad.
"""
import os
import shutil

import numpy as np
import pytest

from bert_nq.modeling import checkpoints
from bert_nq.training.history import History
from tests.programs.test_run_squad import Files, numbers_of
from tests.support import programs

WINDOWS = ["--max_seq_length=24", "--doc_stride=8", "--max_query_length=8"]
TEACHER_LOGITS, MAKE_STUDENT = "prepare/teacher_logits.py", "prepare/make_student.py"


class Distillation(Files):
    """Questions, a teacher that knows them, its logits, and half of it as a student."""

    def __init__(self, folder):
        super().__init__(folder, num_hidden_layers=2)
        self.taught = self.train_and_score(self.train, self.dev, "teacher")
        self.half = self.call(MAKE_STUDENT, "--teacher_dir=teacher", "--layers=first:1",
                              "--output_dir=half")
        # Records of which nothing is known.
        shutil.copy(str(folder / "teacher" / "train.tfrecord"), str(folder / "bare.tfrecord"))
        self.logits = self.call(TEACHER_LOGITS, "--teacher_dir=teacher",
                                "--input_file=teacher/train.tfrecord", "--output_dir=logits")

    def call(self, program, *flags):
        done = programs.run(program, *flags, cwd=str(self.folder))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def student(self, *flags, epochs=4):
        return self.run(
            "--do_train", "--train_precomputed_file=teacher/train.tfrecord", *WINDOWS,
            "--bert_config_file=half/bert_config.json", "--vocab_file=half/vocab.txt",
            "--init_checkpoint=half/bert_model.ckpt", "--train_batch_size=16",
            "--num_train_epochs=%d" % epochs, "--learning_rate=3e-3", "--seed=1", *flags)

    def losses(self, name, scalar="loss"):
        return History.read(str(self.folder / name / "history.json")).series(scalar)[1]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Distillation(tmp_path_factory.mktemp("distillation"))


@pytest.fixture(scope="module")
def cached(files):
    done = files.student("--teacher_logits=logits", "--output_dir=cached", "--do_eval",
                         "--predict_file=" + files.dev)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(printed):
    """{name: the rest of the line} of the tables that were printed."""
    found = (line.strip().split("  ", 1) for line in printed.splitlines())
    return {parts[0]: parts[1].split() for parts in found if len(parts) == 2}


def test_a_student_has_half_of_the_layers(files):
    printed = rows(files.half)
    assert printed["layers"] == ["2", "1"]
    teacher, student = (int(n.replace(",", "")) for n in printed["parameters of the encoder"])
    weights = checkpoints.read_weights(str(files.folder / "half"))
    assert student < teacher
    # Beside the encoder the two rows of the head, of 32 numbers, and their biases.
    assert sum(value.size for value in weights.values()) == student + 2 * 32 + 2
    assert "bert_nq/run_squad.py --do_train --init_checkpoint=half/bert_model.ckpt" in files.half


def test_the_teacher_is_measured_and_its_logits_are_written_once(files):
    printed = rows(files.logits)
    assert float(printed["start loss"][0]) < 1
    assert printed["windows"] == ["96"]
    # For each window two times 24 numbers of 2 bytes and the 16 of a record.
    assert (files.folder / "logits" / "train.tfrecord.logits").stat().st_size == 96 * (96 + 16)
    again = files.call(TEACHER_LOGITS, "--teacher_dir=teacher", "--output_dir=logits",
                       "--input_file=teacher/train.tfrecord")
    assert rows(again)["of runs before"] == ["96"]
    assert ("--train_precomputed_file=teacher/train.tfrecord" in again
            and "--teacher_logits=logits" in again)


def test_a_student_learns_from_the_logits(files, cached):
    assert "Teacher\n" in cached
    assert numbers_of(cached)["exact_match"] > 50
    losses = files.losses("cached", "distillation_loss")
    assert np.mean(losses[-4:]) < 0.5 * np.mean(losses[:4])


def test_a_teacher_in_the_graph_gives_the_same_losses(files, cached):
    done = files.student("--teacher_dir=teacher", "--output_dir=live", "--dev_file=" + files.dev,
                         "--teacher_dev_examples=8")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(files.losses("live"), files.losses("cached"), atol=1e-3)
    assert float(rows(done.stdout)["on 8 examples of " + files.dev][1].strip(",")) > 50
    # It goes on with what the same teacher said before, and with no other.
    more = files.student("--teacher_logits=logits", "--output_dir=live", epochs=5)
    assert more.returncode == 0, more.stderr
    assert len(files.losses("live")) == 30
    alone = programs.error_line(files.student("--output_dir=live", epochs=6))
    assert "--teacher_dir was " in alone and "and is not given" in alone


@pytest.mark.parametrize("flags, message", [
    (["--teacher_logits=logits", "--teacher_dir=teacher"], "give either --teacher_dir"),
    (["--alpha_ce=1"], "--alpha_ce is for a student: give --teacher_dir or --teacher_logits"),
    (["--teacher_logits=none"], "there is no teacher_logits.json in none"),
    (["--teacher_logits=logits", "--head=beam"], "are of --head=span, and the student has --head="
                                                 "beam"),
    (["--teacher_dir=half"], "half has no model.json"),
    (["--teacher_dir=teacher", "--version_2_with_negative",
      "--train_precomputed_file=bare.tfrecord"], "the model in teacher was trained with "
                                                 "--version_2_with_negative=false, not with "),
    (["--teacher_dir=teacher", "--distribution=mirrored"], "compute the logits once with "
                                                           "prepare/teacher_logits.py"),
    (["--teacher_dir=teacher", "--alpha_ce=0", "--alpha_hard=0"], "the loss would be 0")])
def test_what_does_not_go_together_is_told_at_once(files, flags, message):
    line = programs.error_line(files.student("--output_dir=none", *flags))
    assert message in line
    assert not (files.folder / "none").exists()


def test_a_teacher_of_random_weights_does_not_teach(files):
    blind = files.folder / "blind"
    shutil.copytree(str(files.folder / "teacher"), str(blind))
    prefix = str(blind / os.path.basename(checkpoints.newest(str(blind))))
    weights = checkpoints.read_weights(prefix)
    weights["cls/squad/output_weights"] = 0.02 * np.random.RandomState(0).standard_normal(
        [2, 32]).astype(np.float32)
    checkpoints.write_weights(prefix, dict(weights, global_step=np.array(1, np.int64)))
    told = "the teacher knows no more than chance (end loss "
    assert told in files.student("--teacher_dir=blind", "--output_dir=none").stderr
    done = programs.run(TEACHER_LOGITS, "--teacher_dir=blind", "--output_dir=none",
                        "--input_file=teacher/train.tfrecord", cwd=str(files.folder))
    assert told in done.stderr and done.returncode == 1
    other = programs.run(TEACHER_LOGITS, "--teacher_dir=teacher,blind", "--output_dir=logits",
                         "--input_file=teacher/train.tfrecord", cwd=str(files.folder))
    assert "logits of another teacher" in programs.error_line(other)
