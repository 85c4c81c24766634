"""The pictures of a report: precision over recall, F1 over the threshold, scores of answers.

They show one or more kinds of answers, each a curve of its own.
"""
import io
import itertools
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bert_nq.base import files
from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Point, Row

_DPI = 100
# Colours that people who cannot tell red from green can tell apart (Okabe and Ito 2008).
_BLUE, _RED, _GREEN, _GREY = "#0072b2", "#d55e00", "#009e73", "0.6"
_COLOURS = (_BLUE, _RED)  # of curves, in their order

_CONTOURS = (0.2, 0.4, 0.6, 0.8)  # of F1
_BINS = 40
_MOST_CHARACTERS = 40  # of a name in a legend


class _Style(NamedTuple):
    """A system's line, and the mark of its best F1."""
    linestyle: str
    marker: str
    markersize: int
    fillstyle: str


_OURS, _THEIRS = _Style("-", "*", 14, "full"), _Style("--", "D", 8, "none")


class Curve(NamedTuple):
    """The rows of one kind of answer and their points."""
    kind: str  # such as "long" or "short"
    rows: Sequence[Row]
    points: Sequence[Point]  # of the thresholds at which anything is predicted
    best: Point

    @classmethod
    def of(cls, kind: str, rows: Sequence[Row]) -> "Curve":
        points = f_measure.sweep(rows)
        best = f_measure.best_f1(points)
        # Thresholds above all predictions have no precision to draw.
        highest = max([row.score for row in rows if row.has_prediction], default=None)
        drawn = [p for p in points if highest is not None and p.threshold <= highest]
        return cls(kind, rows, drawn, best)


class Names(NamedTuple):
    """The names of two systems, as legends have them."""
    ours: str = ""
    theirs: str = "compared with"

    @classmethod
    def of_paths(cls, ours: str, theirs: str) -> "Names":
        """The ends of two paths from where they differ on, without the middle of long ones."""
        parts, others = (path.replace("\\", "/").split("/") for path in (ours, theirs))
        count = 1
        while parts[-count:] == others[-count:] and count < max(len(parts), len(others)):
            count += 1
        return cls(*(_shortened("/".join(p[-count:])) for p in (parts, others)))


_NO_NAMES = Names()


def _shortened(name: str) -> str:
    half = _MOST_CHARACTERS // 2
    return name if len(name) <= _MOST_CHARACTERS else "%s…%s" % (name[:half], name[-half:])


def draw_all(curves: Sequence[Curve], others: Sequence[Curve] = (), names: Names = _NO_NAMES
             ) -> Dict[str, Figure]:
    """The figures of a report by their names; `others` are of a system to compare with."""
    return {"precision_recall": draw_precision_recall(curves, others, names),
            "thresholds": draw_thresholds(curves),
            "scores": draw_scores(curves)}


def write(figures: Mapping[str, Figure], path_of) -> List[str]:
    """Writes each figure as a PNG and an SVG, atomically; returns the paths.

    Args:
      figures: by name.
      path_of: the path for a file name.
    """
    paths = []
    for name, figure in figures.items():
        for suffix, content in ((".png", _png(figure)), (".svg", _svg(figure))):
            paths.append(path_of(name + suffix))
            with files.replacing(paths[-1]) as out:
                out.write(content)
    return paths


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)
    return out.getvalue()


def _svg(figure: Figure) -> bytes:
    out = io.BytesIO()
    # Without a date and random names, so that the same figure gives the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "bert_nq"}):
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    return out.getvalue()


