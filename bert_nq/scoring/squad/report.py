"""A report on predictions: scores with intervals, curves, groups, and a comparison with others.

`make` computes it, report_text formats it, scoring.report_folder writes it.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number
from bert_nq.scoring import bootstrap, mean_bootstrap
from bert_nq.scoring.mean_bootstrap import CONFIDENCE, Statistic
from bert_nq.scoring.squad import comparison, curves, groups
from bert_nq.scoring.squad.comparison import Change
from bert_nq.scoring.squad.curves import Curve
from bert_nq.scoring.squad.measures import Row
from bert_nq.scoring.squad.system import System

SCORES = ("exact", "f1")

_MOST_POINTS = 500  # report.json has no more of a curve


class Report(NamedTuple):
    """A report, for all formats."""
    content: Dict[str, Any]  # the JSON of report.json
    changes: List[Change]  # none without other predictions


def make(system: System, other: Optional[System] = None, resamples: int = bootstrap.RESAMPLES,
         seed: int = 0) -> Report:
    """Computes a report.

    Args:
      system: the predictions to report on.
      other: predictions for the same questions to compare them with.
      resamples, seed: of the bootstrap.

    Raises:
      UserError: the two systems are scored by different versions.
    """
    content: Dict[str, Any] = {
        "predictions": system.name, "version": system.version, "questions": len(system.rows),
        "na_prob_thresh": None if system.na_probs is None else system.threshold,
        "metrics": system.numbers(),
        "intervals": mean_bootstrap.intervals(_statistics(system), len(system.rows), resamples,
                                              seed),
        "bootstrap": {"resamples": resamples, "seed": seed, "confidence": CONFIDENCE},
        "tables": groups.as_json(groups.tables(system.questions, system.settled())),
    }
    found = curves.curves(system)
    content["average_precision"] = curves.average_precisions(found)
    content["curves"] = {curve.score: _shown(curve) for curve in found}
    if other is None:
        return Report(content, [])
    if other.version != system.version:
        raise UserError("%s is scored by version %s, %s by %s" % (
            system.name, system.version, other.name, other.version))
    changes = comparison.changes(system, other)
    won = sum(change.won for change in changes)
    content["comparison"] = dict(
        {name: _difference(name, system, other, resamples, seed) for name in SCORES},
        predictions=other.name, metrics=other.numbers(), won=won, lost=len(changes) - won)
    return Report(content, changes)


def _statistics(system: System) -> Dict[str, Statistic]:
    """The numbers that get an interval, by their official names."""
    rows = system.settled()
    found: Dict[str, Statistic] = {}
    has_answer = [row.has_answer for row in rows]
    parts = (("", [True] * len(rows)), ("HasAns_", has_answer),
             ("NoAns_", [not has for has in has_answer]))
    for prefix, members in parts if len(set(has_answer)) > 1 else parts[:1]:
        for name in SCORES:
            found[prefix + name] = mean_bootstrap.mean(_percents(rows, name), members)
    if system.na_probs is not None:
        found.update(("best_" + name, _best(system, name)) for name in SCORES)
    return found


def _percents(rows: Sequence[Row], name: str) -> List[Number]:
    return [100.0 * getattr(row, name) for row in rows]


def _best(system: System, name: str) -> Statistic:
    """The score at the best threshold, which is chosen anew in each sample."""
    places = system.order if system.order is not None else range(len(system.rows))
    ascending = np.array(sorted(places, key=lambda place: system.na_probs[place]), int)
    is_null = np.array([not row.has_answer for row in system.rows])
    gains = np.array([getattr(row, name) if row.has_answer else -int(row.is_answered)
                      for row in system.rows], float)[ascending]

    def statistic(counts: np.ndarray) -> np.ndarray:
        start = (counts * is_null).sum(axis=1)
        best = (counts[:, ascending] * gains).cumsum(axis=1).max(axis=1)
        return 100.0 * (start + np.maximum(0.0, best)) / len(gains)

    return statistic


def _difference(name: str, system: System, other: System, resamples: int, seed: int
                ) -> Dict[str, Any]:
    """The difference of two means, the first less the other, with its interval and p-value."""
    values, other_values = _percents(system.settled(), name), _percents(other.settled(), name)
    ends = mean_bootstrap.intervals(
        {"": mean_bootstrap.mean([a - b for a, b in zip(values, other_values)],
                                 [True] * len(values))}, len(values), resamples, seed)[""]
    here, there = sum(values) / len(values), sum(other_values) / len(values)
    return {"here": here, "there": there, "difference": here - there, "interval": ends,
            "p_value": mean_bootstrap.p_value(values, other_values, resamples, seed)}


def _shown(curve: Curve) -> Dict[str, Any]:
    """Some points of a curve, the last one among them."""
    last = len(curve.thresholds) - 1
    every = -(-len(curve.thresholds) // _MOST_POINTS)
    places = list(range(0, last, every)) + [last]
    return {name: [getattr(curve, name)[place] for place in places]
            for name in ("thresholds", "precisions", "recalls")}
