"""Prediction: examples through a trained model to answers, for any task.

    batches         rows of many examples, by length
    predictor       examples through the model, as a stream
    job             files to the prediction file, by many processes, resumable; chunk_work, spark
    output          how a task's answers are written and counted
    dev_set         a dev set that models are scored on
    model_settings, members     the models that predict
    runtimes        what runs the models: TensorFlow or OpenVINO; calibration, for int8
    window_model    the model in TensorFlow, which frozen_graph and one of export_formats import too
    choice_model    the model for labelled windows: what a student learns
    teacher_logits  records to the files of a teacher's logits, resumable
    export, export_formats, comparing, serving    the model for others to use
"""
