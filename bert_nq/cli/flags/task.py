"""The flags that a task has for itself, as a program with its model reads them."""
from typing import Any, Callable, NamedTuple, Optional


class TaskFlags(NamedTuple):
    """Functions that read the flags' values."""
    windows: Callable[[], Any]  # the options of the task's featurizer, for prediction
    training_windows: Callable[[], Any]  # the same, for training
    decoder: Callable[[str], Any]  # the decoder that the flags describe, of a head's outputs
    # The passes over the data that training records hold, one behind the other: an epoch is one.
    passes: Callable[[], int] = lambda: 1
    # The chooser of the candidates that prediction reads, a flags.candidate_scores.Wanted; where it
    # gives None, all are read. Raises UserError.
    prefilter: Callable[[], Optional[Any]] = lambda: None
