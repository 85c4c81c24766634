"""The flags that a task has for itself, as a program with its model reads them."""
from typing import Any, Callable, NamedTuple, Optional


class TaskFlags(NamedTuple):
    """Functions that read the flags' values."""
    windows: Callable[[], Any]  # the options of the task's featurizer, for prediction
    training_windows: Callable[[], Any]  # the same, for training
    decoder: Callable[[str], Any]  # the decoder that the flags describe, of a head's outputs
    # The head of a name of Task.heads with its argument, where it takes one: see modeling.heads.
    head: Callable[[str], str] = lambda name: name
    # The chooser of the candidates that prediction reads, a flags.candidate_scores.Wanted; where it
    # gives None, all are read. Raises UserError.
    prefilter: Callable[[], Optional[Any]] = lambda: None
