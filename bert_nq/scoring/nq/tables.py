"""The tables of the official scorer, as text."""
from typing import List, Sequence

from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Number, Point, Row
from bert_nq.scoring.nq import measures

_RULE = "*" * 20


def format_tables(long_rows: Sequence[Row], short_rows: Sequence[Row]) -> str:
    """The text that the official scorer prints with --pretty_print, line by line the same.

    If no threshold reaches a precision target the official program fails; here the threshold reads
    n/a.
    """
    lines = []  # type: List[str]
    for kind, rows in (("LONG", long_rows), ("SHORT", short_rows)):
        lines += [_RULE, "%s ANSWER R@P TABLE:" % kind]
        lines += _thresholds(rows)
    lines += [_RULE,
              "METRICS IGNORING SCORES (n=%d):" % len(long_rows),
              "              F1     /  P      /  R",
              "Long answer  " + _f1_p_r(f_measure.all_predictions(long_rows)),
              "Short answer " + _f1_p_r(f_measure.all_predictions(short_rows))]
    return "\n".join(lines)


def _thresholds(rows: Sequence[Row]) -> List[str]:
    points = f_measure.sweep(rows)
    best = f_measure.best_f1(points)
    lines = ["Optimal threshold: " + _significant(best.threshold, 5),
             " F1     /  P      /  R",
             _f1_p_r(best)]
    for target in measures.PRECISION_TARGETS:
        point = f_measure.recall_at_precision(points, target)
        threshold = "n/a" if point.threshold is None else _significant(point.threshold, 4)
        lines.append("R@P=%s: %s (actual p=%s, score threshold=%s)"
                     % (target, _percent(point.recall), _percent(point.precision), threshold))
    return lines


def _f1_p_r(point: Point) -> str:
    return " / ".join(_percent(x).rjust(7) for x in (point.f1, point.precision, point.recall))


def _percent(x: Number) -> str:
    return format(x, ".2%")


def _significant(x: Number, digits: int) -> str:
    return format(float(x), ".%d" % digits)
