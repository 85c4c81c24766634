"""The files that a run leaves: checkpoints, the best, their average; and stopping early."""
import os

import numpy as np
import pytest

from bert_nq.base import files
from bert_nq.modeling import checkpoints
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.training.history import History
from bert_nq.training.settings import KeepingSettings
from tests.support.tiny_training import trained, write_pages

# 20 records / 4 * 2 epochs are 10 steps.


def scores(long_f1, short_f1):
    return {"long-best-threshold-f1": long_f1, "short-best-threshold-f1": short_f1}


@pytest.fixture(scope="module")
def record_file(tmp_path_factory):
    return write_pages(tmp_path_factory.mktemp("records") / "train.tfrecord")


class Scorer:
    """Gives scores that were written beforehand, and notes for which checkpoints."""

    def __init__(self, *f1):
        self._f1 = list(f1)
        self.steps = []

    def __call__(self, checkpoint, stop):
        assert not stop
        assert os.path.exists(checkpoint + ".index")
        self.steps.append(int(checkpoint.rsplit("-", 1)[1]))
        return scores(*self._f1[len(self.steps) - 1])


def steps_in(folder):
    names = [name for name in os.listdir(str(folder)) if name.endswith(".index")]
    return sorted(int(name[len("model.ckpt-"):-len(".index")]) for name in names)


def test_a_model_is_scored_now_and_then_and_the_best_is_kept(record_file, tmp_path):
    scorer = Scorer((0.1, 0.1), (0.2, 0.4), (0.3, 0.2), (0.2, 0.4))
    result, lines = trained(record_file, tmp_path, KeepingSettings(
        save_checkpoints_steps=5, eval_every=3), scorer)
    assert scorer.steps == [3, 6, 9, 10]  # at the end in any case
    assert [line for line in lines if "dev" in line] == [
        "step 3: dev long F1 0.100, short F1 0.100, the best so far",
        "step 6: dev long F1 0.200, short F1 0.400, the best so far",
        "step 9: dev long F1 0.300, short F1 0.200",
        "step 10: dev long F1 0.200, short F1 0.400"]
    assert steps_in(tmp_path) == [3, 5, 6, 9, 10]  # the newest five
    assert steps_in(tmp_path / "best") == [6]
    assert files.read_json(str(tmp_path / "best" / "scores.json")) == scores(0.2, 0.4)
    best = checkpoints.read_weights(str(tmp_path / "best"))
    for name, weights in checkpoints.read_weights(str(tmp_path / "model.ckpt-6")).items():
        np.testing.assert_array_equal(best[name], weights)
    assert not [name for name in checkpoints.read_shapes(str(tmp_path / "best"))
                if "adam" in name]
    history = History.read(str(tmp_path / "history.json"))
    assert [e.step for e in history.evaluations] == [3, 6, 9, 10]
    assert result.history.best(MEASURE.keys("long")).step == 9


def test_a_last_scoring_that_was_broken_off_is_made_up_for(record_file, tmp_path):
    trained(record_file, tmp_path, evaluate=lambda checkpoint, stop: None)
    assert not os.path.exists(str(tmp_path / "best"))
    for scorer in (Scorer((0.5, 0.5)), Scorer()):  # and not a second time
        result, lines = trained(record_file, tmp_path, evaluate=scorer)
        assert (result.steps_done, result.history.best(MEASURE.keys("both")).step) == (0, 10)
    assert steps_in(tmp_path / "best") == [10]


def test_a_run_stops_when_it_does_not_get_better(record_file, tmp_path):
    keeping = KeepingSettings(eval_every=1, metric="long", early_stopping=2)
    scorer = Scorer((0.1, 0), (0.3, 0), (0.2, 1), (0.3, 1))
    result, _ = trained(record_file, tmp_path, keeping, scorer)
    assert (result.step, result.num_steps, result.stopped_early) == (4, 10, True)
    assert steps_in(tmp_path / "best") == [2]
    # The same command once more knows that.
    result, _ = trained(record_file, tmp_path, keeping, Scorer())
    assert (result.step, result.steps_done, result.stopped_early) == (4, 0, True)


def test_the_last_checkpoints_are_averaged(record_file, tmp_path):
    result, _ = trained(record_file, tmp_path, KeepingSettings(
        save_checkpoints_steps=3, average_last=3))
    assert steps_in(tmp_path) == [0, 3, 6, 9, 10]
    assert result.average == str(tmp_path / "averaged" / "model.ckpt-10")
    average = checkpoints.read_weights(str(tmp_path / "averaged"))
    parts = [checkpoints.read_weights(str(tmp_path / ("model.ckpt-%d" % step)))
             for step in (6, 9, 10)]
    assert set(average) == set(parts[0])
    for name, weights in average.items():
        expected = np.mean([p[name] for p in parts], 0)
        np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-8)


def test_of_few_checkpoints_all_but_the_untrained_are_averaged(record_file, tmp_path):
    trained(record_file, tmp_path, KeepingSettings(average_last=3))
    assert steps_in(tmp_path) == [0, 10]
    average, last = (checkpoints.read_weights(str(tmp_path / name))
                     for name in ("averaged", "model.ckpt-10"))
    for name in last:
        np.testing.assert_array_equal(average[name], last[name])


@pytest.mark.parametrize("keep", [0, 2])
def test_as_many_checkpoints_stay_as_wanted_over_two_starts(record_file, tmp_path, keep):
    for epochs in (1, 2):
        trained(record_file, tmp_path, KeepingSettings(save_checkpoints_steps=2),
                keep_checkpoint_max=keep, num_train_epochs=epochs)
    assert steps_in(tmp_path) == ([0, 2, 4, 5, 6, 8, 10] if keep == 0 else [8, 10])
