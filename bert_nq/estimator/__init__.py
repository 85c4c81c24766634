"""Running graphs, as training and prediction share it: by the Estimator, or by a session.

    model              the graphs of any model
    member_graphs      several models in one graph, and the mean of their logits
    inputs             record files and windows as tf.data
    model_folder       config and vocabulary beside the checkpoints   free of TensorFlow
    devices            settings of a run: one device, several, several machines, a TPU
    trainers           what makes the steps of a training, by name:
    estimator_trainer    the Estimator on all these devices
    session_trainer      a session on one device
    cluster            the workers that TF_CONFIG names               free of TensorFlow
    peers              how workers meet and see each other            free of TensorFlow
    lost_workers       the end of a worker when another one is lost
    failures           TensorFlow's errors as one line
"""
