"""A contender of train_step.py, a process of its own that makes a step for each line of input.

    python -c 'import train_step_contender; train_step_contender.main()' KIND '{"hidden_size": ...}'

It runs in an interpreter that has the packages that its kind needs. It writes a line of JSON when
it is ready, and then one for each line of input.
"""
import json
import os
import resource
import sys
import time
import types

from encoder_settings import our_config

STEPS, WARMUP = 1000, 100


def memory_mb(which):
    """Memory of this process in MB; 0 if the system is not Linux.

    Args:
      which: "VmRSS" for the current memory, "VmHWM" for the peak since `reset_peak`.
    """
    if not os.path.exists("/proc/self/status"):
        return 0.0
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in f if line.startswith(which))


def reset_peak():
    """Resets VmHWM to the current memory."""
    if os.path.exists("/proc/self/clear_refs"):
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")


def cpu_seconds():
    """Processor time of all threads of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def make_batch(settings):
    """A batch of windows of random wordpieces with labels; every eighth is half padding."""
    import numpy as np
    random = np.random.RandomState(0)
    batch, length = settings["batch_size"], settings["seq_length"]
    lengths = np.where(np.arange(batch) % 8 == 7, length // 2, length)
    values = {"input_ids": random.randint(1, settings["vocab_size"], [batch, length]),
              "input_mask": np.arange(length) < lengths[:, None],
              "segment_ids": np.arange(length) >= np.full([batch, 1], 15),
              "start_positions": random.randint(0, length, batch),
              "end_positions": random.randint(0, length, batch),
              "answer_types": random.randint(0, 5, batch)}
    return {name: value.astype(np.int32) for name, value in values.items()}


def ours(settings, precision="fp32", recompute=False):
    """(loss, train op) of our training step, as run_nq.py makes it."""
    import tensorflow.compat.v1 as tf

    from bert_nq.modeling.encoders import Pass
    from bert_nq.modeling.heads import joint
    from bert_nq.modeling.models import Model, build_logits
    from bert_nq.training import optimizer, steps

    def loss_fn(features, pass_index):
        seed = tf.cast(tf.train.get_or_create_global_step(), tf.int64) + pass_index
        logits = build_logits(Model(our_config(settings), "joint"), features, Pass(
            is_training=True, seed=seed, precision=precision, recompute=recompute))
        return joint.loss(logits, features)

    step = steps.training_step(loss_fn, tensors(settings),
                               optimizer.OptimizerSettings(5e-5, STEPS, WARMUP),
                               loss_scaling=precision == "fp16")
    return step.loss, step.train_op


def tensors(settings):
    """The batch as variables, so that no result can be computed ahead."""
    import tensorflow.compat.v1 as tf
    return {name: tf.get_variable("batch/" + name, initializer=tf.constant(value), trainable=False,
                                  use_resource=True).value()
            for name, value in make_batch(settings).items()}


def bert_tensorflow(settings):
    """(loss, train op) of Google's BertModel and optimizer with bert_joint's heads and loss."""
    import tensorflow.compat.v1 as tf

    from bert_nq.modeling.encoders import Encoded
    from bert_nq.modeling.heads import joint
    if not tf.__version__.startswith("1."):
        give_contrib(tf)
    from bert import modeling, optimization
    features = tensors(settings)
    config = modeling.BertConfig.from_dict(our_config(settings).to_dict())
    encoder = modeling.BertModel(config, True, features["input_ids"], features["input_mask"],
                                 features["segment_ids"], scope="bert")
    logits = joint.build(Encoded(encoder.get_sequence_output(), encoder.get_pooled_output()),
                         features, None)
    loss = joint.loss(logits, features)[0]
    return loss, optimization.create_optimizer(loss, 5e-5, STEPS, WARMUP, False)


def give_contrib(tf):
    """Provides what BertModel needs: a function of tf.contrib, and one of tf.layers where
    Keras 3 has taken that away."""
    def layer_norm(inputs, begin_norm_axis, begin_params_axis, scope):
        assert begin_norm_axis == begin_params_axis == -1
        with tf.variable_scope(scope, "LayerNorm"):
            shape = inputs.shape[-1:]
            beta = tf.get_variable("beta", shape, initializer=tf.zeros_initializer())
            gamma = tf.get_variable("gamma", shape, initializer=tf.ones_initializer())
        mean, variance = tf.nn.moments(inputs, [-1], keepdims=True)
        return tf.nn.batch_normalization(inputs, mean, variance, beta, gamma, 1e-12)

    contrib = types.ModuleType("tensorflow.contrib")
    contrib.layers = types.ModuleType("tensorflow.contrib.layers")
    contrib.layers.layer_norm = layer_norm
    sys.modules["tensorflow.contrib"] = contrib
    sys.modules["tensorflow.contrib.layers"] = contrib.layers
    if not hasattr(tf.layers, "dense"):
        tf.layers = types.SimpleNamespace(dense=dense)


def dense(inputs, units, activation, kernel_initializer):
    """tf.layers.dense of a matrix, as far as BertModel asks for it: with the same variables."""
    import tensorflow.compat.v1 as tf
    with tf.variable_scope(None, "dense"):
        kernel = tf.get_variable("kernel", [inputs.shape[-1], units],
                                 initializer=kernel_initializer)
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
    return activation(tf.nn.bias_add(tf.matmul(inputs, kernel), bias))


def product(settings):
    """A large product of float32 matrices, which shows the processor's peak rate."""
    import tensorflow.compat.v1 as tf
    size = settings["product_size"]
    a, b = (tf.get_variable(name, initializer=tf.random.uniform([size, size])) for name in "ab")
    result = tf.matmul(a, b)
    return result[0, 0], result.op


