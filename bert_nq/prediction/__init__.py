"""Prediction: examples through a trained model to answers, for any task.

    batches         rows of many examples, by length
    predictor       examples through the model, as a stream
    job             files to the prediction file, by many processes, resumable; chunk_work, spark
    output          how a task's answers are written and counted
    dev_set         a dev set that models are scored on
    model_settings, members     the models that predict
    window_model    the model; this and export alone import TensorFlow
    choice_model    the model for labelled windows: what a student learns
    teacher_logits  records to the files of a teacher's logits, resumable
    export, serving             the model for others to use
"""
