"""The measure of labels: macro F1 decides between models, or accuracy."""
from typing import Any, Dict, Mapping

from bert_nq.scoring.classification import measures
from bert_nq.scoring.measure import Measure

MEASURE = Measure(
    choices={name: (name,) for name in ("macro_f1", "accuracy", "micro_f1")},
    default="macro_f1",
    shown=(("accuracy", "accuracy"), ("macro_f1", "macro F1")),
    title="Accuracy and macro F1 on dev",
    axis="share")


def score(gold: Mapping[Any, str], entries: Mapping[Any, Mapping[str, Any]]) -> Dict[str, float]:
    """The scores of the entries of a prediction, labels and entries by the examples' ids."""
    return measures.score("the model", gold, {
        key: entry["label"] for key, entry in entries.items()}).numbers()
