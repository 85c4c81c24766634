"""The folder of a report: report.json, report.md, pictures, and what changed."""
import os
from typing import Any, List, Mapping, Optional, Sequence

from matplotlib.figure import Figure

from bert_nq.base import files
from bert_nq.scoring import figures as figure_files

_REPORT, _TEXT, _CHANGES = "report.json", "report.md", "won_and_lost.json"
_PICTURES = (".png", ".svg")


def check(folder: str, inputs: Sequence[str]) -> None:
    """Raises UserError where a file of the report would take the place of an input."""
    for path in inputs:
        name = os.path.basename(path)
        if name in (_REPORT, _TEXT, _CHANGES) or name.endswith(_PICTURES):
            files.check_output(os.path.join(folder, name), [path])


def write(folder: str, text: str, content: Mapping[str, Any],
          changes: Optional[Sequence[Any]] = None, figures: Mapping[str, Figure] = {}
          ) -> List[str]:
    """Writes all files, each of them atomically; returns their paths, the text's first.

    Args:
      folder: created if it does not exist.
      text: Markdown, for people.
      content: the same for programs, as JSON.
      changes: against another system, as JSON; None: there is none.
      figures: by name.
    """
    files.make_folder(folder)

    def path_of(name: str) -> str:
        return os.path.join(folder, name)

    paths = [path_of(_TEXT), path_of(_REPORT)]
    with files.replacing(paths[0]) as out:
        out.write(text.encode("utf8"))
    files.write_json(paths[1], content)
    if changes is not None:
        paths.append(path_of(_CHANGES))
        files.write_json(paths[-1], changes)
    return paths + figure_files.write(figures, path_of)
