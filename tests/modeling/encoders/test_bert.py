"""The encoder against bert-tensorflow's BertModel (TensorFlow 1.15) and a numpy forward pass."""
import dataclasses
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, runtime
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf
from tests.support import numpy_bert, programs
from tests.support.encoding import encode

needs_bert_model = pytest.mark.skipif(
    not tf.__version__.startswith("1."), reason="BertModel needs tf.contrib, of TensorFlow 1.15")

TINY = BertConfig(vocab_size=50, hidden_size=12, num_hidden_layers=2, num_attention_heads=3,
                  intermediate_size=20, max_position_embeddings=16, type_vocab_size=2)


def sizes(config):
    return {"vocab": config.vocab_size, "hidden": config.hidden_size,
            "n_layers": config.num_hidden_layers, "intermediate": config.intermediate_size,
            "positions": config.max_position_embeddings, "types": config.type_vocab_size}


def batch(config, lengths, width, seed=0):
    """Random ids for sequences of `lengths` padded to `width`; all segment ids occur."""
    random = np.random.RandomState(seed)
    shape = (len(lengths), width)
    mask = (np.arange(width) < np.array(lengths)[:, None]).astype(np.int32)
    ids = random.randint(1, config.vocab_size, shape).astype(np.int32) * mask
    segments = np.arange(np.prod(shape)).reshape(shape) % config.type_vocab_size
    return ids, mask, segments.astype(np.int32)


def assigned(weights):
    """A session in which the graph's variables have the values `weights`."""
    session = tf.Session()
    variables = {v.op.name: v for v in tf.global_variables()}
    assert set(variables) == set(weights)
    for name, variable in variables.items():
        assert variable.shape.as_list() == list(weights[name].shape), name
    # Each variable is initialised with our value in place of its initialiser's.
    session.run([variable.initializer for variable in variables.values()],
                {variable.initializer.inputs[1]: weights[name]
                 for name, variable in variables.items()})
    return session


def encoded(config, weights, inputs, **options):
    """Our encoder's vectors of a batch."""
    with tf.Graph().as_default():
        outputs = encode(config, map(tf.constant, inputs), **options)
        with assigned(weights) as session:
            return session.run(outputs)


def reference(config, weights, inputs, act):
    """The vectors of bert-tensorflow's BertModel."""
    from bert import modeling
    with tf.Graph().as_default():
        settings = dict(config.to_dict(), hidden_act=act)
        ids, mask, segments = map(tf.constant, inputs)
        model = modeling.BertModel(modeling.BertConfig(**settings), False, ids, mask, segments,
                                   scope="bert")
        with assigned(weights) as session:
            return session.run([model.get_sequence_output(), model.get_pooled_output()])


# Of a sequence that is all padding, float32 keeps three decimals of the scores next to -10000: only
# the reference, which rounds in the same way, gives the same.
ALL_PADDING = (TINY, [3, 0], 4)

ONE_HEAD_FIVE_TYPES = BertConfig(vocab_size=9, hidden_size=5, num_hidden_layers=1,
                                 num_attention_heads=1, intermediate_size=7,
                                 max_position_embeddings=11, type_vocab_size=5)

