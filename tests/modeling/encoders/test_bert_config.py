"""bert_config.json: what is read, what is refused."""
import json
import subprocess
import sys

import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.bert_config import BertConfig

BASE = {"vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02}


def test_google_config_is_read_and_written(tmp_path):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(BASE))
    config = BertConfig.from_json_file(str(path))
    assert config.to_dict() == BASE
    assert config.head_size == 64
    assert json.loads(config.to_json()) == BASE


def test_unknown_keys_are_ignored():
    values = dict(BASE, directionality="bidi", pooler_type="first_token_transform")
    assert BertConfig.from_dict(values).to_dict() == BASE


def test_defaults_are_the_reference_ones():
    assert BertConfig(vocab_size=30522).to_dict() == dict(BASE, type_vocab_size=16)


@pytest.mark.parametrize("change, problem", [
    ({"hidden_act": "swish"}, "unknown hidden_act 'swish'; it can be gelu, gelu_tanh, gelu_new, "
                              "gelu_erf, relu, tanh, linear"),
    ({"hidden_act": None}, "unknown hidden_act None; it can be gelu, gelu_tanh, gelu_new, "
                           "gelu_erf, relu, tanh, linear"),
    ({"hidden_size": 770}, "hidden_size 770 is not a multiple of num_attention_heads 12"),
    ({"num_hidden_layers": 0}, "num_hidden_layers is 0, but must be a whole number above 0"),
    ({"vocab_size": "30522"}, "vocab_size is '30522', but must be a whole number above 0"),
    ({"vocab_size": 1.5}, "vocab_size is 1.5, but must be a whole number above 0"),
    ({"hidden_dropout_prob": 1}, "hidden_dropout_prob is 1, but must be at least 0 and below 1"),
    ({"initializer_range": 0}, "initializer_range is 0, but must be above 0"),
    ({"initializer_range": float("inf")}, "initializer_range is inf, but must be above 0"),
    ({"initializer_range": float("nan")}, "initializer_range is nan, but must be above 0"),
    ({"initializer_range": 10 ** 400},
     "initializer_range is 1%s, but must be above 0" % ("0" * 39)),
    ({"initializer_range": 1e39},
     "initializer_range is 1e+39, and weights of more than 1e+06 are of no use"),
    ({"hidden_dropout_prob": float("nan")},
     "hidden_dropout_prob is nan, but must be at least 0 and below 1"),
    ({"attention_probs_dropout_prob": "x"},
     "attention_probs_dropout_prob is 'x', but must be at least 0 and below 1"),
    ({"hidden_act": ["gelu"]}, "unknown hidden_act ['gelu']; it can be gelu, gelu_tanh, gelu_new, "
                               "gelu_erf, relu, tanh, linear"),
    ({"vocab_size": True}, "vocab_size is True, but must be a whole number above 0"),
    ({"vocab_size": 10 ** 12}, "vocab_size is 1000000000000, but must be below 2^31: TensorFlow "
     "counts no further"),
    ({"vocab_size": 10 ** 40}, "vocab_size is 1%s, but must be below 2^31: TensorFlow counts no "
     "further" % ("0" * 39)),
    ({"hidden_size": 2 ** 32}, "hidden_size is 4294967296, but must be below 2^31: TensorFlow "
     "counts no further"),
    ({"num_hidden_layers": 10 ** 9},
     "num_hidden_layers is 1000000000, and no model has more than 10000"),
])
def test_impossible_values_are_refused(tmp_path, change, problem):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(dict(BASE, **change)))
    with pytest.raises(UserError) as error:
        BertConfig.from_json_file(str(path))
    assert str(error.value) == "%s: %s" % (path, problem)


@pytest.mark.parametrize("text, problem", [
    ("{\"vocab_size\": 3",
     "%s is not JSON (Expecting ',' delimiter at character 16)"),
    ("[3]", "%s: expected a JSON object such as {\"vocab_size\": 30522, ...}"),
    ("{}", "%s: \"vocab_size\" is missing: is this the bert_config.json of a BERT checkpoint?"),
])
def test_what_is_no_config_is_refused(tmp_path, text, problem):
    path = tmp_path / "bert_config.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        BertConfig.from_json_file(str(path))
    assert str(error.value) == problem % path


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot read .*nowhere.json: No such file"):
        BertConfig.from_json_file(str(tmp_path / "nowhere.json"))


def test_config_needs_no_tensorflow():
    subprocess.run([sys.executable, "-c", "import bert_nq.modeling.encoders.bert_config, sys\n"
                    "assert 'tensorflow' not in sys.modules"], check=True)
