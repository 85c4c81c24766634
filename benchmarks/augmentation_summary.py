"""Means, standard deviations and paired differences of the runs of several settings."""
import statistics
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from augmentation_cells import Result

KINDS = ("long", "short")

_LEGEND = """\
F1 at the official best threshold: mean and standard deviation over the runs. "less %s": mean and
standard deviation of the differences between runs of the same seed."""


class Spread(NamedTuple):
    """Mean and standard deviation of some numbers; the latter is None for a single number."""
    mean: float
    sd: Optional[float]


def spread(values: Sequence[float]) -> Optional[Spread]:
    """The spread of `values`; None if there are none."""
    if not values:
        return None
    return Spread(statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None)


def f1(result: Result, kind: str) -> float:
    """The official best-threshold F1 of "long" or "short" answers."""
    return result.scores[kind + "-best-threshold-f1"]


def differences(results: Sequence[Result], base: Sequence[Result], kind: str) -> List[float]:
    """F1 of each result minus that of the base with the same seed, if there is one."""
    base_f1 = {result.seed: f1(result, kind) for result in base}
    return [f1(r, kind) - base_f1[r.seed] for r in results if r.seed in base_f1]


def summarise(results: Dict[str, List[Result]], setting_flags: Dict[str, List[str]],
              base: str) -> List[Dict[str, Any]]:
    """A row for each setting, ready for JSON.

    Args:
      results: {setting: its finished runs}.
      setting_flags: {setting: its flags}.
      base: the setting that the others are compared with.
    """
    rows = []
    for name, runs in results.items():
        row = {"setting": name, "flags": setting_flags[name], "runs": [
            dict(r._asdict(), long_f1=f1(r, "long"), short_f1=f1(r, "short")) for r in runs]}
        for kind in KINDS:
            row[kind + "_f1"] = _as_json(spread([f1(r, kind) for r in runs]))
            if name != base:
                row[kind + "_f1_difference"] = _as_json(spread(
                    differences(runs, results.get(base, []), kind)))
        rows.append(row)
    return rows


def _as_json(value: Optional[Spread]) -> Optional[Dict[str, Any]]:
    return value and dict(value._asdict())


def markdown(rows: Sequence[Dict[str, Any]], base: str) -> str:
    """A Markdown table of the rows of `summarise`."""
    header = ["setting", "runs", "windows", "copies", "steps"]
    for kind in KINDS:
        header += ["%s F1" % kind, "of each run", "less " + base]
    lines = [header] + [_cells(row) for row in rows if row["runs"]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    table = "".join("| %s |\n" % " | ".join(cell.ljust(width) for cell, width in zip(line, widths))
                    for line in lines)
    return "%s\n%s\n" % (table, _LEGEND % base)


def _cells(row: Dict[str, Any]) -> List[str]:
    runs = row["runs"]
    cells = [row["setting"], "%d" % len(runs), _mean_of(runs, "windows"), _share_of_copies(runs),
             _range_of(runs, "steps")]
    for kind in KINDS:
        cells += [_shown(row[kind + "_f1"], "%.3f"),
                  " ".join("%.3f" % run[kind + "_f1"] for run in runs),
                  _shown(row.get(kind + "_f1_difference"), "%+.3f")]
    return cells


def _shown(value: Optional[Dict[str, Any]], pattern: str) -> str:
    if value is None:
        return ""
    sd = "" if value["sd"] is None else " ± %.3f" % value["sd"]
    return pattern % value["mean"] + sd


def _known(runs, name):
    return [run[name] for run in runs if run[name] is not None]


def _mean_of(runs, name):
    values = _known(runs, name)
    return format(round(statistics.mean(values)), ",") if values else "?"


def _range_of(runs, name):
    values = sorted(set(_known(runs, name)))
    return " to ".join(format(v, ",") for v in sorted({values[0], values[-1]})) if values else "?"


def _share_of_copies(runs):
    known = [r for r in runs if r["windows"] and r["copies"] is not None]
    if not known:
        return "?"
    return "%.1f %%" % (100 * sum(r["copies"] for r in known) / sum(r["windows"] for r in known))
