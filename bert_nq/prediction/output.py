"""How the answers of a task are written, counted and put under thresholds."""
from typing import Any, Callable, ContextManager, Dict, List, NamedTuple, Tuple

# An answer as its file has it: JSON. It has an "example_id", which is an integer.
Entry = Dict[str, Any]
Counts = "collections.Counter[str]"


def _nothing(path: str) -> List[str]:
    return []


class AnswerFormat(NamedTuple):
    """The form of a task's answers. A value: it is sent to worker processes."""
    # Opens a file of answers, given its path and the {"decoder": …, "model": …} that made them, for
    # a block that is given a function for entries; when it ends, the file is written or replaced.
    open: Callable[[str, Dict[str, Any]], ContextManager[Callable[[Entry], None]]]
    # The same for a file of the runners-up, which is given what decoders have as `nbest`.
    open_nbest: Callable[[str, Dict[str, Any]], ContextManager[Callable[[Entry], None]]]
    # Counts the kinds of answer that an entry gives.
    count: Callable[[Entry], Dict[str, int]]
    # The lines of a summary, as (name, number), given the counts of all entries and "pages".
    rows: Callable[[Counts], List[Tuple[str, int]]]
    # Reads a file of thresholds. Thresholds have `check_predictor(predictor)`, which raises
    # UserError where they are for the answers of others, `describe()`, which is JSON,
    # `is_calibrated()`, whether there are probabilities with them, and `apply(entry)`, a new entry
    # without the answers that are below them.
    load_thresholds: Callable[[str], Any]
    # The files that `open` writes beside a path.
    beside: Callable[[str], List[str]] = _nothing
    examples: str = "pages"  # what messages call the task's examples
    title: str = "Predictions"  # what a summary calls the file
