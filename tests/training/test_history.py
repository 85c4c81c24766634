"""The history of a run: blocks of steps, evaluations, and what an interruption does to them."""
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.training.history import Block, Evaluation, History


def scores(long, short):
    return {"long": long, "short": short}


BOTH = ("long", "short")


def filled(num_steps, upto, after=0, into=None):
    """A history of the steps behind `after`, whose loss is 100 less the step, to `upto`."""
    history = into or History(num_steps)
    for step in range(after + 1, upto + 1):
        history.add_step(step, {"loss": 100.0 - step, "seconds": 0.5})
    return history


def test_a_short_run_has_a_block_for_each_step():
    history = History(10)
    history.add_step(1, {"loss": 4.5, "learning_rate": 1e-5, "seconds": 2.0})
    history.add_step(2, {"loss": 4.0, "learning_rate": 2e-5, "seconds": 0.5})
    assert history.blocks == [
        Block(1, 1, {"loss": 4.5, "learning_rate": 1e-5, "seconds": 2.0}),
        Block(2, 1, {"loss": 4.0, "learning_rate": 2e-5, "seconds": 0.5})]
    assert history.series("learning_rate") == ([1, 2], [1e-5, 2e-5])
    assert history.series("gradient_norm") == ([], [])
    assert history.last_step == 2


@pytest.mark.parametrize("num_steps, block_steps", [
    (1, 1), (1999, 1), (2000, 2), (3999, 2), (4000, 4), (5763, 4), (1000000, 512)])
def test_a_long_run_has_one_to_two_thousand_blocks(num_steps, block_steps):
    assert History(num_steps).block_steps == block_steps
    assert num_steps <= 2000 * block_steps


def test_blocks_have_means_but_sums_of_times_and_examples():
    history = History(4000)  # blocks of 4 steps
    for step, loss in enumerate([8.0, 6.0, 5.0, 5.0, 4.0, 3.0], 1):
        history.add_step(step, {"loss": loss, "seconds": 0.5, "wait_seconds": 0.25, "examples": 32})
    assert history.blocks == [
        # (8 + 6 + 5 + 5) / 4, 4 * 0.5, 4 * 0.25, 4 * 32
        Block(4, 4, {"loss": 6.0, "seconds": 2.0, "wait_seconds": 1.0, "examples": 128.0}),
        Block(6, 2, {"loss": 3.5, "seconds": 1.0, "wait_seconds": 0.5, "examples": 64.0})]


def test_steps_may_be_left_out_but_not_go_back():
    history = History(4000)  # 1-4, 5-8, 9-12
    for step in (2, 3, 7, 12):
        history.add_step(step, {"loss": step})
    assert history.blocks == [Block(3, 2, {"loss": 2.5}), Block(7, 1, {"loss": 7.0}),
                              Block(12, 1, {"loss": 12.0})]
    for step in (12, 5):
        with pytest.raises(ValueError, match="step %d comes after step 12" % step):
            history.add_step(step, {"loss": 1.0})


def test_what_is_not_finite_is_left_out_of_the_mean():
    history = History(4000)
    for step, norm in enumerate([1.0, math.inf, math.nan, 2.0], 1):
        history.add_step(step, {"gradient_norm": norm, "start_loss": math.nan})
    assert history.blocks == [Block(4, 4, {"gradient_norm": 1.5})]


def test_the_best_evaluation_is_the_earliest_of_equals():
    history = History(100)
    assert history.best(["long"]) is None
    history.add_evaluation(20, scores(0.5, 0.125))
    history.add_evaluation(10, scores(0.5, 0.0))
    history.add_evaluation(30, scores(0.25, 0.375))
    assert [e.step for e in history.evaluations] == [10, 20, 30]
    assert history.best(["long"]).step == 10
    assert history.best(["short"]).step == 30
    # Means of 0.25, 0.3125 and 0.3125.
    assert history.best(BOTH) == Evaluation(20, scores(0.5, 0.125))
    assert history.best(BOTH).mean(BOTH) == 0.3125
    # A step that is scored again has its last scores.
    history.add_evaluation(20, scores(0.0, 0.0))
    assert history.best(BOTH).step == 30
    assert len(history.evaluations) == 3


def test_the_file_is_as_documented(tmp_path):
    path = str(tmp_path / "history.json")
    history = History(4000)
    for step, loss in enumerate([8.0, 6.0, 5.0, 5.0, 4.0, 3.0], 1):
        history.add_step(step, {"loss": loss, "seconds": 0.5})
    history.add_evaluation(4, scores(0.5, 0.25))
    history.write(path)
    with open(path) as f:
        assert json.load(f) == {
            "num_steps": 4000, "block_steps": 4,
            "blocks": [{"step": 4, "steps": 4, "loss": 6.0, "seconds": 2.0}],
            "unfinished": [{"step": 6, "steps": 2, "sums": {"loss": 7.0, "seconds": 1.0},
                            "counts": {"loss": 2, "seconds": 2}}],
            "evaluations": [{"step": 4, "scores": scores(0.5, 0.25)}]}
    again = History.read(path)
    assert (again.num_steps, again.blocks, again.evaluations) == (
        4000, history.blocks, history.evaluations)


