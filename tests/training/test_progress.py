"""The progress of a training run as a user sees it, on a clock that only the test moves."""
import io
import math

import pytest

from bert_nq.training import progress
from bert_nq.training.progress import Smoothed, Speed, TrainingProgress


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def shown(num_steps=754, start_step=0, batch=32, **options):
    clock, lines = Clock(), []
    return clock, lines, TrainingProgress(num_steps, batch, start_step, lines.append, bar=False,
                                          clock=clock, **options)


def test_lines_come_every_ten_seconds_and_at_the_end():
    clock, lines, shows = shown(num_steps=12)
    for step in range(1, 13):
        # The first step, in which the graph is built, takes a minute; the others 4 seconds.
        clock.now += 60 if step == 1 else 4
        shows.update(step, {"loss": 1.5, "learning_rate": 3.2e-5, "wait_seconds": 0.04})
    shows.close()
    assert lines == [
        # A step of 32 examples in 4 seconds, of which 0.04 are 1 %; 12 - 4 steps are 32 seconds.
        "step 4/12  loss 1.500  lr 3.2e-05  8.0 examples/s  data wait 1 %  0:00:32 left",
        "step 7/12  loss 1.500  lr 3.2e-05  8.0 examples/s  data wait 1 %  0:00:20 left",
        "step 10/12  loss 1.500  lr 3.2e-05  8.0 examples/s  data wait 1 %  0:00:08 left",
        "step 12/12  loss 1.500  lr 3.2e-05  8.0 examples/s  data wait 1 %  0:00:00 left"]


def test_a_resumed_run_of_one_step_has_no_speed():
    clock, lines, shows = shown(num_steps=15, start_step=14)
    clock.now += 60
    shows.update(15, {"loss": 0.25})
    assert lines == ["step 15/15  loss 0.250"]
    assert shows.examples_per_second is None


def test_steps_before_this_run_have_no_part_in_the_speed():
    clock, lines, shows = shown(num_steps=1000, start_step=500, every_seconds=0)
    for step in (501, 502):
        clock.now += 2
        shows.update(step, {"loss": 1.0, "wait_seconds": 1.0})
    # 498 steps of 2 seconds.
    assert lines == ["step 502/1000  loss 1.000  16.0 examples/s  data wait 50 %  0:16:36 left"]
    assert (shows.examples_per_second, shows.data_wait) == (pytest.approx(16), pytest.approx(0.5))


def test_pauses_have_no_part_in_the_speed():
    clock, lines, shows = shown(num_steps=10)
    with shows.pause():  # Before the first step: the model as it is given is scored.
        clock.now += 500
    for step in (1, 2, 3):
        clock.now += 4
        shows.update(step, {"loss": 1.0})
        with pytest.raises(KeyError), shows.pause():
            clock.now += 1000
            raise KeyError("an evaluation that fails")
    assert shows.examples_per_second == pytest.approx(8)


def test_a_step_cannot_have_waited_longer_than_it_took():
    clock, _, shows = shown()
    for step in (1, 2):
        clock.now += 1
        shows.update(step, {"loss": 1.0, "wait_seconds": 5.0})
    assert shows.data_wait == 1.0


def test_the_speed_is_that_of_the_last_minute():
    speed = Speed()
    now = 0.0
    speed.step(now)
    for seconds in [1.0] * 600 + [0.5] * 1200:
        now += seconds
        speed.step(now)
    # Ten minutes later nothing is left of the slower steps: exp(-10) is 0.00005.
    assert speed.steps_per_second == pytest.approx(2, rel=1e-3)
    # At a change, a minute's worth of the new speed counts 1 - 1/e.
    for _ in range(60):
        now += 1.0
        speed.step(now)
    assert speed.steps_per_second == pytest.approx(1 + math.exp(-1), rel=0.01)


def test_many_steps_may_be_told_at_once():
    clock, lines, shows = shown(num_steps=400, batch=8, every_seconds=0)
    for step in (100, 200):
        clock.now += 10
        shows.update(step, {"loss": 1.0})
    # 100 steps of 8 examples in 10 seconds.
    assert lines == ["step 200/400  loss 1.000  80.0 examples/s  data wait 0 %  0:00:20 left"]


def test_the_smoothed_loss_is_not_drawn_to_zero():
    loss = Smoothed(decay=0.5)
    assert math.isnan(loss.value)
    loss.add(4.0)
    assert loss.value == 4.0
    loss.add(math.nan)
    assert loss.value == 4.0
    loss.add(1.0)
    # (0.5 * 4 * 0.5 + 1 * 0.5) / 0.75
    assert loss.value == 2.0


def test_notes_stand_between_the_lines():
    _, lines, shows = shown()
    shows.note("checkpoint written")
    assert lines == ["checkpoint written"]


def test_a_terminal_has_a_bar(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    clock, lines = Clock(), []
    shows = TrainingProgress(4, 32, 1, lines.append, bar=True, clock=clock)
    for step in (2, 3, 4):
        clock.now += 4
        shows.update(step, {"loss": 1.5, "learning_rate": 1e-5})
        shows.note("after step %d" % step)
    shows.close()
    shows.close()
    assert lines == []
    text = terminal.getvalue()
    assert " 25%|" in text
    assert "step 4/4  loss 1.500  lr 1e-05  8.0 examples/s  data wait 0 %  0:00:00 left" in text
    assert [line for line in text.replace("\r", "\n").split("\n")
            if line.startswith("after")] == ["after step %d" % i for i in (2, 3, 4)]


def test_without_a_terminal_there_is_none(monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", io.StringIO())
    lines = []
    TrainingProgress(1, 32, 0, lines.append).update(1, {"loss": 1.0})
    assert lines == ["step 1/1  loss 1.000"]


@pytest.mark.parametrize("seconds, text", [
    (0, "0:00:00"), (59.6, "0:01:00"), (2280, "0:38:00"), (360000, "100:00:00")])
def test_time_left(seconds, text):
    assert progress.clock(seconds) == text
