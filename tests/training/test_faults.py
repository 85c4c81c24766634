"""Training that is killed, stopped, or started twice or otherwise, through the real program."""
import os
import re
import signal
import subprocess

import numpy as np
import pytest

from bert_nq.base import files
from bert_nq.modeling import checkpoints
from bert_nq.training.history import History
from tests.support import programs
from tests.support.runtimes import needs_estimator
from tests.support.tiny_training import program_flags, write_pages

# 24 records / 4 * 50 epochs. A step takes milliseconds.
NUM_STEPS = 300


class Work:
    """The files that the tests share, and the flags that name them."""

    def __init__(self, folder):
        self.folder = folder
        self.flags = program_flags(folder, 24) + [
            "--train_batch_size=4", "--num_train_epochs=50", "--save_checkpoints_steps=20",
            "--learning_rate=1e-3"]

    def start(self, output_dir, *flags):
        return programs.start(
            programs.command("bert_nq/run_nq.py", "--output_dir=" + output_dir, *self.flags,
                             *flags),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, output_dir, *flags):
        return programs.run("bert_nq/run_nq.py", "--output_dir=" + output_dir, *self.flags, *flags)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def undisturbed(work):
    """The folder of a model, and the standard output of its training."""
    folder = str(work.folder / "undisturbed")
    done = work.run(folder, "--seed=7")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def wait_for_checkpoint(process, folder, step):
    """Returns as soon as a checkpoint of this step or a later one is there."""
    def has_come():
        found = [re.fullmatch(r"model\.ckpt-(\d+)\.index", name)
                 for name in (os.listdir(folder) if os.path.isdir(folder) else ())]
        return any(match and int(match.group(1)) >= step for match in found)

    programs.wait_until(has_come, process)


def history(folder):
    """{value's name: [(step, value)]}, without the times."""
    found = History.read(os.path.join(folder, "history.json"))
    names = {name for block in found.blocks for name in block.values if "seconds" not in name}
    return {name: list(zip(*found.series(name))) for name in names}


@pytest.mark.parametrize("trainer", [
    pytest.param([], id="default"),
    # Where it is not the default; the undisturbed run is the Estimator's.
    pytest.param(["--trainer=session"], id="session", marks=needs_estimator)])
def test_killed_and_stopped_and_started_again_it_is_the_same_run(
        trainer, work, undisturbed, tmp_path):
    folder = str(tmp_path / "model")
    flags = ["--seed=7"] + trainer
    process = work.start(folder, *flags)
    wait_for_checkpoint(process, folder, 20)
    process.kill()
    process.communicate()
    # As if it had been killed while it wrote one, which a fast machine seldom does.
    os.mkdir(os.path.join(folder, "model.ckpt-40_temp_2ea34f849a7a4a9380e2ee478e6f95b9"))

    process = work.start(folder, *flags)
    wait_for_checkpoint(process, folder, 60)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate()
    assert process.returncode == 143, stderr
    step, num_steps = re.search(r"SIGTERM: stopped at step (\d+) of (\d+), which is saved: the "
                                r"same command goes on from there", stderr).groups()
    assert 60 <= int(step) < int(num_steps) == NUM_STEPS
    assert os.path.exists(os.path.join(folder, "model.ckpt-%s.index" % step))

    done = work.run(folder, *flags)
    assert done.returncode == 0, done.stderr
    curve = history(undisturbed[0])
    assert len(curve["loss"]) == NUM_STEPS
    assert history(folder) == curve
    ours, theirs = (checkpoints.read_weights(os.path.join(f, "model.ckpt-%d" % NUM_STEPS))
                    for f in (folder, undisturbed[0]))
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name])
    # The optimizer's state too, and nothing of the killed runs is left.
    assert os.listdir(folder).count("checkpoint") == 1
    assert not [name for name in os.listdir(folder) if "temp" in name or "tmp" in name]