def draw_precision_recall(curves: Sequence[Curve], others: Sequence[Curve] = (),
                          names: Names = _NO_NAMES) -> Figure:
    """Precision over recall of all thresholds; the other system is dashed, its bests hollow.

    Args:
      curves: by kind of answer, which has a colour.
      others: those of a system to compare with.
      names: of the two, which are told where there are two.
    """
    figure = Figure(figsize=(8, 7), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    _draw_contours(axes)
    for colour, curve in zip(itertools.cycle(_COLOURS), curves):
        name = names.ours if others else ""
        _draw_precision_recall(axes, curve, colour, name, _OURS)
    for colour, curve in zip(itertools.cycle(_COLOURS), others):
        _draw_precision_recall(axes, curve, colour, names.theirs, _THEIRS)
    axes.set_title("Precision and recall at all thresholds")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_xlim(0, 1.02)  # A mark at 1 is not cut.
    axes.set_ylim(0, 1.03)
    axes.grid(color="0.93")
    axes.legend(loc="lower left", fontsize=9)
    return figure


def _draw_contours(axes: Axes) -> None:
    """Draws lines of equal F1 = 2pr / (p + r), on which p = f r / (2r - f)."""
    for f1 in _CONTOURS:
        recall = np.linspace(f1 / (2 - f1), 1, 100)  # The precision is 1 at the first.
        axes.plot(recall, f1 * recall / (2 * recall - f1), color="0.8", linewidth=0.8, zorder=0)
        axes.annotate("F1 %.1f" % f1, (1, f1 / (2 - f1)), color="0.55", fontsize=8, ha="right",
                      va="bottom", xytext=(-3, 2), textcoords="offset points")


def _draw_precision_recall(axes: Axes, curve: Curve, colour: str, name: str, style: _Style
                           ) -> None:
    best = [i for i, point in enumerate(curve.points) if point == curve.best]
    axes.plot([p.recall for p in curve.points], [p.precision for p in curve.points], color=colour,
              markeredgecolor=colour, linewidth=1.6, markevery=best,
              label="%s answer, %sbest F1 %.3f" % (curve.kind, name and name + ", ",
                                                   curve.best.f1), **style._asdict())


def draw_thresholds(curves: Sequence[Curve]) -> Figure:
    """F1, precision and recall over the threshold, a panel for each kind of answer."""
    figure = Figure(figsize=(12, 5), dpi=_DPI, layout="constrained")
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, of_f1, curve in zip(panels, itertools.cycle(_COLOURS), curves):
        thresholds = [p.threshold for p in curve.points]
        for name, colour, width in (("precision", _GREEN, 1.2), ("recall", _GREY, 1.2),
                                    ("f1", of_f1, 2.2)):
            axes.plot(thresholds, [getattr(p, name) for p in curve.points], color=colour,
                      linewidth=width, label="F1" if name == "f1" else name)
        axes.axvline(curve.best.threshold, color="0.3", linestyle=":", linewidth=1.2)
        axes.set_title("%s answers: best F1 %.3f at %.4g" % (
            curve.kind.capitalize(), curve.best.f1, curve.best.threshold))
        axes.set_xlabel("threshold of the score")
        axes.set_ylim(0, 1.02)
        axes.grid(color="0.93")
        axes.legend(loc="best")
    return figure


def draw_scores(curves: Sequence[Curve]) -> Figure:
    """Histograms of the scores of predictions: right, wrong, and of questions without an answer."""
    figure = Figure(figsize=(12, 5), dpi=_DPI, layout="constrained")
    for axes, curve in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves):
        parts = scores_by_outcome(curve.rows)
        drawn = [scores for _, _, scores in parts]
        if any(drawn):
            # The same edges for all parts, so that their bars can be stacked.
            edges = np.histogram_bin_edges(np.concatenate([np.array(s, float) for s in drawn]),
                                           bins=_BINS)
            axes.hist(drawn, bins=edges, stacked=True, color=[colour for _, colour, _ in parts],
                      label=["%s: %s" % (name, format(len(scores), ","))
                             for name, _, scores in parts])
            axes.axvline(curve.best.threshold, color="0.3", linestyle=":", linewidth=1.2,
                         label="best threshold")
            axes.legend(loc="best")
        axes.set_title("Scores of predicted %s answers" % curve.kind)
        axes.set_xlabel("score")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel("predictions")
    return figure


def scores_by_outcome(rows: Sequence[Row]) -> List[Tuple[str, str, List[float]]]:
    """The scores of all predictions: [(name of the outcome, colour, scores)]."""
    predicted = [row for row in rows if row.has_prediction]
    return [("right", _BLUE, [row.score for row in predicted if row.is_correct]),
            ("wrong", _RED, [row.score for row in predicted
                             if row.has_gold and not row.is_correct]),
            ("no answer there", _GREY, [row.score for row in predicted if not row.has_gold])]
