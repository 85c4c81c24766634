"""The pictures of a report: curves over the probability of having no answer, and groups."""
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bert_nq.base.numbers import Number
from bert_nq.scoring.figures import BLUE, DPI, GREY, RED
from bert_nq.scoring.plots import Names
from bert_nq.scoring.squad import curves
from bert_nq.scoring.squad.system import System

_STYLES = {"exact": (BLUE, "exact match"), "f1": (RED, "F1"), "oracle": (GREY, "oracle")}
_BINS = 20


def draw_all(tables: Mapping[str, Sequence[Mapping[str, Any]]], system: System,
             other: Optional[System] = None) -> Dict[str, Figure]:
    """The figures of a report by their names.

    Args:
      tables: of groups, as report.json has them.
      system: whose curves are drawn.
      other: a system to compare with, drawn dashed.
    """
    figures = {}
    if curves.curves(system):
        figures["precision_recall"] = draw_precision_recall(system, other)
    if system.na_probs is not None:
        figures["thresholds"] = draw_thresholds(system, other)
        figures["na_probs"] = draw_na_probs(system)
    figures["groups"] = draw_groups(tables)
    return figures


def _systems(system: System, other: Optional[System]) -> List[Tuple[System, str, str]]:
    """The systems that are drawn, with the style of their lines and what legends add."""
    if other is None:
        return [(system, "-", "")]
    names = Names.of_paths(system.name, other.name)
    return [(system, "-", ", " + names.ours), (other, "--", ", " + names.theirs)]


def draw_precision_recall(system: System, other: Optional[System] = None) -> Figure:
    """Precision over recall in steps, as the official script draws it, in one picture."""
    figure = Figure(figsize=(8, 7), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for each, style, suffix in _systems(system, other):
        for curve in curves.curves(each):
            colour, title = _STYLES[curve.score]
            axes.step(curve.recalls, curve.precisions, where="post", color=colour, linestyle=style,
                      linewidth=1.6, label="%s%s, area %.1f" % (title, suffix,
                                                                curve.average_precision))
            if each is system and curve.score != "oracle":
                axes.fill_between(curve.recalls, curve.precisions, step="post", alpha=0.1,
                                  color=colour, linewidth=0)
    _finish_precision_recall(axes, "Precision and recall at all thresholds")
    axes.legend(loc="lower left")
    return figure


def _finish_precision_recall(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_xlim(0, 1.05)
    axes.set_ylim(0, 1.05)
    axes.grid(color="0.93")


def draw_official(system: System) -> Dict[str, Figure]:
    """The figures of the official script, by its names: each curve by itself, two histograms."""
    figures = {}
    for curve in curves.curves(system):
        colour, title = _STYLES[curve.score]
        figure = figures["pr_" + curve.score] = Figure(figsize=(8, 6), dpi=DPI,
                                                       layout="constrained")
        axes = figure.subplots()
        axes.step(curve.recalls, curve.precisions, where="post", color=colour)
        axes.fill_between(curve.recalls, curve.precisions, step="post", alpha=0.2, color=colour)
        _finish_precision_recall(axes, "Precision and recall, %s: area %.1f" % (
            title, curve.average_precision))
    if system.na_probs is not None:
        for name, has_answer in (("hasAns", True), ("noAns", False)):
            if any(row.has_answer == has_answer for row in system.rows):
                figures["na_prob_hist_" + name] = draw_na_probs(system, (has_answer,))
    return figures


def draw_thresholds(system: System, other: Optional[System] = None) -> Figure:
    """Exact match and F1 over the threshold above which questions are not answered."""
    figure = Figure(figsize=(8, 5), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for each, style, suffix in _systems(system, other):
        for name in ("exact", "f1") if each.na_probs is not None else ():
            colour, title = _STYLES[name]
            thresholds, scores = _over_thresholds(each, name)
            numbers = each.numbers()
            axes.step(thresholds, scores, where="post", color=colour, linestyle=style,
                      linewidth=1.6, label="%s%s, best %.1f at %.4g" % (
                          title, suffix, numbers["best_" + name], numbers["best_%s_thresh" % name]))
    axes.set_title("Scores over the threshold")
    axes.set_xlabel("threshold of the probability, or odds, of having no answer")
    axes.set_ylabel("percent")
    axes.grid(color="0.93")
    axes.legend(loc="best")
    return figure


def _over_thresholds(system: System, name: str) -> Tuple[List[Number], List[float]]:
    """The score at each threshold, from that under which nothing is answered."""
    probs = np.array(system.na_probs, float)
    ascending = np.argsort(probs, kind="stable")
    gains = np.array([getattr(row, name) if row.has_answer else -int(row.is_answered)
                      for row in system.rows], float)[ascending]
    start = sum(not row.has_answer for row in system.rows)
    probs, scores = probs[ascending], 100.0 * (start + gains.cumsum()) / len(gains)
    last = np.append(probs[1:] != probs[:-1], True)  # of equal probabilities
    return probs[last].tolist(), scores[last].tolist()


def draw_na_probs(system: System, kinds: Sequence[bool] = (True, False)) -> Figure:
    """Histograms of the probabilities of questions that have an answer and of those without.

    Args:
      system: whose they are.
      kinds: which of the two are drawn, True for questions that have an answer.
    """
    figure = Figure(figsize=(8, 5), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    probs = np.array(system.na_probs, float)
    is_probability = probs.min() >= 0.0 and probs.max() <= 1.0
    edges = np.histogram_bin_edges(probs, _BINS, (0.0, 1.0) if is_probability else None).tolist()
    for has_answer, colour, title in ((True, BLUE, "has an answer"), (False, RED, "has none")):
        members = np.array([row.has_answer == has_answer for row in system.rows])
        if has_answer in kinds and members.any():
            # Shares of each kind, so that kinds of different sizes can be compared.
            axes.hist(probs[members], bins=edges, weights=np.full(members.sum(),
                                                                  1.0 / members.sum()),
                      color=colour, alpha=0.5,
                      label="%s: %s" % (title, format(int(members.sum()), ",")))
    axes.set_title("Probabilities of having no answer" if is_probability
                   else "Odds of having no answer")
    axes.set_xlabel("probability" if is_probability else "odds")
    axes.set_ylabel("share of the questions of a kind")
    axes.legend(loc="best")
    return figure


def draw_groups(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Exact match and F1 of each group, a panel for each table."""
    figure = Figure(figsize=(5 * len(tables), 5), dpi=DPI, layout="constrained")
    for axes, (title, groups) in zip(figure.subplots(1, len(tables), squeeze=False)[0],
                                     tables.items()):
        _draw_table(axes, title, groups)
    # Under the first panel, where no bar is.
    figure.axes[0].legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncol=2, frameon=False)
    return figure


def _draw_table(axes: Axes, title: str, groups: Sequence[Mapping[str, Any]]) -> None:
    places = np.arange(len(groups))[::-1]  # The first group is on top.
    for name, offset in (("exact", 0.2), ("f1", -0.2)):
        colour, label = _STYLES[name]
        axes.barh(places + offset, [group[name] for group in groups], height=0.4, color=colour,
                  label=label)
    axes.set_yticks(places)
    axes.set_yticklabels(["%s (%s)" % (group["name"], format(group["questions"], ","))
                          for group in groups])
    axes.set_xlim(0, 100)
    axes.set_xlabel("percent")
    axes.set_title("By %s" % title)
    axes.grid(axis="x", color="0.93")
    axes.set_axisbelow(True)