def test_the_folder_says_how_it_came_to_be(work, undisturbed):
    folder, stdout = undisturbed
    record = files.read_json(os.path.join(folder, "training.json"))
    assert record["seed"] == 7
    assert record["settings"]["learning_rate"] == 1e-3
    assert record["data"]["records"] == 24
    start, = record["starts"]
    assert start["step"] == 0
    assert set(start["versions"]) == {"python", "bert_nq", "numpy", "tensorflow"}
    assert start["versions"]["tensorflow"]
    assert os.path.exists(os.path.join(folder, "history.png"))
    assert "history.png" in stdout
    assert [name for name in os.listdir(folder) if name.startswith("events.out.tfevents.")]
    with open(os.path.join(folder, "flags.txt")) as f:
        assert "--learning_rate=0.001\n" in f.read()


def test_another_configuration_is_refused_and_shown(work, undisturbed, tmp_path):
    folder, _ = undisturbed
    before = sorted(os.listdir(folder))
    other = write_pages(tmp_path / "other.tfrecord", 30)
    message = programs.error_line(work.run(
        folder, "--seed=8", "--learning_rate=3e-5", "--train_batch_size=8",
        "--train_precomputed_file=" + other))
    assert message == (
        "error: %s: the model there was trained otherwise: --learning_rate was 0.001 and is 3e-05; "
        "--seed was 7 and is 8; --train_batch_size was 4 and is 8; the 24 records were those of "
        "%s and are those of %s. Give the same flags to go on with it, another --output_dir, or "
        "--overwrite_output_dir to start anew"
        % (folder, os.path.join(str(work.folder), "train.tfrecord"), other))
    assert sorted(os.listdir(folder)) == before


def test_the_same_batch_in_more_passes_is_the_same_configuration(work, undisturbed):
    done = work.run(undisturbed[0], "--seed=7", "--train_batch_size=2",
                    "--gradient_accumulation_steps=2")
    assert done.returncode == 0, done.stderr
    assert "Nothing was left to do" in done.stdout


def test_overwriting_starts_anew(work, undisturbed, tmp_path):
    folder = str(tmp_path / "model")
    assert work.run(folder, "--num_train_epochs=1", "--seed=1").returncode == 0
    keep = tmp_path / "model" / "notes.txt"
    keep.write_text("mine")
    done = work.run(folder, "--num_train_epochs=1", "--seed=7", "--overwrite_output_dir",
                    "--warmup_proportion=0.5")
    assert done.returncode == 0, done.stderr
    assert keep.read_text() == "mine"
    record = files.read_json(os.path.join(folder, "training.json"))
    assert record["seed"] == 7
    assert [start["step"] for start in record["starts"]] == [0]
    assert len([name for name in os.listdir(folder) if "tfevents" in name]) == 1
    message = programs.error_line(work.run(
        folder, "--overwrite_output_dir", "--init_checkpoint=%s/model.ckpt-6" % folder))
    assert message.startswith("error: --init_checkpoint=%s/model.ckpt-6 is in --output_dir"
                              % folder)


def test_two_runs_do_not_train_one_model(work, tmp_path):
    folder = str(tmp_path / "model")
    process = work.start(folder, "--num_train_epochs=5000")
    wait_for_checkpoint(process, folder, 0)
    message = programs.error_line(work.run(folder))
    assert message == ("error: another run holds %s: wait until it has ended"
                       % os.path.join(folder, ".training.lock"))
    process.terminate()
    process.communicate()


def test_a_state_file_that_names_a_lost_checkpoint_is_no_new_start(work, tmp_path):
    folder = str(tmp_path / "model")
    assert work.run(folder, "--num_train_epochs=1").returncode == 0
    for name in os.listdir(folder):
        if name.startswith("model.ckpt"):
            os.unlink(os.path.join(folder, name))
    message = programs.error_line(work.run(folder, "--num_train_epochs=1"))
    assert re.fullmatch(r"error: %s: the model that the file `checkpoint` names is gone \(.*\): "
                        r"bring it back, or train anew with --overwrite_output_dir"
                        % re.escape(folder), message)
