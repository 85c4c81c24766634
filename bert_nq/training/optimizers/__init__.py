"""Optimizers: how a gradient and two moments of it change a variable.

A new one is a module with SLOTS, the ends of the names of the two moments, and `apply`, as adamw
has them, and a line in OPTIMIZERS. They are looked up by name, without TensorFlow.
"""
import importlib
from typing import Any

# Name to module. The first is BERT's.
OPTIMIZERS = {"adamw": "bert_nq.training.optimizers.adamw",
              "adamw_corrected": "bert_nq.training.optimizers.adamw_corrected",
              "lamb": "bert_nq.training.optimizers.lamb"}


def find(name: str) -> Any:
    """The module of an optimizer.

    Raises:
      KeyError: there is none of that name.
    """
    return importlib.import_module(OPTIMIZERS[name])
