"""A report as text: tables for a terminal, and Markdown."""
from typing import Any, List, Sequence

from bert_nq.scoring.squad.comparison import Change
from bert_nq.scoring.squad.report import SCORES, Report
from bert_nq.scoring.text_tables import aligned, escaped, markdown

_MOST_CHANGES = 50  # of a kind that Markdown shows
_TITLES = {"exact": "exact match", "f1": "F1"}
_PARTS = (("", "all questions"), ("HasAns_", "with an answer"), ("NoAns_", "without an answer"))

PICTURES = (("precision_recall", "Precision over recall at all thresholds"),
            ("thresholds", "Exact match and F1 over the threshold"),
            ("na_probs", "Probabilities of having no answer"),
            ("groups", "Exact match and F1 of groups of questions"))


def main_table(report: Report) -> str:
    """The scores with their intervals, for a terminal."""
    content = report.content
    text = aligned(_scores(content))
    if "comparison" in content:
        text += "\n\nagainst %s\n\n%s" % (content["comparison"]["predictions"],
                                          aligned(_comparison(content["comparison"])))
    return text


def some_changes(report: Report, most: int) -> str:
    """The first questions won and lost, a line each."""
    return "\n".join("%s: %s (annotated %s; here %s, there %s)" % (
        "won" if change.won else "lost", change.question or change.question_id,
        " or ".join(change.gold) or "none", change.answer or "none", change.other_answer or "none")
        for won in (True, False) for change in _of(report, won)[:most])


def report_markdown(report: Report, pictures: Sequence[str]) -> str:
    """The content of report.md.

    Args:
      report: of a system.
      pictures: the names of those that are drawn.
    """
    content = report.content
    bootstrap = content["bootstrap"]
    parts = ["# Scores of %s" % escaped(content["predictions"]),
             "%s questions, scored as SQuAD %s." % (format(content["questions"], ","),
                                                    content["version"]),
             markdown(_scores(content)),
             "Intervals: bootstrap with %s samples, seed %d%s." % (
                 format(bootstrap["resamples"], ","), bootstrap["seed"],
                 "; of the best scores, the threshold is chosen anew in each sample"
                 if "best_f1" in content["intervals"] else "")]
    if content["average_precision"]:
        parts.append("Area under the curves of precision and recall: exact match %.2f, F1 %.2f, an "
                     "oracle that is right wherever there is an answer %.2f." % tuple(
                         content["average_precision"]["pr_%s_ap" % score]
                         for score in SCORES + ("oracle",)))
    if "comparison" in content:
        parts += _comparison_parts(report)
    parts += ["![%s](%s.png)" % (text, name) for name, text in PICTURES if name in pictures]
    for title, table in content["tables"].items():
        parts += ["## By %s" % title, markdown(_group_rows(title, table))]
    return "\n\n".join(parts) + "\n"


def _scores(content: Any) -> List[List[str]]:
    """The table of scores: a row for all questions, one for each kind, one for the best."""
    metrics = dict(content["metrics"])
    metrics.setdefault("total", content["questions"])
    metrics.setdefault("exact", metrics.get("exact_match"))
    rows = [["", "questions"] + [word for score in SCORES
                                 for word in (_TITLES[score], "95 % interval")]]
    for prefix, title in _PARTS:
        if prefix + "exact" in content["intervals"]:
            rows.append([title, format(metrics[prefix + "total"], ",")]
                        + _with_intervals(metrics, content["intervals"], prefix))
    if "best_f1" in content["intervals"]:
        rows.append(["at the best thresholds %s" % ", ".join(
            "%.4g" % metrics["best_%s_thresh" % score] for score in SCORES),
            format(metrics["total"], ",")]
            + _with_intervals(metrics, content["intervals"], "best_"))
    return rows


def _with_intervals(metrics: Any, intervals: Any, prefix: str) -> List[str]:
    return [text for score in SCORES for text in (
        "%.2f" % metrics[prefix + score], "%.2f-%.2f" % tuple(intervals[prefix + score]))]


def _comparison_parts(report: Report) -> List[str]:
    found = report.content["comparison"]
    parts = ["## Against %s" % escaped(found["predictions"]), markdown(_comparison(found)),
             "p: of a paired randomisation test, two-sided. Won: an exact match here and none "
             "there; %s won, %s lost; all of them are in won_and_lost.json." % (
                 format(found["won"], ","), format(found["lost"], ","))]
    for won, word in ((True, "won"), (False, "lost")):
        changes = _of(report, won)
        if changes:
            title = "### Questions %s" % word
            if len(changes) > _MOST_CHANGES:
                title += ", the first %d of %s" % (_MOST_CHANGES, format(len(changes), ","))
            parts += [title, markdown(_change_rows(changes[:_MOST_CHANGES]))]
    return parts


def _comparison(found: Any) -> List[List[str]]:
    rows = [["", "here", "there", "difference", "95 % interval", "p"]]
    for score in SCORES:
        of_score = found[score]
        rows.append([_TITLES[score], "%.2f" % of_score["here"], "%.2f" % of_score["there"],
                     "%+.2f" % of_score["difference"],
                     "%+.2f to %+.2f" % tuple(of_score["interval"]),
                     "%.3g" % of_score["p_value"]])
    return rows


def _change_rows(changes: Sequence[Change]) -> List[List[str]]:
    return [["id", "question", "annotated", "here", "there"]] + [
        list(map(escaped, (c.question_id, c.question, "; ".join(c.gold) or "none",
                           c.answer or "none", c.other_answer or "none"))) for c in changes]


def _of(report: Report, won: bool) -> List[Change]:
    return [change for change in report.changes if change.won == won]


def _group_rows(title: str, table: Sequence[Any]) -> List[List[str]]:
    return [[title, "questions", "answered", "exact match", "F1"]] + [
        [group["name"], format(group["questions"], ","), format(group["answered"], ","),
         "%.2f" % group["exact"], "%.2f" % group["f1"]] for group in table]
