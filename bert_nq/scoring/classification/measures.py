"""Accuracy and F1 of predicted labels.

    accuracy   share of the texts whose label is predicted
    micro_f1   F1 of all labels' counts together: of one label a text, the same number
    macro_f1   mean of the labels' F1s, over the labels that are annotated or predicted

A text without a prediction counts as wrong: for its label as missed, for no other as predicted.
Notation: N texts, C labels.
"""
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.scoring.mean_bootstrap import Statistic

NUMBERS = ("accuracy", "micro_f1", "macro_f1")


class Scored(NamedTuple):
    """Predictions beside annotations."""
    name: str  # of the predictions
    labels: Sequence[str]  # that are annotated or predicted, in alphabetical order
    ids: Sequence[str]  # [N] of the texts
    gold: np.ndarray  # int [N], places in `labels`
    predicted: np.ndarray  # int [N]; -1 where there is no prediction

    def is_right(self) -> np.ndarray:
        """bool [N]: whether the predicted label is the annotated one."""
        return self.gold == self.predicted

    def numbers(self) -> Dict[str, float]:
        """The scores of NUMBERS, and how many texts they are of."""
        once = np.ones([1, len(self.gold)], np.int64)
        values = {name: float(statistic(once)[0]) for name, statistic in self.statistics().items()}
        return dict(values, total=len(self.gold))

    def statistics(self) -> Dict[str, Statistic]:
        """The scores as functions of how often each text counts, see scoring.mean_bootstrap."""
        return {name: lambda counts, f=f: f(self._of_labels(counts)) for name, f in (
            ("accuracy", _micro_recall), ("micro_f1", _micro_f1), ("macro_f1", _macro_f1))}

    def of_labels(self) -> List[Dict[str, object]]:
        """Precision, recall and F1 of each label, and how many texts have it."""
        counts = self._of_labels(np.ones([1, len(self.gold)], np.int64))
        precision = _share(counts.right, counts.predicted)[0]
        recall, f1 = _share(counts.right, counts.gold)[0], _f1(counts)[0]
        return [{"label": label, "texts": int(counts.gold[0, i]),
                 "predicted": int(counts.predicted[0, i]), "precision": float(precision[i]),
                 "recall": float(recall[i]), "f1": float(f1[i])}
                for i, label in enumerate(self.labels)]

    def confusion(self) -> np.ndarray:
        """int [C, C]: the texts with the label of the row for which the column's is predicted."""
        matrix = np.zeros([len(self.labels)] * 2, np.int64)
        has = self.predicted >= 0
        np.add.at(matrix, (self.gold[has], self.predicted[has]), 1)
        return matrix

    def _of_labels(self, counts: np.ndarray) -> "_Counts":
        """Given how often each text is in each of R samples, [R, N]."""
        labels = np.arange(len(self.labels))
        gold = (self.gold[:, None] == labels).astype(np.int64)
        predicted = (self.predicted[:, None] == labels).astype(np.int64)
        return _Counts(counts @ (gold * predicted), counts @ gold, counts @ predicted)


class _Counts(NamedTuple):
    """Numbers of texts by label, [R, C]."""
    right: np.ndarray
    gold: np.ndarray
    predicted: np.ndarray


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part of whole; 0 where there is nothing."""
    return part / np.maximum(whole, 1)


def _f1(counts: _Counts) -> np.ndarray:
    return _share(2 * counts.right, counts.gold + counts.predicted)


def _macro_f1(counts: _Counts) -> np.ndarray:
    occurs = (counts.gold + counts.predicted > 0).sum(axis=1)
    return _share(_f1(counts).sum(axis=1), occurs)


def _micro_f1(counts: _Counts) -> np.ndarray:
    return _f1(_Counts(*(each.sum(axis=1) for each in counts)))


def _micro_recall(counts: _Counts) -> np.ndarray:
    return _share(counts.right.sum(axis=1), counts.gold.sum(axis=1))


def score(name: str, gold: Mapping[str, str], predictions: Mapping[str, Optional[str]]) -> Scored:
    """Predictions beside annotations, both labels by the ids of texts.

    Args:
      name: of the predictions.
      gold: in the order that the texts are to have.
      predictions: those of other texts count for nothing.

    Raises:
      UserError: there is a prediction for none of the texts.
    """
    if not any(key in predictions for key in gold):
        raise UserError("there is no prediction for any of the annotated texts, of which the first "
                        "is %s" % next(iter(gold), None))
    found = [predictions.get(key) for key in gold]
    labels = sorted(set(gold.values()) | {label for label in found if label is not None})
    places: Dict[Optional[str], int] = {label: i for i, label in enumerate(labels)}
    places[None] = -1
    return Scored(name, labels, list(gold), np.array([places[label] for label in gold.values()]),
                  np.array([places[label] for label in found]))
