"""A model folder with random weights, and its logits computed in plain numpy."""

import numpy as np

from bert_nq.modeling import checkpoints
from tests.support import numpy_bert, tiny_nq
from tests.support.tiny_nq import CONFIG


def weights(seed, config=CONFIG):
    """{name: value} of the variables of encoder and heads."""
    found = numpy_bert.random_weights(
        seed, vocab=config.vocab_size, hidden=config.hidden_size,
        n_layers=config.num_hidden_layers, intermediate=config.intermediate_size,
        positions=config.max_position_embeddings, types=config.type_vocab_size)
    random = np.random.RandomState(seed + 1000)
    for name, shape in (("cls/nq/output_weights", (2, config.hidden_size)),
                        ("cls/nq/output_bias", (2,)),
                        ("answer_type_output_weights", (5, config.hidden_size)),
                        ("answer_type_output_bias", (5,))):
        found[name] = random.standard_normal(shape).astype(np.float32)
    return found


def write(folder, seed=1, vocab=tiny_nq.write_vocabulary, without=(), **changes):
    """Writes checkpoint, config and vocabulary into a new folder; returns the prefix.

    Args:
      folder: a pathlib.Path.
      seed: seed of the weights.
      vocab: function that writes the vocabulary to a path.
      without: names of files and variables to leave out.
      **changes: changes of the config that is written, but not of the weights.
    """
    folder.mkdir()
    prefix = str(folder / "model.ckpt-1")
    checkpoints.write_weights(prefix, {name: value for name, value in weights(seed).items()
                                       if name not in without})
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-1"\n')
    vocab(folder / "vocab.txt")
    tiny_nq.write_config(folder / "bert_config.json", **dict(
        {"num_hidden_layers": CONFIG.num_hidden_layers}, **changes))
    for name in set(without) & {"vocab.txt", "bert_config.json"}:
        (folder / name).unlink()
    return prefix


def logits(seed, input_ids, input_mask, segment_ids):
    """Start [B, S], end [B, S] and type logits [B, 5], float64."""
    found = weights(seed)
    sequences, pooled = numpy_bert.forward(
        found, CONFIG.num_hidden_layers, CONFIG.num_attention_heads, "tanh_gelu", input_ids,
        input_mask, segment_ids)
    spans = sequences @ found["cls/nq/output_weights"].T + found["cls/nq/output_bias"]
    return (spans[:, :, 0], spans[:, :, 1],
            pooled @ found["answer_type_output_weights"].T + found["answer_type_output_bias"])