def tensorflow_steps(make, settings):
    """(function that makes one step, TensorFlow's release)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import logging
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    from bert_nq.modeling.runtime import tf
    tf.set_random_seed(1)
    loss, op = make(settings)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return lambda: float(session.run([loss, op])[0]), "tensorflow " + tf.__version__


def torch_steps(settings, precision, attention):
    """(function that makes one step, releases): transformers, torch's AdamW."""
    import torch
    from encoder_settings import TorchModel
    values = make_batch(settings)
    model = TorchModel(settings, values, attention)
    model.encoder.train()
    optimizer = torch.optim.AdamW(model.parameters, lr=5e-5, weight_decay=0.01)
    labels = {name: torch.from_numpy(value).long() for name, value in values.items()}
    cross_entropy = torch.nn.functional.cross_entropy

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            positions, types = (logits.float() for logits in model.logits())
        loss = (cross_entropy(positions[..., 0], labels["start_positions"])
                + cross_entropy(positions[..., 1], labels["end_positions"])
                + cross_entropy(types, labels["answer_types"])) / 3
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters, 1.0)
        optimizer.step()
        return float(loss)

    return step, model.release


KINDS = {
    "product": lambda s: tensorflow_steps(product, s),
    "bert-tensorflow": lambda s: tensorflow_steps(bert_tensorflow, s),
}
for _attention in ("sdpa", "eager"):
    for _precision in ("fp32", "bf16"):
        KINDS["torch-%s-%s" % (_precision, _attention)] = (
            lambda s, p=_precision, a=_attention: torch_steps(s, p, a))
for _precision in ("fp32", "bf16", "fp16"):
    KINDS[_precision] = lambda s, p=_precision: tensorflow_steps(lambda s: ours(s, p), s)
    KINDS[_precision + "-recompute"] = lambda s, p=_precision: tensorflow_steps(
        lambda s: ours(s, p, recompute=True), s)


def serve(step, release):
    """Makes a first step, then one for each line of input, and prints the cost of each."""
    before = memory_mb("VmRSS")
    reset_peak()
    # The first step prepares the graph.
    print(json.dumps({"release": release, "loss": step()}), flush=True)
    for _ in sys.stdin:
        start, start_cpu = time.perf_counter(), cpu_seconds()
        step()
        print(json.dumps({"seconds": time.perf_counter() - start,
                          "cpu_seconds": cpu_seconds() - start_cpu,
                          "peak_mb": memory_mb("VmHWM") - before}), flush=True)


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    serve(*KINDS[kind](settings))
