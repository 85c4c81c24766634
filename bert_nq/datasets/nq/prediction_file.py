"""The official prediction file and its like, written as answers come."""
import contextlib
import json
from typing import Any, Callable, Dict, Iterator

from bert_nq.base import files


@contextlib.contextmanager
def prediction_file(path: str, predictor: Dict[str, Any]
                    ) -> Iterator[Callable[[Dict[str, Any]], None]]:
    """Gives a function that takes entries; `path` is written or replaced when the block ends.

    Args:
      path: of the file.
      predictor: the name of what made the entries; official readers pass over it.
    """
    with files.replacing(path) as out:
        out.write(b'{"predictor": %s,\n"predictions": [' % json.dumps(predictor).encode("utf8"))
        separator = b"\n"

        def write(entry: Dict[str, Any]) -> None:
            nonlocal separator
            out.write(separator + json.dumps(entry).encode("utf8"))
            separator = b",\n"

        yield write
        out.write(b"\n]}\n")
