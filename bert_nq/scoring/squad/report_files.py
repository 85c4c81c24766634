"""The folder of a report on predictions for SQuAD."""
from typing import List, Optional

from bert_nq.scoring import report_folder
from bert_nq.scoring.squad import plots, report_text
from bert_nq.scoring.squad.report import Report
from bert_nq.scoring.squad.system import System


def write(folder: str, report: Report, system: System, other: Optional[System] = None) -> List[str]:
    """Writes all files, each of them atomically; returns their paths, see report_folder.write.

    Args:
      folder: created if it does not exist.
      report: of `system`, against `other` if there is one.
      system, other: whose curves are drawn.
    """
    figures = plots.draw_all(report.content["tables"], system, other)
    return report_folder.write(
        folder, report_text.report_markdown(report, list(figures)), report.content,
        [dict(change._asdict()) for change in report.changes] if other else None, figures)
