"""Makes tests/data/encoder: a tiny checkpoint of each runtime, and BertModel's outputs for it.

    python3.7 -m tests.support.make_encoder_fixture     tf1.ckpt, by TF 1.15, and outputs.npz
    python3.11 -m tests.support.make_encoder_fixture    tf2.ckpt, by TF 2.15, equal weights

outputs.npz holds a batch with padding and, for each meaning of "gelu", the sequence_output and
pooled_output that bert-tensorflow 1.0.4 computes on TensorFlow 1.15.
"""
import os

import numpy as np
from absl import flags

from bert_nq.modeling.runtime import tf
from tests.modeling.encoders.test_bert import TINY, assigned, batch, reference, sizes
from tests.support import numpy_bert, programs
from tests.support.encoding import encode

FOLDER = os.path.join(programs.ROOT, "tests", "data", "encoder")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    weights = numpy_bert.random_weights(7, **sizes(TINY))
    inputs = batch(TINY, [13, 6, 1], 13)
    runtime = "tf" + tf.__version__[0]
    with tf.Graph().as_default():
        encode(TINY, map(tf.constant, inputs))
        with assigned(weights) as session:
            tf.train.Saver().save(session, os.path.join(FOLDER, runtime + ".ckpt"),
                                  write_meta_graph=False, write_state=False)
    if runtime == "tf1":
        outputs = dict(zip(("ids", "mask", "segments"), inputs))
        for name, act in (("gelu_tanh", "gelu"),
                          ("gelu_erf", lambda x: x * 0.5 * (1 + tf.erf(x / np.sqrt(2))))):
            sequence, pooled = reference(TINY, weights, inputs, act)
            outputs.update({name + "_sequence": sequence, name + "_pooled": pooled})
        np.savez_compressed(os.path.join(FOLDER, "outputs.npz"), **outputs)


if __name__ == "__main__":
    flags.FLAGS(["make_encoder_fixture"])
    main()
