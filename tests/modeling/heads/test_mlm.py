"""The head of masked language models: vectors that it reads, loss, outputs, transformers' own."""
import os

import numpy as np
import pytest

from bert_nq.modeling import encoders, heads, huggingface, models
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from tests.support import hf_models, reference_encoders, tiny_encoders, tiny_nq

FOLDER = os.path.join(os.path.dirname(__file__), *[os.pardir] * 4, "shared", "data", "parity",
                      "encoders")
# Two blocks of three positions with vectors of two numbers: those of the hidden pieces are [1, 0],
# [0, 2] and [3, 0], the others are infinite, so that a look at them would be seen.
FAR = [np.inf, np.inf]
SEQUENCE = np.array([[FAR, [1, 0], [0, 2]], [[3, 0], FAR, FAR]], np.float32)
FEATURES = {"masked_lm_ids": [[0, 1, 2], [1, 0, 0]], "masked_lm_weights": [[0, 1, 1], [1, 0, 0]]}
WORDS = np.array([[0, 0], [1, 0], [0, 1]], np.float32)  # the logits of V = 3 pieces: 0, x, y
LOGITS = np.array([[0, 1, 0], [0, 0, 2], [0, 3, 0]], np.float32)
LOSSES = np.log(np.exp(LOGITS).sum(axis=1)) - [1, 2, 3]


def results(sequence=SEQUENCE, use_tpu=False):
    """The logits, the loss, its scalars and the outputs."""
    head, pass_ = heads.find("mlm"), Pass(use_tpu=use_tpu)
    with tf.Graph().as_default(), tf.Session() as session:
        features = {name: tf.constant(values, tf.int32) for name, values in FEATURES.items()}
        # As of a placeholder: the batch's size is known when it is run.
        sequence = tf.placeholder_with_default(sequence, [None, 3, 2])
        if use_tpu:
            sequence = tf.ensure_shape(sequence, [2, 3, 2])
        encoded = Encoded(sequence, None, piece_logits=lambda x: tf.matmul(x, WORDS,
                                                                           transpose_b=True))
        logits = head.build(encoded, features, pass_)
        return session.run([logits.pieces, *head.loss(logits, features),
                            head.outputs(logits, features, None)])


def check(loss, scalars, outputs):
    np.testing.assert_allclose(loss, LOSSES.mean(), rtol=1e-5)
    np.testing.assert_allclose(scalars["masked_loss"], LOSSES.mean(), rtol=1e-5)
    assert scalars["masked_accuracy"] == 1.0
    np.testing.assert_allclose(outputs["loss_sum"], [LOSSES[:2].sum(), LOSSES[2]], rtol=1e-5)
    assert outputs["num_right"].tolist() == outputs["num_masked"].tolist() == [2, 1]


def test_hidden_pieces_alone_go_through_the_product():
    logits, loss, scalars, outputs = results()
    np.testing.assert_allclose(logits, LOGITS)
    check(loss, scalars, outputs)


def test_on_a_tpu_all_positions_do_and_the_hidden_ones_count():
    logits, loss, scalars, outputs = results(np.where(np.isinf(SEQUENCE), 7, SEQUENCE), True)
    assert logits.shape == (6, 3)
    check(loss, scalars, outputs)


def test_what_is_wrong_is_no_hit():
    _, _, scalars, outputs = results(SEQUENCE[:, :, ::-1].copy())
    assert scalars["masked_accuracy"] == 0.0
    assert outputs["num_right"].tolist() == [0, 0]


def config_of(name):
    return tiny_nq.CONFIG if name == "bert" else tiny_encoders.config(name)


@pytest.mark.parametrize("name", list(encoders.ENCODERS))
def test_its_variables_are_those_of_the_pretrained_encoder(name):
    model = Model(config_of(name), "mlm")
    shape = [2, 8]
    with tf.Graph().as_default():
        features = {feature: tf.ones(shape, tf.int32) for feature in models.inputs(model)}
        loss, _ = models.loss(model, models.build_logits(model, features, Pass()), features)
        found = {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}
        words = next(v for v in tf.trainable_variables()
                     if v.op.name.endswith(("word_embeddings", "lookup_table")))
        # Of the rows that are looked up, and of the product with all of them.
        gradient = tf.gradients(loss, words)[0]
    encoder = encoders.of(model.config)
    own = {variable: size for variable, size in found.items()
           if not variable.startswith(encoder.names.scope + "/")}
    num_pieces, width = words.shape.as_list()
    assert set(own) == set(models.head_variables(model))
    assert gradient is not None
    if name == "xlnet":
        assert own == {"model/lm_loss/bias": [num_pieces]}
    else:
        hidden = model.config.hidden_size
        assert own == {
            "cls/predictions/transform/dense/kernel": [hidden, width],
            "cls/predictions/transform/dense/bias": [width],
            "cls/predictions/transform/LayerNorm/gamma": [width],
            "cls/predictions/transform/LayerNorm/beta": [width],
            "cls/predictions/output_bias": [num_pieces]}
    # Hugging Face has a tensor for each of them.
    names = encoder.names
    assert set(own) <= set(names.heads) | set(names.transposed_heads)


THEIRS = {
    "albert": {"predictions.bias", "predictions.dense.bias", "predictions.dense.weight",
               "predictions.LayerNorm.bias", "predictions.LayerNorm.weight"},
    "bert": {"cls.predictions.bias", "cls.predictions.transform.dense.bias",
             "cls.predictions.transform.dense.weight", "cls.predictions.transform.LayerNorm.bias",
             "cls.predictions.transform.LayerNorm.weight"},
    "distilbert": {"vocab_projector.bias", "vocab_transform.bias", "vocab_transform.weight",
                   "vocab_layer_norm.bias", "vocab_layer_norm.weight"},
    "xlnet": {"lm_loss.bias"},
}


@pytest.mark.parametrize("name", list(encoders.ENCODERS))
def test_its_names_in_hugging_faces_files(name):
    model = Model(config_of(name), "mlm")
    encoder = encoders.of(model.config)
    shapes = dict(encoder.variables(model.config), **{
        variable: (3, 5) if variable.endswith("kernel") else (5,)
        for variable in models.head_variables(model)})
    weights = hf_models.random_tensors(shapes, seed=0)
    theirs, notes = huggingface.to_huggingface(weights, model.config, "a test")
    assert not notes
    assert THEIRS[name] == {key for key in theirs if not key.startswith(encoder.names.prefix)}
    back, notes = huggingface.from_huggingface(theirs, model.config, "a test")
    assert not notes and set(back) == set(weights)
    for key, value in weights.items():
        np.testing.assert_array_equal(back[key], value, err_msg=key)


@pytest.mark.skipif(not os.path.isdir(FOLDER), reason="there are no reference values")
@pytest.mark.parametrize("name", ["bert-mlm", "distilbert-mlm", "xlnet-lm"])
def test_logits_are_those_of_transformers(tmp_path, name):
    folder = os.path.join(FOLDER, name)
    config, checkpoint = reference_encoders.there_and_back(folder, tmp_path)
    golden = np.load(os.path.join(folder, "golden.npz"))
    everywhere = np.ones_like(golden["input_ids"])
    _, logits = reference_encoders.computed(
        config, checkpoint, golden, "mlm",
        {"masked_lm_ids": everywhere, "masked_lm_weights": everywhere})
    np.testing.assert_allclose(logits.pieces.reshape(golden["logits"].shape), golden["logits"],
                               atol=1e-5, rtol=0)
