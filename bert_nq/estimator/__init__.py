"""What training and prediction share of the Estimator.

    model    the joint model's logits and its model_fn
    inputs   record files and windows as tf.data
    devices  the TPUEstimator, on TPU or one GPU or the CPU
"""
