"""A report as text: tables for a terminal, and Markdown."""
from typing import Any, List, Sequence

from bert_nq.scoring.nq.comparison import Change
from bert_nq.scoring.nq.report import KINDS, Report
from bert_nq.scoring.text_tables import aligned as _aligned
from bert_nq.scoring.text_tables import escaped as _escaped
from bert_nq.scoring.text_tables import markdown as _table

_THRESHOLDS = {
    "best": "in each sample the best threshold is chosen anew",
    "fixed": "the best threshold of all questions is kept in all samples",
    "none": "no prediction is dropped, whatever it scores"}
_MOST_CHANGES = 50  # of a kind that Markdown shows

_PICTURES = (("precision_recall.png", "Precision over recall at all thresholds"),
             ("thresholds.png", "F1, precision and recall over the threshold"),
             ("scores.png", "Scores of right and wrong predictions"))


def main_table(report: Report) -> str:
    """The table of F1 with its interval, for a terminal."""
    content = report.content
    rows = [["", "F1", "95 % interval", "precision", "recall", "threshold"]]
    rows += [["%s answer" % kind] + _scores(content[kind]) for kind in KINDS]
    text = _aligned(rows)
    if "comparison" in content:
        text += "\n\nagainst %s\n\n%s" % (_other(report), _aligned(_comparison(content)))
    return text


def some_changes(report: Report, most: int) -> str:
    """The first questions won and lost of each kind, a line each."""
    lines = []  # type: List[str]
    for kind, won in ((kind, won) for kind in KINDS for won in (True, False)):
        for change in _of(report, kind, won)[:most]:
            lines.append("%s %s: %s (%s)" % ("won" if won else "lost", kind, change.question
                                             or "example %d" % change.example_id, _told(change)))
    return "\n".join(lines)


def markdown(report: Report) -> str:
    """The content of report.md."""
    content = report.content
    bootstrap = content["bootstrap"]
    parts = ["# Scores of %s" % _escaped(content["predictions"]),
             "%s questions." % format(content["questions"], ",")]
    parts += ["**Note:** %s." % remark for remark in content["remarks"]]
    parts += [_table([["", "F1", "95 % interval", "precision", "recall", "threshold", "have one",
                       "predicted", "right"]]
                     + [["%s answer" % kind] + _scores(content[kind]) + _counts(content[kind])
                        for kind in KINDS]),
              "Intervals: bootstrap with %s samples, seed %d; %s." % (
                  format(bootstrap["resamples"], ","), bootstrap["seed"],
                  _THRESHOLDS[bootstrap["threshold"]])]
    if "comparison" in content:
        parts += _comparison_parts(report)
    parts += ["![%s](%s)" % (text, name) for name, text in _PICTURES]
    parts.append("Below, all groups are scored at the best thresholds of all questions.")
    for title, table in content["tables"].items():
        parts += ["## By %s" % title, _table(_group_rows(title, table))]
    return "\n\n".join(parts) + "\n"


def _other(report: Report) -> str:
    return report.content["comparison"]["predictions"]


def _comparison_parts(report: Report) -> List[str]:
    parts = ["## Against %s" % _escaped(_other(report)),
             _table(_comparison(report.content)),
             "p: of a paired randomisation test, two-sided. Won: right here and wrong there, also "
             "where the right answer is none; all of them are in won_and_lost.json."]
    for kind in KINDS:
        for won, word in ((True, "won"), (False, "lost")):
            changes = _of(report, kind, won)
            if changes:
                title = "### %s answers %s" % (kind.capitalize(), word)
                if len(changes) > _MOST_CHANGES:
                    title += ", the first %d of %s" % (_MOST_CHANGES, format(len(changes), ","))
                parts += [title, _table(_change_rows(changes[:_MOST_CHANGES]))]
    return parts


def _change_rows(changes: Sequence[Change]) -> List[List[str]]:
    return [["example", "question", "page", "annotated", "here", "there"]] + [
        [str(c.example_id)] + list(map(_escaped, (
            c.question, c.title, "; ".join(c.gold) or "none", c.answer or "none",
            c.other_answer or "none"))) for c in changes]


def _of(report: Report, kind: str, won: bool) -> List[Change]:
    return [c for c in report.changes if c.kind == kind and c.won == won]


def _told(change: Change) -> str:
    return "annotated %s; here %s, there %s" % (
        " or ".join(change.gold) or "none", change.answer or "none", change.other_answer or "none")


def _scores(scores: Any) -> List[str]:
    return [_number(scores["f1"]), "%.3f-%.3f" % tuple(scores["f1_interval"]),
            _number(scores["precision"]), _number(scores["recall"]), "%.4g" % scores["threshold"]]


def _counts(scores: Any) -> List[str]:
    return [format(scores[name], ",") for name in ("gold", "predicted", "correct")]


def _comparison(content: Any) -> List[List[str]]:
    rows = [["", "F1", "there", "difference", "95 % interval", "p", "won", "lost"]]
    for kind in KINDS:
        found = content["comparison"][kind]
        rows.append(["%s answer" % kind, _number(found["f1"]), _number(found["other_f1"]),
                     "%+.3f" % found["difference"],
                     "%+.3f to %+.3f" % (found["low"], found["high"]), "%.3g" % found["p_value"],
                     format(found["won"], ","), format(found["lost"], ",")])
    return rows


def _group_rows(title: str, table: Sequence[Any]) -> List[List[str]]:
    rows = [[title, "questions"] + ["%s %s" % (kind, name) for kind in KINDS for name in
                                    ("have one", "predicted", "right", "P", "R", "F1")]]
    for group in table:
        row = [group["name"], format(group["questions"], ",")]
        for kind in KINDS:
            scores = group[kind]
            row += _counts(scores)
            # Precision and recall say nothing about a group without answers.
            row += [_number(scores[name]) if scores["gold"] else "" for name in
                    ("precision", "recall", "f1")]
        rows.append(row)
    return rows


def _number(value: float) -> str:
    return "%.3f" % value
