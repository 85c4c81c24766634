"""The measure of SQuAD: F1 decides between models, or exact match.

Version 1.1 gets the names of version 2.0, so that one measure serves both.
"""
from typing import Any, Dict, Mapping

from bert_nq.base.numbers import Number
from bert_nq.scoring.measure import Measure
from bert_nq.scoring.squad import measures, system
from bert_nq.scoring.squad.gold import Question

MEASURE = Measure(
    choices={name: (name,) for name in ("f1", "exact", "best_f1", "best_exact")},
    default="f1",
    shown=(("exact", "EM"), ("f1", "F1")),
    title="Exact match and F1 on dev",
    axis="percent")


def score(questions: Mapping[int, Question], entries: Mapping[int, Mapping[str, Any]]
          ) -> Dict[str, Number]:
    """The scores of the entries of a prediction, both by the examples' ids.

    Args:
      questions: annotated.
      entries: each with its "text" and, in version 2.0, the "null_odds" that there is no answer,
        of which the best thresholds are found.

    Returns:
      The official numbers. Where there are no thresholds to be found, as in version 1.1, the best
      scores are the plain ones.
    """
    odds = {key: entry["null_odds"] for key, entry in entries.items()
            if entry.get("null_odds") is not None}
    # Odds are no probabilities: none of them is too high.
    scored = system.score("the model", questions,
                          {key: entry["text"] for key, entry in entries.items()},
                          odds if len(odds) == len(entries) else None, float("inf"))
    numbers = scored.numbers()
    if scored.version == measures.V1:
        numbers["exact"] = numbers["exact_match"]
    return dict({"best_exact": numbers["exact"], "best_f1": numbers["f1"]}, **numbers)
