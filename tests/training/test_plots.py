"""The picture of a run: what is drawn, and that it becomes a file."""
import struct
import subprocess
import sys

import pytest

from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.training import plots
from bert_nq.training.history import History
from tests.support import programs

# As the joint head has them.
LABELS = (("start_loss", "start"), ("end_loss", "end"), ("type_loss", "answer type"))


def history(num_steps=4, evaluated=True):
    run = History(4)
    for step in range(1, num_steps + 1):
        run.add_step(step, {"loss": 5.0 - step, "start_loss": 6.0 - step, "end_loss": 5.5 - step,
                            "type_loss": 1.5 / step, "learning_rate": 1e-5 * (5 - step)})
    if evaluated:
        for step, long, short in ((2, 0.25, 0.5), (4, 0.75, 0.375)):
            run.add_evaluation(step, {"long-best-threshold-f1": long,
                                      "short-best-threshold-f1": short})
    return run


def lines(axes):
    """{label: (steps, values)}; a label that begins with "_" is not in the legend."""
    return {line.get_label(): tuple(map(list, line.get_data())) for line in axes.get_lines()}


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_losses_stand_above_the_scores():
    figure = plots.draw(history(), MEASURE, LABELS)
    above, below, behind = figure.axes
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == (
        "cross entropy (nats)", "F1", "step")
    assert legend(above) == ["total", "start", "end", "answer type"]
    # Four steps are too few to be smoothed.
    assert lines(above) == {"total": ([1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0]),
                            "start": ([1, 2, 3, 4], [5.0, 4.0, 3.0, 2.0]),
                            "end": ([1, 2, 3, 4], [4.5, 3.5, 2.5, 1.5]),
                            "answer type": ([1, 2, 3, 4], [1.5, 0.75, 0.5, 0.375])}
    assert list(lines(behind).values()) == [
        ([1, 2, 3, 4], pytest.approx([4e-5, 3e-5, 2e-5, 1e-5]))]
    assert behind.get_zorder() < above.get_zorder()


def test_the_best_scores_are_marked():
    below = plots.draw(history(), MEASURE, LABELS).axes[1]
    assert legend(below) == ["long answer, best 0.750 at step 4",
                             "short answer, best 0.500 at step 2"]
    stars = [tuple(map(list, line.get_data())) for line in below.get_lines()
             if line.get_marker() == "*"]
    assert stars == [([4], [0.75]), ([2], [0.5])]
    assert lines(below)["long answer, best 0.750 at step 4"] == ([2, 4], [0.25, 0.75])


def test_without_evaluations_the_losses_have_the_picture_to_themselves():
    above, behind = plots.draw(history(evaluated=False), MEASURE, LABELS).axes
    assert above.get_xlabel() == "step"
    assert legend(above) == ["total", "start", "end", "answer type"]


def test_of_one_step_there_are_points():
    above, behind = plots.draw(history(num_steps=1, evaluated=False), MEASURE, LABELS).axes
    assert {line.get_marker() for axes in (above, behind) for line in axes.get_lines()} == {"o"}
    above = plots.draw(history(num_steps=2, evaluated=False), MEASURE, LABELS).axes[0]
    assert {line.get_marker() for line in above.get_lines()} == {"None"}


def test_losses_without_labels_are_called_by_their_names():
    run = History(2)
    run.add_step(1, {"loss": 3.0, "next_word_loss": 2.0, "end_loss": 1.0, "end_accuracy": 0.5})
    above = plots.draw(run, MEASURE, LABELS).axes[0]
    assert legend(above) == ["total", "end", "next word"]


def test_a_longer_run_has_a_smooth_line_over_the_raw_one():
    run = History(200)
    raw = [10.0 if step % 2 else 8.0 for step in range(200)]
    for step, loss in enumerate(raw, 1):
        run.add_step(step, {"loss": loss})
    pale, smooth = plots.draw(run, MEASURE).axes[0].get_lines()
    assert list(pale.get_ydata()) == raw
    assert pale.get_alpha() < 0.5
    # 200 / 50 = 4 steps on both sides, 9 in all: four or five of either kind.
    assert list(smooth.get_xdata()) == list(range(5, 197))
    assert smooth.get_ydata()[100 - 4] == pytest.approx((5 * 8 + 4 * 10) / 9)


