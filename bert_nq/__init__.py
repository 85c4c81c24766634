"""BERT joint long and short answers for Natural Questions.

The library, by the idea a piece of code belongs to. Arrows of import point from a floor to those
under it:

    programs      prepare/ augment/ records/ eval/ demos/ bert_nq/run_*.py
    9             cli
    8             tasks
    7             answering
    6             training, prediction
    5             estimator, ensembling
    4             records
    3             features, decoding, augmentation, error_pages
    2             datasets, text, modeling, scoring
    1             jobs
    0             base

TensorFlow is imported by modeling, estimator, training, and in prediction by window_model and
export alone.
"""
__version__ = "0.1.0"
