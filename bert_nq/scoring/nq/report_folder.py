"""The folder of a report on predictions for Natural Questions."""
from typing import List, Optional

from bert_nq.scoring import plots, report_folder
from bert_nq.scoring.nq import comparison, report_text
from bert_nq.scoring.nq.report import KINDS, Report, System


def write(folder: str, report: Report, system: System, other: Optional[System] = None) -> List[str]:
    """Writes all files, each of them atomically; returns their paths, see report_folder.write.

    Args:
      folder: created if it does not exist.
      report: of `system`, against `other` if there is one.
      system, other: whose curves are drawn.
    """
    curves, others = ([plots.Curve.of(kind, s.rows(kind)) for kind in KINDS] if s else []
                      for s in (system, other))
    names = plots.Names.of_paths(system.name, other.name) if other else plots.Names()
    return report_folder.write(
        folder, report_text.markdown(report), report.content,
        comparison.as_json(report.changes) if other else None,
        plots.draw_all(curves, others, names))
