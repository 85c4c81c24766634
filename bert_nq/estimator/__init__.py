"""What training and prediction share of the Estimator.

    model          the joint model's logits and its model_fn
    inputs         record files and windows as tf.data
    record_checks  whether records are what training takes        free of TensorFlow
    model_folder   config and vocabulary beside the checkpoints   free of TensorFlow
    devices        the TPUEstimator, on TPU or one GPU or the CPU
    failures       TensorFlow's errors as one line
"""