CASES = {
    "full": (TINY, [16, 16], 16),
    "padding": (TINY, [16, 9, 1, 15], 16),
    "odd length": (TINY, [13, 5, 7], 13),
    "one piece": (TINY, [1], 1),
    "one head, five types": (ONE_HEAD_FIVE_TYPES, [11, 3], 11),
}


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("use_tpu", [False, True])
def test_numpy_forward_pass_gives_the_same(name, use_tpu):
    config, lengths, width = CASES[name]
    weights = numpy_bert.random_weights(1, **sizes(config))
    inputs = batch(config, lengths, width)
    expected = numpy_bert.forward(weights, config.num_hidden_layers, config.num_attention_heads,
                                  "tanh_gelu", *inputs)
    outputs = encoded(config, weights, inputs, use_tpu=use_tpu)
    for ours, theirs in zip(outputs, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.skipif(not runtime.MULTIPLIES_BFLOAT16, reason="TensorFlow 1.15 has no such product")
@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("tile_depth", [None, 8])
def test_bfloat16_gives_about_the_same(monkeypatch, name, tile_depth):
    monkeypatch.setattr(runtime, "TILE_DEPTH", tile_depth)
    config, lengths, width = CASES[name]
    weights = numpy_bert.random_weights(1, **sizes(config))
    inputs = batch(config, lengths, width)
    expected = numpy_bert.forward(weights, config.num_hidden_layers, config.num_attention_heads,
                                  "tanh_gelu", *inputs)
    for ours, theirs in zip(encoded(config, weights, inputs, precision="bf16"), expected):
        # Eight bits of a number, of which the largest are about 3, in some ten steps.
        np.testing.assert_allclose(ours, theirs, atol=0.1)


@pytest.mark.parametrize("hidden_act, meaning", [
    ("gelu", "tanh_gelu"), ("gelu_tanh", "tanh_gelu"), ("gelu_new", "tanh_gelu"),
    ("gelu_erf", "erf_gelu"), ("relu", "relu"), ("tanh", "tanh"), ("linear", "identity")])
def test_hidden_act_means_what_it_says(hidden_act, meaning):
    config = dataclasses.replace(TINY, hidden_act=hidden_act)
    weights = numpy_bert.random_weights(2, **sizes(config))
    inputs = batch(config, [8, 6], 8)
    expected = numpy_bert.forward(weights, 2, 3, meaning, *inputs)
    for ours, theirs in zip(encoded(config, weights, inputs), expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@needs_bert_model
@pytest.mark.parametrize("config, lengths, width", list(CASES.values()) + [ALL_PADDING])
@pytest.mark.parametrize("hidden_act", ["gelu", "gelu_erf"])
def test_bert_model_gives_the_same(config, lengths, width, hidden_act):
    config = dataclasses.replace(config, hidden_act=hidden_act)
    weights = numpy_bert.random_weights(3, **sizes(config))
    inputs = batch(config, lengths, width)
    act = {"gelu": "gelu", "gelu_erf": lambda x: x * 0.5 * (1 + tf.erf(x / np.sqrt(2)))}
    expected = reference(config, weights, inputs, act[hidden_act])
    for ours, theirs in zip(encoded(config, weights, inputs), expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


def loaded(config, checkpoint, inputs):
    """Our encoder's vectors of a batch with a checkpoint's weights."""
    with tf.Graph().as_default():
        outputs = encode(config, map(tf.constant, inputs))
        shapes = {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}
        assignment = checkpoints.assignment_map(shapes, checkpoint, "bert")
        assert not assignment.new
        tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return session.run(outputs)


@pytest.mark.parametrize("writer", ["tf1", "tf2"])
@pytest.mark.parametrize("hidden_act", ["gelu_tanh", "gelu_erf"])
def test_checkpoints_of_both_runtimes_give_what_bert_model_gave(writer, hidden_act):
    # The files are made by make_encoder_fixture.py.
    folder = os.path.join(programs.ROOT, "tests", "data", "encoder")
    stored = np.load(os.path.join(folder, "outputs.npz"))
    config = dataclasses.replace(TINY, hidden_act=hidden_act)
    checkpoint = os.path.join(folder, writer + ".ckpt")
    checkpoints.check_fits(config, checkpoint)
    outputs = loaded(config, checkpoint, [stored[name] for name in ("ids", "mask", "segments")])
    for ours, part in zip(outputs, ("sequence", "pooled")):
        np.testing.assert_allclose(ours, stored["%s_%s" % (hidden_act, part)], atol=1e-5, rtol=0)


def test_checkpoint_of_a_reference_training_computes_what_numpy_does(shared_data):
    parity = os.path.join(shared_data, "parity")
    config = BertConfig.from_json_file(os.path.join(parity, "bert_config.json"))
    checkpoint = os.path.join(parity, "ckpt", "tiny.ckpt")
    checkpoints.check_fits(config, checkpoint)
    inputs = batch(config, [384, 101], 384)
    weights = checkpoints.read_weights(checkpoint)
    expected = numpy_bert.forward(weights, config.num_hidden_layers, config.num_attention_heads,
                                  "tanh_gelu", *inputs)
    for ours, theirs in zip(loaded(config, checkpoint, inputs), expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


def test_sequence_longer_than_the_positions_is_an_error():
    with tf.Graph().as_default(), pytest.raises(UserError) as error:
        encode(TINY, map(tf.constant, batch(TINY, [17], 17)))
    assert str(error.value) == (
        "the sequences are 17 wordpieces long, but the model's config has "
        "max_position_embeddings 16: lower --max_seq_length")


def test_sizes_unknown_to_the_graph_are_taken_from_the_batch():
    weights = numpy_bert.random_weights(1, **sizes(TINY))
    inputs = batch(TINY, [13, 5, 7], 13)
    with tf.Graph().as_default():
        places = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        outputs = encode(TINY, places)
        assert outputs[0].shape.as_list() == [None, None, 12]
        assert outputs[1].shape.as_list() == [None, 12]
        with assigned(weights) as session:
            got = session.run(outputs, dict(zip(places, inputs)))
    for ours, theirs in zip(got, encoded(TINY, weights, inputs)):
        np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=0)


NO_DROPOUT = dataclasses.replace(TINY, hidden_dropout_prob=0, attention_probs_dropout_prob=0)


@pytest.mark.parametrize("hidden_act, meaning", [("gelu", "tanh_gelu"), ("gelu_erf", "erf_gelu")])
def test_training_gradients_are_the_slopes_of_the_numpy_forward_pass(hidden_act, meaning):
    # Of every variable, the fused query, key and value kernels included, in two random directions.
    config = dataclasses.replace(NO_DROPOUT, hidden_act=hidden_act)
    weights = numpy_bert.random_weights(4, **sizes(config))
    inputs = batch(config, [9, 6], 9)
    random = np.random.RandomState(5)
    on_sequence, on_pooled = random.standard_normal((2, 9, 12)), random.standard_normal((2, 12))
    with tf.Graph().as_default():
        sequence, pooled = encode(config, map(tf.constant, inputs), is_training=True)
        loss = (tf.reduce_sum(sequence * on_sequence.astype(np.float32))
                + tf.reduce_sum(pooled * on_pooled.astype(np.float32)))
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
        words = [g for v, g in zip(variables, gradients) if "word_embeddings" in v.name]
        # Clipping by the global norm sees the values of an IndexedSlices, as with BertModel.
        assert [type(g).__name__ for g in words] == ["IndexedSlices"]
        with assigned(weights) as session:
            gradients = session.run([tf.convert_to_tensor(g) for g in gradients])
    gradients = {v.op.name: g for v, g in zip(variables, gradients)}

    def value(name, change):
        moved = {n: np.asarray(w, np.float64) for n, w in weights.items()}
        moved[name] = moved[name] + change
        sequence, pooled = numpy_bert.forward(moved, 2, 3, meaning, *inputs)
        return (sequence * on_sequence).sum() + (pooled * on_pooled).sum()

    for name, gradient in gradients.items():
        for _ in range(2):
            step = 1e-5 * random.standard_normal(gradient.shape)
            slope = (value(name, step) - value(name, -step)) / 2e-5
            # A key's bias moves all scores of a query alike: its slope is nothing but rounding.
            np.testing.assert_allclose((gradient * step).sum() * 1e5, slope, rtol=2e-4, atol=2e-4,
                                       err_msg=name)


@pytest.mark.parametrize("hidden_act", ["gelu", "gelu_erf", "relu"])
def test_training_without_dropout_computes_what_prediction_does(hidden_act):
    config = dataclasses.replace(NO_DROPOUT, hidden_act=hidden_act)
    weights = numpy_bert.random_weights(6, **sizes(config))
    inputs = batch(config, [16, 9, 1], 16)
    with tf.Graph().as_default():
        outputs = encode(config, map(tf.constant, inputs), is_training=True)
        with assigned(weights) as session:
            in_training = session.run(outputs)
    for ours, theirs in zip(in_training, encoded(config, weights, inputs)):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("use_tpu", [False, True])
@pytest.mark.parametrize("which", ["hidden_dropout_prob", "attention_probs_dropout_prob"])
def test_each_dropout_is_at_work_in_training_alone(which, use_tpu):
    config = dataclasses.replace(NO_DROPOUT, **{which: 0.5})
    weights = numpy_bert.random_weights(6, **sizes(config))
    inputs = batch(config, [16, 9], 16)

    plain, predicted = (encoded(c, weights, inputs)[0] for c in (NO_DROPOUT, config))
    np.testing.assert_allclose(predicted, plain, atol=1e-5)
    with tf.Graph().as_default():
        seed = tf.placeholder(tf.int64, [])
        outputs = encode(config, map(tf.constant, inputs), is_training=True, seed=seed,
                         use_tpu=use_tpu)
        with assigned(weights) as session:
            first, again, other = (session.run(outputs[0], {seed: value}) for value in (
                tf.int64.max, tf.int64.max, tf.int64.max - 1))
    assert abs(first - plain).max() > 0.1
    np.testing.assert_allclose(again, first, atol=1e-5)
    assert abs(other - first).max() > 0.1


def test_dropout_without_a_seed_is_an_error():
    inputs = map(tf.constant, batch(TINY, [3], 3))
    with tf.Graph().as_default(), pytest.raises(ValueError) as error:
        encode(TINY, inputs, is_training=True)
    assert str(error.value) == "dropout needs a seed"
