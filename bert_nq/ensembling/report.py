"""The table of the scores of models and of their ensemble."""
from typing import NamedTuple, Optional, Sequence, Tuple

from bert_nq.ensembling.weights import Fitted
from bert_nq.scoring.f_measure import Point

_WIDTH = 26


class Line(NamedTuple):
    """A system's line of the table: its points of the best F1, by the official measure."""
    name: str
    points: Tuple[Point, Point]  # of long and of short answers
    weight: Optional[float] = None


def format_scores(lines: Sequence[Line]) -> str:
    """The table: F1, precision, recall and threshold of long and of short answers."""
    width = max([_WIDTH] + [len(line.name) for line in lines])
    kinds = [("long F1", "P", "R", "threshold"), ("short F1", "P", "R", "threshold")]
    rows = [("", "weight", kinds)]
    for name, points, weight in lines:
        rows.append((name, "" if weight is None else "%.3g" % weight, [
            (format(p.f1, ".2%"), format(p.precision, ".2%"), format(p.recall, ".2%"),
             "%.4g" % p.threshold) for p in points]))
    return "\n".join("%-*s %6s %s" % (width, name, weight, " ".join(
        " %8s %7s %7s %9s" % columns for columns in parts)) for name, weight, parts in rows)


def format_fitting(fitted: Fitted, num_folds: int) -> str:
    """The weights that were fitted without each fold."""
    lines = ["weights fitted without one of %d folds, to see how far they depend on the questions:"
             % num_folds]
    lines += ["  %s" % ",".join("%g" % weight for weight in weights)
              for weights in fitted.of_folds]
    return "\n".join(lines + ["tried %d weights in all" % fitted.num_tried])
