"""Training on several devices and by several processes, through the real program.

Dropout is off, since each device draws its own: then the same records give the same weights.
"""
import json
import os
import re
import signal
import socket
import subprocess
import time

import numpy as np
import pytest

from bert_nq.modeling import checkpoints
from bert_nq.modeling.encoders import bert_initialisation
from bert_nq.modeling.runtime import tf
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.training import run
from bert_nq.training.history import History
from tests.support import programs, tiny_nq, tiny_training
from tests.support.runtimes import needs_estimator

pytestmark = needs_estimator

# 40 records / 8 * 20 epochs.
STEPS = 100
# The last steps go in the same direction at 1e-3 times a few per cent of it.
ROUNDING = 1e-4


class Work:
    """The files that all runs share, and their flags."""

    def __init__(self, folder):
        self.folder = folder
        encoder = str(folder / "encoder.ckpt")
        checkpoints.write_weights(encoder, {
            name: weights.astype(np.float32) for name, weights in
            bert_initialisation.initial_weights(tiny_nq.CONFIG, seed=1).items()})
        self._flags = tiny_training.program_flags(
            folder, 40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0) + [
            "--train_batch_size=8", "--learning_rate=2e-4", "--num_train_epochs=20",
            "--save_checkpoints_steps=20", "--keep_checkpoint_max=0", "--seed=3",
            "--init_checkpoint=" + encoder]

    def flags(self, model, *more):
        return self._flags + ["--output_dir=%s" % (self.folder / model)] + list(more)


def weights(model, step=STEPS):
    reader = tf.train.load_checkpoint(str(model / ("model.ckpt-%d" % step)))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def furthest(one, other):
    """The largest difference of two models' weights, and whose it is."""
    assert one.keys() == other.keys()
    return max((float(np.abs(one[name] - other[name]).max()), name) for name in one)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(tmp_path_factory.mktemp("distributed"))


@pytest.fixture(scope="module")
def alone(work):
    """The folder of a model that one device has trained."""
    done = programs.run("bert_nq/run_nq.py", *work.flags("alone"))
    assert done.returncode == 0, done.stderr
    return work.folder / "alone"


def test_two_devices_of_a_machine_train_as_one_does(alone, work):
    done = programs.run("bert_nq/run_nq.py", *work.flags(
        "mirrored", "--distribution=mirrored", "--num_devices=2"))
    assert done.returncode == 0, done.stderr
    assert "8: 4 windows x 2 devices" in done.stdout
    mirrored = work.folder / "mirrored"
    assert furthest(weights(alone, 0), weights(mirrored, 0))[0] == 0
    assert furthest(weights(alone), weights(mirrored))[0] < ROUNDING
    assert sorted(os.listdir(str(mirrored))) == sorted(
        name.replace(events_file(alone), events_file(mirrored)) for name in os.listdir(str(alone)))


def events_file(model):
    """The one events file of a model's folder."""
    name, = [name for name in os.listdir(str(model)) if name.startswith("events.")]
    return name


