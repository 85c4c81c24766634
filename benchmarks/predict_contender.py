"""A contender of predict.py, a process of its own that predicts a batch for each line of input.

    python -c 'import predict_contender; predict_contender.main()' KIND '{"hidden_size": ...}'

Like train_step_contender.py, it runs in an interpreter that has the packages that its kind needs.
"""
import json
import os
import sys

from encoder_settings import our_config
from train_step_contender import give_contrib, make_batch, serve

INPUTS = ("input_ids", "input_mask", "segment_ids")


def full_windows(settings):
    """A batch of windows of random wordpieces without padding."""
    batch = {name: make_batch(settings)[name] for name in INPUTS}
    batch["input_mask"][:] = 1
    return batch


def ours(settings, features, precision):
    """The logits of our model."""
    from bert_nq.modeling.encoders import Pass
    from bert_nq.modeling.models import Model, build_logits
    return build_logits(Model(our_config(settings), "joint"), features, Pass(precision=precision))


def bert_tensorflow(settings, features):
    """The logits of Google's BertModel with our heads."""
    import tensorflow.compat.v1 as tf

    from bert_nq.modeling.encoders import Encoded
    from bert_nq.modeling.heads import joint
    if not tf.__version__.startswith("1."):
        give_contrib(tf)
    from bert import modeling
    config = modeling.BertConfig.from_dict(our_config(settings).to_dict())
    encoder = modeling.BertModel(config, False, features["input_ids"], features["input_mask"],
                                 features["segment_ids"], scope="bert")
    return joint.build(Encoded(encoder.get_sequence_output(), encoder.get_pooled_output()),
                       features, None)


def tensorflow_steps(make, settings, frozen):
    """(function that predicts one batch, TensorFlow's release)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import logging
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import numpy as np

    from bert_nq.modeling import freezing
    from bert_nq.modeling.runtime import tf
    threads = settings["threads"]
    config = tf.ConfigProto(intra_op_parallelism_threads=threads,
                            inter_op_parallelism_threads=threads)
    features = {name: tf.placeholder(tf.int32, [None, None], name) for name in INPUTS}
    logits = make(settings, features)
    session = tf.Session(config=config)
    session.run(tf.global_variables_initializer())
    random = np.random.RandomState(0)
    for variable in tf.global_variables():
        # Initial values, ones and zeros, would be optimised away when the graph is frozen.
        if len(variable.shape) == 1:
            variable.load(random.normal("gamma" in variable.name, 0.1, variable.shape.as_list())
                          .astype(np.float32), session)
    if frozen:
        session = freezing.frozen_session(session, logits, config)
    names = [tensor.name for tensor in logits]
    feed = {features[name].name: value for name, value in full_windows(settings).items()}
    return lambda: float(session.run(names, feed)[0][0, 0]), "tensorflow " + tf.__version__


def openvino_steps(settings, precision):
    """(function that predicts one batch, OpenVINO's release); int8 is calibrated on the batch."""
    import tempfile

    import numpy as np
    import openvino

    from bert_nq.decoding.decoders import make_decoder
    from bert_nq.modeling import checkpoints
    from bert_nq.modeling.encoders import Pass
    from bert_nq.modeling.models import Member, Model, build_logits
    from bert_nq.modeling.runtime import tf
    from bert_nq.prediction import runtimes
    from bert_nq.prediction.batches import Batch
    from bert_nq.prediction.calibration import Calibration
    from bert_nq.prediction.model_settings import ModelSettings
    model, random = Model(our_config(settings), "joint"), np.random.RandomState(0)
    with tf.Graph().as_default(), tf.Session() as session:
        build_logits(model, {name: tf.placeholder(tf.int32, [None, None]) for name in INPUTS},
                     Pass())
        session.run(tf.global_variables_initializer())
        weights = {checkpoints.name_of(v): session.run(v) for v in tf.global_variables()}
    for name, value in weights.items():
        if value.ndim == 1:  # As in `tensorflow_steps`.
            weights[name] = random.normal("gamma" in name, 0.1, value.shape).astype(np.float32)
    batch, decoder = full_windows(settings), make_decoder("page", {})
    windows = Calibration([Batch(np.arange(1), {name: batch[name][i:i + 1] for name in INPUTS})
                           for i in range(settings["batch_size"])])
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "model.ckpt-1")
        checkpoints.write_weights(prefix, weights)
        prepared = runtimes.prepare(
            ModelSettings((Member(model, prefix),), precision, settings["threads"], "openvino"),
            decoder, lambda: windows)
        opened = runtimes.open_model(prepared, decoder)
    whole = Batch(np.arange(settings["batch_size"]), {name: batch[name] for name in INPUTS})
    return (lambda: float(opened.run(whole).type_logits[0, 0]),
            "openvino " + openvino.__version__.split("-")[0])


def torch_steps(settings, precision, attention):
    """(function that predicts one batch, releases), as PyTorch's users do it."""
    import torch
    from encoder_settings import TorchModel
    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    model = TorchModel(settings, full_windows(settings), attention)
    model.encoder.eval()

    def step():
        autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")
        with torch.inference_mode(), autocast:
            positions, _ = model.logits()
        return float(positions[0, 0, 0])

    return step, model.release


KINDS = {"bert-tensorflow": lambda s: tensorflow_steps(bert_tensorflow, s, frozen=False)}
for _precision in ("fp32", "bf16"):
    for _suffix in ("", "-variables"):
        KINDS[_precision + _suffix] = lambda s, p=_precision, v=_suffix: tensorflow_steps(
            lambda s, features: ours(s, features, p), s, frozen=not v)
    for _attention in ("sdpa", "eager"):
        KINDS["torch-%s-%s" % (_precision, _attention)] = (
            lambda s, p=_precision, a=_attention: torch_steps(s, p, a))


for _precision in ("fp32", "bf16", "int8"):
    KINDS["openvino-" + _precision] = lambda s, p=_precision: openvino_steps(s, p)


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    serve(*KINDS[kind](settings))
