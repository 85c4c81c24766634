"""A report on predictions: scores with intervals, curves, groups, and a comparison with others.

`make` computes it, report_text formats it, report_folder writes it.
"""
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set

from bert_nq.scoring import bootstrap, f_measure
from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq import comparison, groups, measures
from bert_nq.scoring.nq.comparison import Change, Pair
from bert_nq.scoring.nq.facts import Facts, Tokens
from bert_nq.scoring.nq.labels import Answers, Prediction

KINDS = ("long", "short")
CONFIDENCE = 0.95

_MOST_POINTS = 500  # report.json has no more of a curve


class System(NamedTuple):
    """A system's predictions and their rows, which are in the order of gold."""
    name: str
    predictions: Mapping[int, Prediction]
    long_rows: Sequence[Row]
    short_rows: Sequence[Row]

    def rows(self, kind: str) -> Sequence[Row]:
        return self.long_rows if kind == "long" else self.short_rows

    def settled(self, kind: str) -> List[Row]:
        """The rows at the threshold with the best F1."""
        rows = self.rows(kind)
        return f_measure.at_threshold(rows, f_measure.best_f1(f_measure.sweep(rows)).threshold)


def pair_of(kind: str, gold: Mapping[int, Sequence[Answers]], system: System, other: System
            ) -> Pair:
    """Both systems' answers of one kind, each at its best threshold."""
    return Pair(kind, gold, system.settled(kind), other.settled(kind), system.predictions,
                other.predictions)


def spans(gold: Mapping[int, Sequence[Answers]], system: System, other: Optional[System]
          ) -> Dict[int, Set[Tokens]]:
    """The spans whose words the report shows, by example id."""
    wanted = {}  # type: Dict[int, Set[Tokens]]
    for kind in KINDS if other else ():
        for example_id, found in comparison.spans(pair_of(kind, gold, system, other)).items():
            wanted.setdefault(example_id, set()).update(found)
    return wanted


class Report(NamedTuple):
    """A report, for all formats."""
    content: Dict[str, Any]  # the JSON of report.json
    changes: List[Change]  # none without other predictions


def make(gold: Mapping[int, Sequence[Answers]], facts: Mapping[int, Facts], system: System,
         other: Optional[System] = None, threshold: str = bootstrap.BEST,
         resamples: int = bootstrap.RESAMPLES, seed: int = 0, remarks: Sequence[str] = ()
         ) -> Report:
    """Computes a report.

    Args:
      gold: the annotations of each question.
      facts: of each question, with the words of `spans`.
      system: the predictions to report on.
      other: the predictions to compare them with.
      threshold, resamples, seed: of the bootstrap.
      remarks: of annotators.Shortage, on what the scores mean.
    """
    content = {
        "predictions": system.name, "questions": len(gold), "remarks": list(remarks),
        "metrics": measures.metrics(system.long_rows, system.short_rows),
        "bootstrap": {"threshold": threshold, "resamples": resamples, "seed": seed,
                      "confidence": CONFIDENCE}}  # type: Dict[str, Any]
    for kind in KINDS:
        content[kind] = _scores(system, kind, threshold, resamples, seed)
    content["tables"] = groups.as_json(groups.tables(groups.score_questions(
        gold, facts, system.settled("long"), system.settled("short"))))
    if other is None:
        return Report(content, [])
    found = []  # type: List[Change]
    content["comparison"] = {"predictions": other.name}
    for kind in KINDS:
        changes = comparison.changes(pair_of(kind, gold, system, other), facts)
        difference = bootstrap.paired_f1_difference(
            system.rows(kind), other.rows(kind), threshold, resamples, seed, CONFIDENCE)
        won = sum(change.won for change in changes)
        content["comparison"][kind] = dict(difference._asdict(), won=won, lost=len(changes) - won)
        found += changes
    return Report(content, found)


def _scores(system: System, kind: str, threshold: str, resamples: int, seed: int
            ) -> Dict[str, Any]:
    """F1 with its interval, the counts behind it, and the curve."""
    rows = system.rows(kind)
    points = f_measure.sweep(rows)
    interval = bootstrap.f1_interval(rows, threshold, resamples, seed, CONFIDENCE)
    best = f_measure.best_f1(points)
    every = -(-len(points) // _MOST_POINTS)
    shown = points[::every] + ([] if (len(points) - 1) % every == 0 else points[-1:])
    return dict(groups.count(system.settled(kind))._asdict(), threshold=best.threshold,
                f1_interval=[interval.low, interval.high], bootstrapped_f1=interval.f1,
                ignoring_scores=groups.count(rows)._asdict(),
                curve={name: [getattr(point, name) for point in shown] for name in
                       ("threshold", "precision", "recall", "f1")})
