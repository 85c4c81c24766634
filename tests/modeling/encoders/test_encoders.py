"""Encoders by name: configs from files, sizes, and what is free of TensorFlow."""
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import encoders
from bert_nq.modeling.encoders import Pass, bert
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf
from tests.modeling.encoders.test_bert import TINY, assigned, batch, sizes
from tests.support import numpy_bert
from tests.support.encoding import INPUTS


@pytest.mark.parametrize("model_type", [{}, {"model_type": "bert"}])
def test_a_config_chooses_its_encoder(tmp_path, model_type):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(dict(TINY.to_dict(), **model_type)))
    config = encoders.read_config(str(path))
    assert config == TINY and isinstance(config, BertConfig)
    assert encoders.of(config) is encoders.find("bert")
    assert encoders.of(config).config_type is BertConfig


@pytest.mark.parametrize("text, problem", [
    ('{"model_type": "elmo"}',
     "%s: model_type is 'elmo'; there is albert, bert, distilbert, xlnet"),
    ('{"model_type": ["bert"]}',
     "%s: model_type is ['bert']; there is albert, bert, distilbert, xlnet"),
    ("[3]", '%s: expected a JSON object such as {"vocab_size": 30522, ...}'),
    ("{", "%s is not JSON (Expecting property name enclosed in double quotes at character 1)")])
def test_other_files_are_refused(tmp_path, text, problem):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        encoders.read_config(str(path))
    assert str(error.value) == problem % path


@pytest.mark.parametrize("sizes", [
    dict(vocab_size=10 ** 9, hidden_size=1024, intermediate_size=4096),
    dict(vocab_size=10, num_hidden_layers=10 ** 4, hidden_size=8192, intermediate_size=4 * 8192)])
def test_a_model_that_no_memory_has_room_for(tmp_path, sizes):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(dict(sizes, num_attention_heads=8)))
    with pytest.raises(UserError) as e:
        encoders.read_config(str(path))
    found = re.fullmatch(r"%s: an encoder of these sizes has weights of ([\d.]+) GB, and this "
                         r"machine has ([\d.]+) GB of memory" % path, str(e.value))
    rows = 4 * sizes["vocab_size"] * sizes["hidden_size"]
    # A layer has 12 H^2 weights of 4 bytes.
    layers = 48 * sizes["hidden_size"] ** 2 * sizes.get("num_hidden_layers", 12)
    assert float(found.group(1)) == pytest.approx((rows + layers) / 1e9, rel=0.01)
    assert 0.1 < float(found.group(2)) < 1e5


def test_an_encoder_that_there_is_not():
    with pytest.raises(UserError,
                       match="^there is no encoder 'elmo': choose one of albert, bert, dist"):
        encoders.find("elmo")


def test_names_and_sizes_need_no_tensorflow(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(TINY.to_json())
    code = ("import sys\nfrom bert_nq.modeling import encoders\n"
            "config = encoders.read_config(sys.argv[1])\n"
            "print(encoders.num_weights(config), len(encoders.of(config).variables(config)))\n"
            "assert 'tensorflow' not in sys.modules")
    done = subprocess.run([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE,
                          text=True, check=True)
    weights = numpy_bert.random_weights(0, **sizes(TINY))
    assert done.stdout.split() == [str(sum(w.size for w in weights.values())), str(len(weights))]


def test_every_layer_where_it_is_asked_for():
    weights = numpy_bert.random_weights(1, **sizes(TINY))
    inputs = batch(TINY, [13, 5], 13)
    with tf.Graph().as_default():
        features = dict(zip(INPUTS, map(tf.constant, inputs)))
        encoded = bert.encode(TINY, features, Pass(all_layers=True))
        with tf.variable_scope("", reuse=True):
            assert bert.encode(TINY, features, Pass()).layers == ()
        with assigned(weights) as session:
            layers, sequence = session.run([encoded.layers, encoded.sequence])
    # The embeddings, and each of two layers; the first one is the output of a model of one layer.
    assert [x.shape for x in layers] == [(2, 13, 12)] * 3
    np.testing.assert_array_equal(layers[2], sequence)
    expected, _ = numpy_bert.forward(weights, 1, TINY.num_attention_heads, "tanh_gelu", *inputs)
    np.testing.assert_allclose(layers[1], expected, atol=1e-5, rtol=0)
