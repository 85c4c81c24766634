"""The tables of fitted thresholds and calibration, for people."""
from typing import Dict, Optional, Sequence, Tuple

from bert_nq.scoring.calibration import NUM_BINS, Bin
from bert_nq.scoring.f_measure import Point
from bert_nq.scoring.nq.thresholds import Rule
from bert_nq.scoring.nq.tuning import Calibrated, Fit, Points, Tuning

_PARTS = (("long", "long answers"), ("short", "short answers"),
          ("combined", "long and short answers together"))


def format_scores(as_they_are: Points, official: Tuple[Point, Point], tuning: Tuning,
                  num_folds: int) -> str:
    """The table of F1, precision and recall.

    Args:
      as_they_are: of all answers of the file, whatever they score.
      official: the points of the best F1 of the official scorer, for long and for short answers.
      tuning: the fitted thresholds.
      num_folds: of the cross-validation.
    """
    lines = ["%-34s %7s %7s %7s" % ("", "F1", "P", "R")]
    for number, (part, title) in enumerate(_PARTS):
        points = [("all answers of the file", getattr(as_they_are, part))]
        if part != "combined":
            points.append(("official best threshold", official[number]))
        for objective, fit in sorted(tuning.fits.items(), reverse=True):
            points += [("%s thresholds, fitted" % objective, getattr(fit.fitted, part)),
                       ("  on held-out folds", getattr(fit.held_out, part))]
        lines += [title] + ["  %-32s %7s %7s %7s" % ((name,) + _percents(point))
                            for name, point in points]
    lines.append("held-out: each of %d folds by thresholds fitted on the others" % num_folds)
    return "\n".join(lines)


def _percents(point: Point) -> Tuple[str, ...]:
    return tuple(format(x, ".2%") for x in (point.f1, point.precision, point.recall))


def format_fitting(as_they_are: Points, fit: Fit, objective: str) -> str:
    """The gain of the thresholds on the fitted and on held-out questions; the rest is fitting."""
    lines = []
    for part, title in _PARTS if objective == "combined" else _PARTS[:2]:
        before, fitted, held_out = (getattr(points, part).f1
                                    for points in (as_they_are, fit.fitted, fit.held_out))
        lines.append("%s: F1 %+.2f points over all answers, %+.2f of them on held-out folds: %.2f "
                     "are fitting" % (title, 100 * (fitted - before), 100 * (held_out - before),
                                      100 * (fitted - held_out)))
    return "\n".join(lines)


def format_thresholds(fit: Fit, kinds: Sequence[str]) -> str:
    """The table of thresholds, with the lowest and the highest of the folds."""
    lines = ["%-8s %10s   %s" % ("", "threshold", "of the folds")]
    for kind in kinds:
        lines.append("%-8s %10s   %s" % (kind, _threshold(fit.rule.thresholds[kind]),
                                         _range(fit.of_folds, kind)))
    return "\n".join(lines)


def _threshold(value: Optional[float]) -> str:
    return "never" if value is None else "%.4g" % value


def _range(of_folds: Sequence[Rule], kind: str) -> str:
    values = [rule.thresholds[kind] for rule in of_folds]
    known = [value for value in values if value is not None]
    never = len(values) - len(known)
    parts = ["%.4g to %.4g" % (min(known), max(known))] if known else []
    return ", ".join(parts + ["never in %d of %d" % (never, len(values))] * bool(never))


def format_calibration(calibrated: Dict[str, Calibrated]) -> str:
    """The tables, by kind, of calibration errors and of probabilities beside shares of right."""
    lines = ["%-8s %8s %8s %10s %10s %10s" % ("", "answers", "right", "error of", "after the",
                                              "on held-"),
             "%-8s %8s %8s %10s %10s %10s" % ("", "", "", "sigmoid", "fit", "out folds")]
    lines += ["%-8s %8s %8s %10.4f %10.4f %10.4f" % (
        kind, format(c.num_answers, ","), format(c.share_right, ".1%"), c.before, c.after,
        c.held_out) for kind, c in calibrated.items()]
    lines += ["", "held-out probabilities: said / was right (answers)"]
    lines.append("%-10s" % "" + "".join("%22s" % kind for kind in calibrated))
    for number in range(NUM_BINS):
        bins = [c.bins[number] for c in calibrated.values()]
        if any(bins):
            lines.append("%.1f to %.1f" % (number / NUM_BINS, (number + 1) / NUM_BINS)
                         + "".join("%22s" % _bin(b) for b in bins))
    return "\n".join(line.rstrip() for line in lines)


def _bin(b: Optional[Bin]) -> str:
    return "-" if b is None else "%.2f / %.2f (%s)" % (b.said, b.was, format(b.count, ","))


def summary(fit: Fit, calibrated: Dict[str, Calibrated], objective: str) -> Dict[str, object]:
    """The numbers that the file of thresholds keeps for people to read."""
    return {
        "objective": objective,
        "f1": {part: {"fitted": getattr(fit.fitted, part).f1,
                      "held_out": getattr(fit.held_out, part).f1} for part, _ in _PARTS},
        "calibration_error": {kind: {"before": c.before, "fitted": c.after,
                                     "held_out": c.held_out} for kind, c in calibrated.items()}}
