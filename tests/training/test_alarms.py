"""When a run is stopped for going wrong, and what is said."""
import math

import pytest

from bert_nq.base.errors import UserError
from bert_nq.training.alarms import FiniteAlarm, StuckAlarm

FINE = {"loss": 2.0, "start_loss": 2.5, "end_loss": 2.5, "type_loss": 1.0, "gradient_norm": 3.0,
        "learning_rate": 1e-5}


def chance(seq_length):
    return always({"start_loss": math.log(seq_length), "end_loss": math.log(seq_length)})


def always(levels):
    return lambda scalars: levels


def losses(start, end):
    return {"start_loss": start, "end_loss": end}


def message(call, *args):
    with pytest.raises(UserError) as error:
        call(*args)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("bad, what", [
    ({"loss": math.nan, "end_loss": math.nan}, "the loss is nan, the end loss is nan"),
    ({"loss": math.inf, "type_loss": math.inf}, "the loss is inf, the type loss is inf"),
    ({"gradient_norm": math.inf}, "the gradient norm is inf")])
def test_a_loss_that_is_no_number_is_named(bad, what):
    alarm = FiniteAlarm()
    alarm.check(1, FINE)
    assert message(alarm.check, 2, dict(FINE, **bad)) == (
        "step 2: %s; the last checkpoint is kept. Try a lower --learning_rate or a longer "
        "--warmup_proportion" % what)


def test_values_that_a_run_does_not_have_are_not_asked_for():
    FiniteAlarm().check(1, {"loss": 1.0})


def test_an_overflow_of_fp16_is_normal_until_the_fiftieth_in_a_row():
    alarm = FiniteAlarm(skips_overflow=True)
    overflow = dict(FINE, gradient_norm=math.inf)
    for step in range(1, 50):
        alarm.check(step, overflow)
    alarm.check(50, FINE)
    for step in range(51, 100):
        alarm.check(step, overflow)
    assert message(alarm.check, 100, overflow) == (
        "step 100: the gradient norm is inf, for the 50th time in a row although the loss scale "
        "was halved each time; the last checkpoint is kept. Try a lower --learning_rate, or bf16 "
        "or fp32 instead of fp16")


def test_a_model_that_has_learned_nothing_is_stopped_after_the_warm_up():
    alarm = StuckAlarm(chance(384), after_step=20, window=10)
    for step in range(1, 21):
        alarm.check(step, losses(5.94, 5.96))
    # ln(384) = 5.9506; the mean of start and end is 5.95.
    assert message(alarm.check, 21, losses(5.94, 5.96)) == (
        "step 21: the mean of the start loss and the end loss over the last 10 steps is 5.950, and "
        "5.951 = ln(384) is that of a model to which 384 choices are equally likely: it has "
        "learned nothing; the last checkpoint is kept. Try a lower --learning_rate, a longer "
        "--warmup_proportion or more records, and check that --init_checkpoint was trained with "
        "this vocabulary")


def test_chance_levels_may_differ_and_losses_be_missing():
    # (ln 8 + ln 2) / 2 = ln 4.
    alarm = StuckAlarm(always({"a_loss": math.log(8), "b_loss": math.log(2)}), 0, window=1)
    alarm.check(1, {"loss": 3.0, "a_loss": 3.0})
    alarm.check(2, {"a_loss": math.log(8) - 0.1, "b_loss": math.log(2)})
    assert "1.386 = ln(4) is that of" in message(
        alarm.check, 3, {"a_loss": math.log(8) - 0.05, "b_loss": math.log(2)})
    assert message(StuckAlarm(always({"class_loss": math.log(3)}), 0, 1).check, 1, {
        "class_loss": 1.1}).startswith("step 1: the class loss over the last 1 steps is 1.100, ")


@pytest.mark.parametrize("share, stops", [(0.96, False), (0.98, True), (1.0, True), (2.0, True)])
def test_the_loss_must_be_three_per_cent_lower_than_that_of_a_blind_model(share, stops):
    alarm = StuckAlarm(chance(512), after_step=0, window=3)
    loss = share * math.log(512)
    alarm.check(1, losses(loss, loss))
    alarm.check(2, losses(loss, loss))
    if stops:
        message(alarm.check, 3, losses(loss, loss))
    else:
        alarm.check(3, losses(loss, loss))


def test_only_the_last_steps_count_and_all_of_them():
    blind = math.log(64)
    alarm = StuckAlarm(chance(64), after_step=0, window=4)
    for step in range(1, 4):
        alarm.check(step, losses(blind, blind))  # Not yet four.
    alarm.check(4, losses(0.5 * blind, 0.5 * blind))  # The mean is 7/8 of it,
    for step in range(5, 8):
        alarm.check(step, losses(blind, blind))  # and stays that, until the good step is out.
    message(alarm.check, 8, losses(blind, blind))


def test_an_overflow_does_not_hide_the_others():
    blind = math.log(64)
    alarm = StuckAlarm(chance(64), after_step=0, window=2)
    alarm.check(1, losses(blind, blind))
    alarm.check(2, losses(math.nan, math.inf))
    message(alarm.check, 3, losses(blind, blind))


def test_steps_of_other_lengths_have_another_level():
    alarm = StuckAlarm(lambda scalars: {"start_loss": math.log(scalars["seq_length"])}, 0, window=2)
    alarm.check(1, {"start_loss": math.log(32), "seq_length": 32.0})
    # The mean of ln(32) and ln(128) is ln(64).
    assert "4.159 = ln(64) is that of" in message(
        alarm.check, 2, {"start_loss": math.log(128), "seq_length": 128.0})
    alarm.check(3, {"start_loss": math.log(32), "seq_length": 128.0})
