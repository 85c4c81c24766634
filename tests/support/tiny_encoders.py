"""Configs of encoders other than BERT, with the sizes of the tiny model of NQ's tests."""
from bert_nq.modeling import encoders
from tests.support import tiny_nq

# What a config of each says beside the sizes.
CHANGES = {
    # Two layers of one group.
    "albert": {"embedding_size": 8, "num_hidden_layers": 2, "hidden_dropout_prob": 0.1,
               "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 64},
    "distilbert": {},
    "xlnet": {"n_token": tiny_nq.CONFIG.vocab_size, "d_model": tiny_nq.CONFIG.hidden_size,
              "n_layer": 1, "n_head": 2, "d_head": 8,
              "d_inner": tiny_nq.CONFIG.intermediate_size, "hidden_dropout_prob": 0.1},
}


def config(name):
    """The tiny config of an encoder."""
    values = dict(tiny_nq.CONFIG.to_dict(), num_hidden_layers=1)
    values.update(CHANGES[name], model_type=name)
    return encoders.find(name).config_type.from_dict(values)


def write_config(path, name):
    """Writes that config; returns its path."""
    path.write_text(config(name).to_json())
    return str(path)
