"""Flags of the encoder that a benchmark measures, beside transformers or not."""
import json

import encoder_settings
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.modeling import encoders

FLAGS = flags.FLAGS

# What TensorFlow 1.15 is measured with: it has no fast products of bfloat16 matrices.
_ON_TF1 = ("fp32", "fp32-variables", "bert-tensorflow")


def define_sizes(max_seq_length):
    """Defines the flags of sizes, given the length of windows by default."""
    flags.DEFINE_integer("num_hidden_layers", 6, "Of the encoder.", lower_bound=1)
    flags.DEFINE_integer("hidden_size", 384, "Of the encoder.", lower_bound=1)
    flags.DEFINE_integer("num_attention_heads", 12, "Of the encoder.", lower_bound=1)
    flags.DEFINE_integer("vocab_size", 30522, "Of the encoder.", lower_bound=2)
    flags.DEFINE_integer("max_seq_length", max_seq_length, "Wordpieces of a window.",
                         lower_bound=16)


def sizes():
    """The sizes of the encoder, by their names in BERT's config."""
    return {name: FLAGS[name].value for name in (
        "num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size")}


def define_flags():
    """Defines the flags of the encoder and of its windows."""
    flags.DEFINE_string("encoder", "bert", "The encoder: one of %s. Its embeddings, where they are "
                        "narrower than layers, are as wide as its config has it by default."
                        % ", ".join(encoders.ENCODERS))
    flags.DEFINE_string("config", "{}", "Further fields of the encoder's config, as a JSON object.")
    define_sizes(512)
    flags.DEFINE_string("torch_python", None, "An interpreter that has torch and transformers; if "
                        "not given, the one that runs this.")
    flags.DEFINE_string("tf1_python", None, "An interpreter that has TensorFlow 1.15 and what "
                        "bert_nq needs, to measure there as well.")
    flags.DEFINE_string("latest_python", None, "An interpreter that has another release of "
                        "TensorFlow, such as the newest on Python 3.12, to measure all of ours "
                        "there as well.")


def settings():
    """The encoder of the flags and the length of its windows: see encoder_settings.make.

    Raises:
      UserError: there is no such encoder, or it cannot have these sizes.
    """
    return encoder_settings.make(FLAGS.encoder, sizes(), FLAGS.max_seq_length, _further())


def _further():
    try:
        values = json.loads(FLAGS.config)
    except ValueError as e:
        raise UserError("--config is not JSON: %s" % e) from None
    if not isinstance(values, dict):
        raise UserError("--config: expected a JSON object, such as "
                        "'{\"position_embedding_type\": \"relative_key\"}'")
    return values


def others(kinds):
    """Those of the contenders by others that can run the encoder; prints which cannot."""
    left_out = [kind for kind in kinds if kind == "bert-tensorflow" and FLAGS.encoder != "bert"]
    for kind in left_out:
        print("%s is left out: it has BERT alone" % kind)
    return [kind for kind in kinds if kind not in left_out]


def with_other_releases(wanted):
    """Contenders, each (name, interpreter, kind), and those of them that run elsewhere as well."""
    more = []
    if FLAGS.tf1_python:
        more += [(name + ", TF 1.15", FLAGS.tf1_python, kind) for name, _, kind in wanted
                 if kind in _ON_TF1]
    if FLAGS.latest_python:
        more += [(name + ", latest", FLAGS.latest_python, kind) for name, _, kind in wanted
                 if name.startswith("bert_nq")]
    return wanted + more
