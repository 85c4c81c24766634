"""BERT joint long and short answers for Natural Questions.

The library, by the idea a piece of code belongs to; arrows of import point downwards only:

    programs      prepare/ augment/ records/ eval/ demos/ bert_nq/run_nq.py, run_nq_spark.py
    programs      program, feature_flags, augmentation_flags, training_flags: what these share
    programs      training_report, prediction_flags, prediction_setup, prediction_report
    programs      scoring_flags, spark_flags
    4             training, prediction
    3             estimator
    2             records
    1             features, augmentation, error_pages
    ground        nq, text, modeling, scoring
    foundation    deflating, errors, files, inflating, lines, locking, randomness, work_folder,
    foundation    workers

TensorFlow is imported by modeling, estimator, training, prediction.graph,
prediction.window_model and prediction.export alone.
"""
__version__ = "0.1.0"