class Workers:
    """Two processes on this machine that train one model; the first is the chief."""

    def __init__(self, flags):
        with socket.socket() as one, socket.socket() as other:
            for s in (one, other):
                s.bind(("127.0.0.1", 0))
            addresses = ["127.0.0.1:%d" % s.getsockname()[1] for s in (one, other)]
        self.names = ["worker %d (%s)" % pair for pair in enumerate(addresses)]
        self.processes = [programs.start(
            programs.command("bert_nq/run_nq.py", *flags, "--distribution=multi_worker",
                             # Of no effect, but seen in flags.txt.
                             "--task_id=%d" % i),
            env=dict(os.environ, TF_CONFIG=json.dumps({
                "cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}})),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for i in (0, 1)]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in self.processes:
            process.kill()
            process.communicate()

    def end(self, worker):
        """Waits for the end of a worker; its exit code and its outputs."""
        stdout, stderr = self.processes[worker].communicate(timeout=120)
        return self.processes[worker].returncode, stdout, stderr


def trained_together(flags):
    """Trains with two workers; returns their standard outputs."""
    with Workers(flags) as workers:
        ends = [workers.end(i) for i in (0, 1)]
    assert [code for code, _, _ in ends] == [0, 0], ends
    return [stdout for _, stdout, _ in ends]


@pytest.fixture(scope="module")
def together(work):
    """The folder of a model that two workers have trained, and their standard outputs."""
    outputs = trained_together(work.flags("together"))
    return work.folder / "together", outputs


def test_two_workers_train_as_one_process_does(alone, together):
    model, _ = together
    assert furthest(weights(alone, 0), weights(model, 0))[0] == 0
    assert furthest(weights(alone), weights(model))[0] < ROUNDING


def test_only_the_chief_writes(alone, together):
    model, (chief, other) = together
    assert sorted(os.listdir(str(model))) == sorted(
        name.replace(events_file(alone), events_file(model)) for name in os.listdir(str(alone)))
    assert "--task_id=0" in (model / "flags.txt").read_text()
    assert len(json.loads((model / "training.json").read_text())["starts"]) == 1
    assert "Trained: %s" % (model / "model.ckpt-100") in chief
    assert "This worker is done" in other


def wait_for_some_steps(workers, model):
    deadline = time.time() + 100
    while tf.train.latest_checkpoint(str(model)) in (None, str(model / "model.ckpt-0")):
        assert time.time() < deadline and all(p.poll() is None for p in workers.processes), [
            workers.end(i) for i in (0, 1)]
        time.sleep(0.01)


def killed_after_some_steps(work, model, killed):
    """Kills one of two workers when there is a checkpoint, and checks what the other one says."""
    with Workers(work.flags(model.name)) as workers:
        wait_for_some_steps(workers, model)
        workers.processes[killed].send_signal(signal.SIGKILL)
        start = time.time()
        code, _, stderr = workers.end(1 - killed)
    assert time.time() - start < 60
    assert code == 1
    assert "Traceback" not in stderr
    assert not (model / "model.ckpt-100.index").exists()
    line = stderr.splitlines()[-1]
    name = workers.names[killed]
    assert re.match(r"error: a worker was lost at step \d+: %s is gone; start all workers again "
                    r"with the same command, training goes on from the last checkpoint$"
                    % re.escape(name), line), stderr


def test_when_the_chief_is_killed_the_other_worker_says_so(work):
    killed_after_some_steps(work, work.folder / "chief-killed", killed=0)


def test_after_a_worker_was_killed_all_go_on_as_if_it_had_not_been(together, work):
    model = work.folder / "killed"
    killed_after_some_steps(work, model, killed=1)
    trained_together(work.flags(model.name))
    first, second = json.loads((model / "training.json").read_text())["starts"]
    assert (first["step"], second["step"] >= 20) == (0, True)
    assert furthest(weights(together[0]), weights(model))[0] == 0


def test_a_signal_to_one_worker_stops_all_and_one_device_can_go_on(together, work):
    model = work.folder / "stopped"
    with Workers(work.flags(model.name)) as workers:
        wait_for_some_steps(workers, model)
        workers.processes[1].send_signal(signal.SIGTERM)
        chief, other = (workers.end(i) for i in (0, 1))
    assert (chief[0], other[0]) == (143, 143), (chief, other)
    step = int(tf.train.latest_checkpoint(str(model)).split("-")[-1])
    assert 20 <= step < STEPS
    assert chief[2].splitlines()[-1] == (
        "SIGTERM: stopped at step %d of 100, which is saved: the same command goes on from there"
        % step)
    assert other[2].splitlines()[-1] == ("SIGTERM: stopped together with all workers; the chief "
                                         "saves: the same commands go on from there")
    done = programs.run("bert_nq/run_nq.py", *work.flags(model.name))
    assert done.returncode == 0, done.stderr
    assert furthest(weights(together[0]), weights(model))[0] < ROUNDING


def test_the_history_tells_the_others_whether_the_chief_stopped_early(tmp_path):
    path = tmp_path / "history.json"
    keys = MEASURE.keys()

    def stopped():
        return run._was_stopped_early(str(tmp_path), keys, early_stopping=2)

    assert not stopped()
    history = History(100)
    for step, f1 in ((10, 0.5), (20, 0.4), (30, 0.3)):
        assert not stopped()
        history.add_evaluation(step, {"long-best-threshold-f1": f1, "short-best-threshold-f1": f1})
        history.write(str(path))
    assert stopped()
    path.write_text("{")  # As on a file system that is not in step.
    assert not stopped()
