"""How the answers of a task are written, counted and put under thresholds."""
import functools
from typing import Any, Callable, ContextManager, Dict, List, NamedTuple, Optional, Tuple

from bert_nq.base.errors import UserError

# An answer as its file has it: JSON. It has an "example_id", which is an integer.
Entry = Dict[str, Any]
Counts = "collections.Counter[str]"
Write = Callable[[Entry], None]


def _nothing(path: str) -> List[str]:
    return []


class AnswerFormat(NamedTuple):
    """The form of a task's answers. A value: it is sent to worker processes."""
    # Opens a file of answers, given its path and the {"decoder": …, "model": …} that made them, for
    # a block that is given a function for entries; when it ends, the file is written or replaced.
    open: Callable[[str, Dict[str, Any]], ContextManager[Write]]
    # Counts the kinds of answer that an entry gives.
    count: Callable[[Entry], Dict[str, int]]
    # The lines of a summary, as (name, number), given the counts of all entries and "pages".
    rows: Callable[[Counts], List[Tuple[str, int]]]
    # As `open`, a file of the runners-up, which is given what decoders have as `nbest`; None where
    # there are none.
    open_nbest: Optional[Callable[[str, Dict[str, Any]], ContextManager[Write]]] = None
    # Reads a file of thresholds; None where nothing is put under any. Thresholds have
    # `check_predictor(predictor)`, which raises UserError where they are for the answers of others,
    # `describe()`, which is JSON, `is_calibrated()`, whether there are probabilities with them, and
    # `apply(entry)`, a new entry without the answers that are below them.
    load_thresholds: Optional[Callable[[str], Any]] = None
    # The files that `open` writes beside a path.
    beside: Callable[[str], List[str]] = _nothing
    examples: str = "pages"  # what messages call the task's examples
    title: str = "Predictions"  # what a summary calls the file

    def nbest_file(self, path: str) -> Callable[[Dict[str, Any]], ContextManager[Write]]:
        """Opens a file of the runners-up for what made them, as `open_nbest` does.

        Raises:
          UserError: there are none.
        """
        if self.open_nbest is None:
            raise UserError("--output_nbest_file=%s: %s have no list of answers, leave it out"
                            % (path, self.examples))
        return functools.partial(self.open_nbest, path)

    def thresholds(self, path: str) -> Any:
        """Reads a file of thresholds, as `load_thresholds` does.

        Raises:
          UserError: there are none for these answers, or the file is bad.
        """
        if self.load_thresholds is None:
            raise UserError("--thresholds=%s: the answers to %s are put under none, leave it out"
                            % (path, self.examples))
        return self.load_thresholds(path)
