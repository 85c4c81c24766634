"""A report on predicted labels: scores with intervals, each label's, and confusions of labels.

`make` computes it, the other functions give it as text.
"""
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from bert_nq.scoring import bootstrap, mean_bootstrap
from bert_nq.scoring.classification.measures import NUMBERS, Scored
from bert_nq.scoring.mean_bootstrap import CONFIDENCE
from bert_nq.scoring.text_tables import aligned, escaped, markdown

_TITLES = {"accuracy": "accuracy", "micro_f1": "micro F1", "macro_f1": "macro F1"}
_MOST_CONFUSIONS = 20
_IDS_SHOWN = 3  # of each confusion


class Report(NamedTuple):
    """A report, for all formats."""
    content: Dict[str, Any]  # the JSON of report.json
    changes: List[Dict[str, str]]  # texts that one of two systems has right; see `make`


def make(scored: Scored, other: Optional[Scored] = None, resamples: int = bootstrap.RESAMPLES,
         seed: int = 0) -> Report:
    """Computes a report.

    Args:
      scored: the predictions to report on.
      other: predictions for the same texts to compare them with.
      resamples, seed: of the bootstrap.
    """
    number = len(scored.ids)
    content: Dict[str, Any] = {
        "predictions": scored.name, "texts": number, "metrics": scored.numbers(),
        "intervals": mean_bootstrap.intervals(scored.statistics(), number, resamples, seed),
        "bootstrap": {"resamples": resamples, "seed": seed, "confidence": CONFIDENCE},
        "labels": scored.of_labels(), "confusions": _confusions(scored)}
    if other is None:
        return Report(content, [])
    changes = _changes(scored, other)
    won = sum(change["won_by"] == "here" for change in changes)
    content["comparison"] = dict(
        {name: _difference(name, scored, other, resamples, seed) for name in NUMBERS},
        predictions=other.name, won=won, lost=len(changes) - won,
        p_value=mean_bootstrap.p_value(scored.is_right().tolist(), other.is_right().tolist(),
                                       resamples, seed))
    return Report(content, changes)


def _confusions(scored: Scored) -> List[Dict[str, Any]]:
    """The pairs of labels that are confused, the most frequent first, with the ids of some texts.
    """
    matrix = scored.confusion()
    np.fill_diagonal(matrix, 0)
    found = []
    for place in np.argsort(-matrix, axis=None, kind="stable")[:_MOST_CONFUSIONS]:
        gold, predicted = divmod(int(place), len(scored.labels))
        if matrix[gold, predicted]:
            texts = np.flatnonzero((scored.gold == gold) & (scored.predicted == predicted))
            found.append({"label": scored.labels[gold], "predicted": scored.labels[predicted],
                          "texts": int(matrix[gold, predicted]),
                          "ids": [scored.ids[i] for i in texts[:_IDS_SHOWN]]})
    return found


def _changes(scored: Scored, other: Scored) -> List[Dict[str, str]]:
    here, there = scored.is_right(), other.is_right()
    return [{"id": scored.ids[i], "won_by": "here" if here[i] else "there",
             "label": scored.labels[scored.gold[i]], "here": _label(scored, i),
             "there": _label(other, i)} for i in np.flatnonzero(here != there)]


def _label(scored: Scored, i: int) -> str:
    return scored.labels[scored.predicted[i]] if scored.predicted[i] >= 0 else ""


def _difference(name: str, scored: Scored, other: Scored, resamples: int, seed: int
                ) -> Dict[str, Any]:
    """The difference of a number, the first less the other, with its interval."""
    ours, theirs = scored.statistics()[name], other.statistics()[name]
    ends = mean_bootstrap.intervals({"": lambda counts: ours(counts) - theirs(counts)},
                                    len(scored.ids), resamples, seed)[""]
    here, there = scored.numbers()[name], other.numbers()[name]
    return {"here": here, "there": there, "difference": here - there, "interval": ends}


def main_table(report: Report) -> str:
    """The scores with their intervals, for a terminal."""
    text = aligned(_scores(report.content)) + "\n\n" + aligned(_of_labels(report.content))
    if "comparison" in report.content:
        text += "\n\nagainst %s\n\n%s" % (report.content["comparison"]["predictions"],
                                          aligned(_comparison(report.content["comparison"])))
    return text


def as_markdown(report: Report) -> str:
    """The content of report.md."""
    content = report.content
    samples = content["bootstrap"]
    parts = ["# Scores of %s" % escaped(content["predictions"]),
             "%s texts." % format(content["texts"], ","), markdown(_scores(content)),
             "Intervals: bootstrap with %s samples, seed %d." % (
                 format(samples["resamples"], ","), samples["seed"])]
    if "comparison" in content:
        found = content["comparison"]
        parts += ["## Against %s" % escaped(found["predictions"]), markdown(_comparison(found)),
                  "Right here alone: %d texts, there alone: %d; p = %.4f by randomisation (Noreen "
                  "1989). They are in won_and_lost.json." % (
                      found["won"], found["lost"], found["p_value"])]
    parts += ["## By label", markdown([[escaped(cell) for cell in row]
                                       for row in _of_labels(content)]),
              "![The label that is predicted for texts of each label](confusion.png)"]
    if content["confusions"]:
        parts += ["## Labels that are confused", markdown(
            [["label", "predicted", "texts", "such as"]] + [
                [escaped(c["label"]), escaped(c["predicted"]), "%d" % c["texts"],
                 escaped(", ".join(c["ids"]))] for c in content["confusions"]])]
    return "\n\n".join(parts) + "\n"


def _scores(content: Any) -> List[List[str]]:
    return [["", "score", "95 % interval"]] + [
        [_TITLES[name], "%.4f" % content["metrics"][name],
         "%.4f to %.4f" % tuple(content["intervals"][name])] for name in NUMBERS]


def _of_labels(content: Any) -> List[List[str]]:
    return [["label", "texts", "predicted", "precision", "recall", "F1"]] + [
        [row["label"], format(row["texts"], ","), format(row["predicted"], ",")]
        + ["%.3f" % row[name] for name in ("precision", "recall", "f1")]
        for row in content["labels"]]


def _comparison(found: Any) -> List[List[str]]:
    return [["", "here", "there", "difference", "95 % interval"]] + [
        [_TITLES[name], "%.4f" % found[name]["here"], "%.4f" % found[name]["there"],
         "%+.4f" % found[name]["difference"], "%+.4f to %+.4f" % tuple(found[name]["interval"])]
        for name in NUMBERS]