def test_a_missing_file_and_one_of_something_else(tmp_path):
    path = str(tmp_path / "history.json")
    assert History.read(path) is None
    assert History.resumed(path, 10, 5).blocks == []
    for content in ('{"num_steps": 10}', "[]", '{"num_steps": 3, "block_steps": 1, "blocks": '
                    '[{"step": 1}], "unfinished": [], "evaluations": []}'):
        with open(path, "w") as f:
            f.write(content)
        with pytest.raises(UserError, match="^%s is not the history of a training run "
                           r"\(.*\): remove it$" % path):
            History.read(path)
    with open(path, "w") as f:
        f.write('{"num_steps": 10, "blo')
    with pytest.raises(UserError, match="^%s is not JSON" % path):
        History.read(path)


def test_a_block_that_a_checkpoint_cuts_goes_on_from_its_sums_then(tmp_path):
    path = str(tmp_path / "history.json")
    history = filled(4000, 6)
    history.write(path)  # At the checkpoint of step 6, in the block of steps 5 to 8.
    filled(4000, 14, after=6, into=history)
    history.write(path)  # And at that of step 14, which is damaged afterwards.
    resumed = History.resumed(path, 4000, 6)
    # 94 and 95 are the losses of steps 6 and 5.
    assert resumed.blocks[-1] == Block(6, 2, {"loss": 94.5, "seconds": 1.0})
    assert filled(4000, 20, after=6, into=resumed).blocks == filled(4000, 20).blocks


def test_without_a_write_at_the_cut_the_rest_of_the_block_is_kept():
    history = filled(4000, 14)
    cut = history.upto(6)
    assert cut.blocks == [Block(4, 4, {"loss": 97.5, "seconds": 2.0})]
    assert filled(4000, 8, after=6, into=cut).blocks[1:] == [
        Block(8, 2, {"loss": 92.5, "seconds": 1.0})]  # steps 7 and 8
    assert len(history.blocks) == 4


def test_later_evaluations_are_dropped():
    history = History(100)
    for step in (10, 20, 30):
        history.add_evaluation(step, scores(step / 100, 0.0))
    assert [e.step for e in history.upto(20).evaluations] == [10, 20]
    assert [e.step for e in history.evaluations] == [10, 20, 30]


def test_a_run_that_is_lengthened_merges_its_blocks():
    history = filled(2000, 10)  # blocks of 2
    history.add_evaluation(10, scores(0.5, 0.25))
    longer = history.lengthened(4000)  # of 4
    assert (longer.num_steps, longer.block_steps) == (4000, 4)
    assert longer.blocks == filled(4000, 10).blocks
    assert longer.evaluations == history.evaluations
    # A run that is shortened, or lengthened a little, keeps them.
    for num_steps in (1000, 3000):
        same = history.lengthened(num_steps)
        assert (same.num_steps, same.block_steps) == (num_steps, 2)
        assert (same.blocks, same.evaluations) == (history.blocks, history.evaluations)


@given(st.data())
def test_an_interrupted_run_has_the_history_of_an_undisturbed_one(tmp_path_factory, data):
    """Checkpoints, at which the history is written, and crashes, after which a run goes on from any
    of the checkpoints, in any order."""
    path = str(tmp_path_factory.mktemp("history") / "history.json")
    num_steps = data.draw(st.sampled_from([20, 3000, 9000]))  # blocks of 1, 2 and 8
    losses = data.draw(st.lists(st.floats(0, 1e6), min_size=30, max_size=30))

    def add(history, step):
        history.add_step(step, {"loss": losses[step - 1]})
        if step % 7 == 0:
            history.add_evaluation(step, scores(losses[step - 1], step))

    undisturbed = History(num_steps)
    for step in range(1, 31):
        add(undisturbed, step)

    history, step, checkpoints = History(num_steps), 0, {0}
    for event in data.draw(st.lists(st.sampled_from(["step", "step", "step", "save", "crash"]),
                                    max_size=60)):
        if event == "step" and step < 30:
            step += 1
            add(history, step)
        elif event == "save":
            history.write(path)
            checkpoints.add(step)
        elif event == "crash":
            step = data.draw(st.sampled_from(sorted(checkpoints)))
            history = History.resumed(path, num_steps, step)
            checkpoints = {c for c in checkpoints if c <= step}
    for rest in range(step + 1, 31):
        add(history, rest)
    assert history.blocks == undisturbed.blocks
    assert history.evaluations == undisturbed.evaluations


@pytest.mark.parametrize("path, value", [
    (["block_steps"], 0), (["block_steps"], None), (["blocks", 0, "step"], "1"),
    (["blocks", 0, "loss"], float("inf")), (["blocks", 0], [1]), (["evaluations"], 7),
    (["unfinished"], [{"step": 1, "steps": 1, "sums": {"loss": 1}, "counts": {}}])])
def test_a_history_of_other_types_is_refused(tmp_path, path, value):
    file = str(tmp_path / "history.json")
    filled(20, 10).write(file)
    content = files.read_json(file)
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    files.write_json(file, content)
    with pytest.raises(UserError, match="is not the history of a training run .*: remove it$"):
        History.read(file)
