"""BERT joint long and short answers for Natural Questions.

The library, by the idea a piece of code belongs to. Arrows of import point from a floor to those
under it:

    programs      prepare/ augment/ records/ eval/ demos/ bert_nq/*.py
    9             cli
    8             tasks
    7             answering, masking_policy
    6             training, prediction
    5             estimator, ensembling
    4             records
    3             features, decoding, augmentation, error_pages
    2             datasets, text, modeling, scoring
    1             jobs
    0             base

TensorFlow is imported by modeling, estimator, training, masking_policy.graphs, and the modules of
prediction that run a graph in it.

    import bert_nq
    reader = bert_nq.load("model")
    answer = reader.ask("who founded tovin", html)
"""
import importlib

__version__ = "0.1.0"

# Names of the library that are for everyone, and the modules that have them. They are imported when
# they are asked for, so that programs that import this package start at once.
_PUBLIC = {"load": "bert_nq.tasks.loading"}


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__():
    return sorted([*globals(), *_PUBLIC])
