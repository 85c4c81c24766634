"""Precision and recall over the probability of having no answer, as the official script has them.

Questions are answered from the least probability on. The precision at a threshold is the mean score
of the questions that are answered, the recall the sum of their scores divided by the number of
questions that have an answer; an answer to any other question scores 0.
"""
from typing import Dict, List, NamedTuple, Optional, Sequence

from bert_nq.base.numbers import Number
from bert_nq.scoring.squad.system import System

SCORES = ("exact", "f1", "oracle")


class Curve(NamedTuple):
    """The points of a curve, one for each different probability, from that of nothing answered."""
    score: str  # one of SCORES; the oracle's answers are right wherever there is one
    thresholds: Sequence[Optional[Number]]  # the first one is None
    precisions: Sequence[float]
    recalls: Sequence[float]
    average_precision: float  # the area under it, in percent


def curves(system: System) -> List[Curve]:
    """The three curves; none without probabilities or without a question that has an answer."""
    if system.na_probs is None or not any(row.has_answer for row in system.rows):
        return []
    # Answers to questions without one are left out of the sum, whatever they score.
    scores = {"exact": [row.exact if row.has_answer else 0 for row in system.rows],
              "f1": [row.f1 if row.has_answer else 0 for row in system.rows],
              "oracle": [float(row.has_answer) for row in system.rows]}
    places = system.order if system.order is not None else range(len(system.rows))
    ascending = sorted(places, key=lambda place: system.na_probs[place])
    num_answerable = sum(row.has_answer for row in system.rows)
    return [_curve(name, [scores[name][place] for place in ascending],
                   [system.na_probs[place] for place in ascending], num_answerable)
            for name in SCORES]


def average_precisions(found: Sequence[Curve]) -> Dict[str, float]:
    """The numbers that the official script adds where it draws the curves."""
    return {"pr_%s_ap" % curve.score: curve.average_precision for curve in found}


def _curve(name: str, scores: Sequence[Number], na_probs: Sequence[Number], num_answerable: int
           ) -> Curve:
    thresholds: List[Optional[Number]] = [None]
    precisions, recalls = [1.0], [0.0]
    true_positives = average = 0.0
    for number, (score, na_prob) in enumerate(zip(scores, na_probs), 1):
        true_positives += score
        # Between two equal probabilities there is no threshold.
        if number == len(scores) or na_probs[number] != na_prob:
            precision, recall = true_positives / number, true_positives / num_answerable
            average += precision * (recall - recalls[-1])
            thresholds.append(na_prob)
            precisions.append(precision)
            recalls.append(recall)
    return Curve(name, thresholds, precisions, recalls, 100.0 * average)
