"""The pictures of a report."""
import struct
import subprocess
import sys

import pytest

from bert_nq.scoring import figures, plots
from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.plots import Curve
from tests.support import programs

# Points (precision, recall) at 3, 2, 1: (1, 1/2), (1/2, 1/2), (2/3, 1); at 4 there is none yet.
ROWS = [Row(True, True, True, 3.0), Row(False, True, False, 2.0), Row(True, True, True, 1.0),
        Row(False, False, False, 4.0)]
WORSE = [Row(True, True, False, 3.0), Row(True, True, True, 0.5), Row(False, True, False, 0.5)]
NONE = [Row(True, False, False, 0.0)]


def curves(rows=ROWS):
    return [Curve.of("long", rows), Curve.of("short", WORSE)]


def line(axes, label):
    found, = [l for l in axes.get_lines() if l.get_label() == label]  # noqa: E741
    return list(map(float, found.get_xdata())), list(map(float, found.get_ydata()))


def test_precision_over_recall():
    axes, = plots.draw_precision_recall(curves(), [Curve.of("long", WORSE)]).axes
    assert line(axes, "long answer, best F1 0.800") == (
        [0.5, 0.5, 1.0], [1.0, 0.5, pytest.approx(2 / 3)])
    assert line(axes, "long answer, compared with, best F1 0.400") == (
        [0.0, 0.5], [0.0, pytest.approx(1 / 3)])


def test_the_lines_of_equal_f1_are_such():
    axes, = plots.draw_precision_recall(curves()).axes
    for f1, drawn in zip((0.2, 0.4, 0.6, 0.8), axes.get_lines()):
        for r, p in zip(drawn.get_xdata(), drawn.get_ydata()):
            assert 2 * p * r / (p + r) == pytest.approx(f1) and p <= 1.0001


def test_f1_over_the_threshold():
    left, right = plots.draw_thresholds(curves()).axes
    assert line(left, "F1") == ([3.0, 2.0, 1.0], pytest.approx([2 / 3, 1 / 2, 4 / 5]))
    assert line(left, "precision") == ([3.0, 2.0, 1.0], pytest.approx([1, 1 / 2, 2 / 3]))
    assert line(left, "recall") == ([3.0, 2.0, 1.0], [0.5, 0.5, 1.0])
    assert left.get_title() == "Long answers: best F1 0.800 at 1"
    assert right.get_title() == "Short answers: best F1 0.400 at 0.5"


def test_scores_of_right_and_wrong_answers():
    assert plots.scores_by_outcome(ROWS + WORSE) == [
        ("right", "#0072b2", [3.0, 1.0, 0.5]), ("wrong", "#d55e00", [3.0]),
        ("no answer there", "0.6", [2.0, 0.5])]
    left, _ = plots.draw_scores(curves()).axes
    assert sum(patch.get_height() for patch in left.patches) == 3
    assert {text.get_text() for text in left.get_legend().get_texts()} == {
        "right: 2", "wrong: 0", "no answer there: 1", "best threshold"}


def test_files_are_pictures_and_the_same_each_time(tmp_path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths = figures.write(plots.draw_all(curves(), curves(WORSE)),
                              lambda file, name=name: str(tmp_path / name / file))
        contents.append([open(path, "rb").read() for path in paths])
    assert [path.split("/")[-1] for path in paths] == [
        name + suffix for name in ("precision_recall", "thresholds", "scores")
        for suffix in (".png", ".svg")]
    assert contents[0] == contents[1]
    assert contents[0][0][:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">2I", contents[0][0][16:24]) == (800, 700)
    assert b"<svg " in contents[0][1]


def test_predictions_without_an_answer_can_be_drawn(tmp_path):
    drawn = plots.draw_all([Curve.of("long", NONE), Curve.of("short", NONE)],
                           [Curve.of("long", NONE)])
    assert len(figures.write(drawn, lambda file: str(tmp_path / file))) == 6


def test_no_window_system_and_no_global_state():
    code = ("import sys; from bert_nq.scoring.nq import report_folder; "
            "assert 'matplotlib.pyplot' not in sys.modules")
    assert subprocess.run([sys.executable, "-c", code], cwd=programs.ROOT).returncode == 0
