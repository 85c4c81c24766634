"""The tables of a fitted null threshold, for people."""
from typing import Any, Dict, Mapping, Sequence, Tuple

from bert_nq.base.numbers import Number
from bert_nq.scoring.squad.tuning import Fit
from bert_nq.scoring.text_tables import aligned

_COLUMNS = (("exact", "EM"), ("f1", "F1"), ("HasAns_exact", "EM, has answer"),
            ("HasAns_f1", "F1, has answer"), ("NoAns_f1", "no answer"))


def format_scores(as_they_are: Mapping[str, Number], fit: Fit) -> str:
    """The table of scores.

    Args:
      as_they_are: the official numbers of the predictions.
      fit: the fitted threshold.
    """
    rows = [[""] + [title for _, title in _COLUMNS]]
    rows += [[name] + [_percent(numbers.get(key)) for key, _ in _COLUMNS]
             for name, numbers in (("predictions as they are", as_they_are),
                                   ("fitted threshold", fit.fitted),
                                   ("  on held-out folds", fit.held_out))]
    return "%s\nheld-out: each of %d folds by a threshold fitted on the others" % (
        aligned(rows), len(fit.of_folds))


def _percent(value: Any) -> str:
    return "-" if value is None else "%.2f" % value


def format_best(numbers: Mapping[str, Number]) -> str:
    """The best thresholds of the official script, which only leaves answers out."""
    return ("the official script, which can only leave out answers of the file: best EM %.2f at "
            "%.4g, best F1 %.2f at %.4g" % tuple(
                numbers[key] for key in ("best_exact", "best_exact_thresh", "best_f1",
                                         "best_f1_thresh")))


def format_threshold(fit: Fit, metric: str, as_they_are: Mapping[str, Number]) -> str:
    """The threshold, and how much of its gain is fitting."""
    before, fitted, held_out = (numbers[metric]
                                for numbers in (as_they_are, fit.fitted, fit.held_out))
    return ("null threshold %.6g, of the folds %.4g to %.4g\n%s %+.2f points over the predictions "
            "as they are, %+.2f of them on held-out folds: %.2f are fitting" % (
                fit.threshold, min(fit.of_folds), max(fit.of_folds),
                dict(_COLUMNS)[metric], fitted - before, held_out - before, fitted - held_out))


def summary(fit: Fit, metric: str) -> Dict[str, Any]:
    """The numbers that the file of thresholds keeps for people to read."""
    return {"metric": metric, "fitted": _numbers(fit.fitted, _COLUMNS),
            "held_out": _numbers(fit.held_out, _COLUMNS)}


def _numbers(numbers: Mapping[str, Number], columns: Sequence[Tuple[str, str]]
             ) -> Dict[str, Number]:
    return {key: numbers[key] for key, _ in columns if key in numbers}