def test_the_smooth_line_has_no_kink_where_it_ends():
    """One odd value among the last ones moves the line by a 9th of it, as it would elsewhere."""
    run = History(200)
    for step in range(1, 201):
        run.add_step(step, {"loss": 10.0 if step == 200 else 1.0})
    smooth = plots.draw(run, MEASURE).axes[0].get_lines()[1]
    assert list(smooth.get_ydata()[:-1]) == pytest.approx([1.0] * 191)
    assert smooth.get_ydata()[-1] == pytest.approx(2.0)  # (8 * 1 + 10) / 9


def rates_of(num_steps, warm_up):
    """BERT's schedule."""
    return [step / warm_up if step < warm_up else 1 - step / num_steps for step in range(num_steps)]


@pytest.mark.parametrize("rates, place", [
    # The rate at step 9 is 0.9, that at step 10 would be 1 and is 0.9 of it; a drop of none.
    (rates_of(100, 10), None), (rates_of(100, 20), 19), (rates_of(1000, 100), 99),
    (rates_of(100, 1), None), (rates_of(50, 50), None), ([1.0] * 20, None), ([], None),
    ([0.5, 1.0, 0.5], None)])
def test_a_sudden_drop_of_the_learning_rate(rates, place):
    assert plots.drop(rates) == place


def test_the_end_of_the_warm_up_is_noted():
    run = History(1000)
    for step, rate in enumerate(rates_of(1000, 100), 1):
        run.add_step(step, {"loss": 1.0, "learning_rate": rate})
    behind = plots.draw(run, MEASURE).axes[1]
    note, = behind.texts
    assert note.get_text().startswith("end of the warm-up")
    assert note.xy == (100, 0.99)
    assert not plots.draw(history(), MEASURE, LABELS).axes[2].texts


def test_scores_that_are_always_0_are_told_of():
    run = history(evaluated=False)
    for step, long in ((2, 0.25), (4, 0.75)):
        run.add_evaluation(step, {"long-best-threshold-f1": long, "short-best-threshold-f1": 0})
    below = plots.draw(run, MEASURE, LABELS).axes[1]
    assert legend(below) == ["long answer, best 0.750 at step 4", "short answer, always 0"]
    assert [text.get_text() for text in below.texts] == ["short answer: 0 at every scoring"]
    run = history(evaluated=False)
    run.add_evaluation(4, {"long-best-threshold-f1": 0, "short-best-threshold-f1": 0.0})
    below = plots.draw(run, MEASURE, LABELS).axes[1]
    assert legend(below) == ["long answer, always 0", "short answer, always 0"]
    assert [text.get_text() for text in below.texts] == [
        "long answer and short answer: 0 at every scoring"]
    assert below.get_ylim() == (0, 1)
    assert not any(line.get_marker() == "*" for line in below.get_lines())
    assert not plots.draw(history(), MEASURE, LABELS).axes[1].texts


@pytest.mark.parametrize("values, reach, expected", [
    ([], 3, []), ([1.0], 3, []), ([1.0, 5.0], 0, [1.0, 5.0]),
    # Of five values, the middle one has two on both sides, and three have one.
    ([0.0, 3.0, 6.0, 3.0, 3.0], 2, [3.0]), ([0.0, 3.0, 6.0, 3.0, 3.0], 1, [3.0, 4.0, 4.0]),
    # A slope stays what it is.
    ([5.0, 4.0, 3.0, 2.0], 1, [4.0, 3.0])])
def test_smoothing(values, reach, expected):
    assert plots.smoothed(values, reach) == expected


@pytest.mark.parametrize("run", [history(), history(1, False), History(10)])
def test_the_file_is_a_picture_of_1200_by_900(run, tmp_path):
    path = tmp_path / "training.png"
    plots.write_plot(run, str(path), MEASURE, LABELS)
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">2I", data[16:24]) == (1200, 900)
    assert len(data) > 5000


def test_no_window_system_and_no_global_state():
    code = "import sys, bert_nq.training.plots; assert 'matplotlib.pyplot' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True,
                          cwd=programs.ROOT)
    assert (done.returncode, done.stderr) == (0, "")
