"""Runs of a comparison that are not done twice, and their results in a table."""
import statistics
from typing import Any, Callable, Dict, List, Sequence

from bert_nq.base import files
from bert_nq.base.errors import UserError


def parse_seeds(texts: Sequence[str]) -> List[int]:
    """The distinct numbers of --seeds.

    Raises:
      UserError: one of the texts is no whole number.
    """
    try:
        return list(dict.fromkeys(map(int, texts)))
    except ValueError:
        raise UserError("--seeds=%s: they are whole numbers" % ",".join(texts)) from None


def kept(path: str, settings: Dict[str, Any], make: Callable[[], Dict[str, Any]]
         ) -> Dict[str, Any]:
    """The result of `make`, or that of an earlier run with these settings.

    Args:
      path: the file that keeps it.
      settings: what the result depends on.
      make: gives the result, as JSON has it.

    Raises:
      UserError: the file is of other settings.
    """
    found = files.read_json(path)
    if found is None:
        found = {"settings": settings, "result": make()}
        files.write_json(path, found)
    elif found["settings"] != settings:
        raise UserError("%s is of other settings: give another --work_dir" % path)
    return found["result"]


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation, as text; a single value as it is."""
    if len(values) == 1:
        return "%.2f" % values[0]
    return "%.2f ± %.2f" % (statistics.mean(values), statistics.stdev(values))
