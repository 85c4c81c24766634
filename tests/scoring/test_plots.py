"""The pictures of a report."""
import struct
import subprocess
import sys

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

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


def test_two_systems_are_told_apart_by_names_lines_and_marks():
    names = plots.Names.of_paths("runs/new/predictions.json", "runs/old/predictions.json")
    assert names == ("new/predictions.json", "old/predictions.json")
    axes, = plots.draw_precision_recall(curves(), curves(WORSE), names).axes
    drawn = [(curve.get_label(), curve.get_linestyle(), curve.get_marker(), curve.get_fillstyle(),
              curve.get_markevery()) for curve in axes.get_lines()[4:]]
    assert drawn == [
        ("long answer, new/predictions.json, best F1 0.800", "-", "*", "full", [2]),
        ("short answer, new/predictions.json, best F1 0.400", "-", "*", "full", [1]),
        ("long answer, old/predictions.json, best F1 0.400", "--", "D", "none", [1]),
        ("short answer, old/predictions.json, best F1 0.400", "--", "D", "none", [1])]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [d[0] for d in drawn]


@pytest.mark.parametrize("ours, theirs, expected", [
    ("new.json", "old.json", ("new.json", "old.json")),
    ("a/p.json", "p.json", ("a/p.json", "p.json")),
    ("a/p.json", "b/a/p.json", ("a/p.json", "b/a/p.json")),
    ("C:\\x\\p.json", "C:\\y\\p.json", ("x/p.json", "y/p.json")),
    ("p.json", "p.json", ("p.json", "p.json")),
    ("a" * 50, "b", ("a" * 20 + "…" + "a" * 20, "b"))])
def test_names_of_systems(ours, theirs, expected):
    assert plots.Names.of_paths(ours, theirs) == expected


def test_all_words_lie_within_the_frame():
    figure = plots.draw_precision_recall(curves(), curves(WORSE), plots.Names(
        *("x" * 41 for _ in range(2))))
    FigureCanvasAgg(figure).draw()
    axes, = figure.axes
    frame = axes.get_window_extent()
    words = axes.texts + axes.get_legend().get_texts()
    assert len(words) == 4 + 4
    for text in words:
        box = text.get_window_extent()
        assert frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1


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
