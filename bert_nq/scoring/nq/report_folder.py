"""The folder of a report: report.json, report.md, pictures, and what changed."""
import os
from typing import List, Optional, Sequence

from bert_nq.base import files
from bert_nq.scoring import plots
from bert_nq.scoring.nq import comparison, report_text
from bert_nq.scoring.nq.report import KINDS, Report, System

_REPORT, _TEXT, _CHANGES = "report.json", "report.md", "won_and_lost.json"
_PICTURES = (".png", ".svg")


def check(folder: str, inputs: Sequence[str]) -> None:
    """Raises UserError where a file of the report would take the place of an input."""
    for path in inputs:
        name = os.path.basename(path)
        if name in (_REPORT, _TEXT, _CHANGES) or name.endswith(_PICTURES):
            files.check_output(os.path.join(folder, name), [path])


def write(folder: str, report: Report, system: System, other: Optional[System] = None) -> List[str]:
    """Writes all files, each of them atomically; returns their paths.

    Args:
      folder: created if it does not exist.
      report: of `system`, against `other` if there is one.
      system, other: whose curves are drawn.
    """
    files.make_folder(folder)
    curves, others = ([plots.Curve.of(kind, s.rows(kind)) for kind in KINDS] if s else []
                      for s in (system, other))

    def path_of(name: str) -> str:
        return os.path.join(folder, name)

    paths = [path_of(_TEXT), path_of(_REPORT)]
    with files.replacing(paths[0]) as out:
        out.write(report_text.markdown(report).encode("utf8"))
    files.write_json(paths[1], report.content)
    if other:
        paths.append(path_of(_CHANGES))
        files.write_json(paths[-1], comparison.as_json(report.changes))
    names = plots.Names.of_paths(system.name, other.name) if other else plots.Names()
    return paths + plots.write(plots.draw_all(curves, others, names), path_of)
