"""The Estimator, as training and prediction share it.

    model          the model_fn of any model
    inputs         record files and windows as tf.data
    model_folder   config and vocabulary beside the checkpoints   free of TensorFlow
    devices        the Estimator on a TPU, one device, several, or several machines
    cluster        the workers that TF_CONFIG names               free of TensorFlow
    peers          how workers meet and see each other            free of TensorFlow
    lost_workers   the end of a worker when another one is lost
    failures       TensorFlow's errors as one line
"""
