"""Small random models in Hugging Face's format, made without bert_nq."""
import json
import os
import re

import numpy as np
import safetensors.numpy

CONFIG = {
    "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
    "model_type": "bert", "pad_token_id": 0, "position_embedding_type": "absolute",
}


def config(sizes, num_heads):
    """The content of a config.json for the sizes of numpy_bert.variable_shapes."""
    return dict(CONFIG, vocab_size=sizes["vocab"], hidden_size=sizes["hidden"],
                num_hidden_layers=sizes["n_layers"], num_attention_heads=num_heads,
                intermediate_size=sizes["intermediate"],
                max_position_embeddings=sizes["positions"], type_vocab_size=sizes["types"])


def theirs(name):
    """Hugging Face's name of one of Google's variables, without the prefix "bert."."""
    name = re.sub(r"layer_(\d+)", r"layer.\1", name[len("bert/"):]).replace("/", ".")
    for ours, suffix in ((".kernel", ".weight"), (".gamma", ".weight"), (".beta", ".bias")):
        name = name.replace(ours, suffix)
    return name + (".weight" if name.endswith("_embeddings") else "")


def tensors(weights, prefix="", old_spelling=False):
    """Hugging Face's tensors, made from weights under Google's names.

    With `old_spelling` LayerNorm's tensors are called gamma and beta, as in the oldest files.
    """
    named = {}
    for name, value in weights.items():
        new = prefix + theirs(name)
        if old_spelling and "LayerNorm" in name:
            new = new.replace(".weight", ".gamma").replace(".bias", ".beta")
        named[new] = np.ascontiguousarray(value.T if name.endswith("kernel") else value)
    return named


def random_tensors(shapes, seed):
    """{name: random float32 values} for {name: shape}."""
    random = np.random.RandomState(seed)
    return {name: random.standard_normal(shape).astype(np.float32)
            for name, shape in shapes.items()}


def save(folder, values, settings, num_files=1, pieces=None):
    """Writes the tensors in `num_files` files, config.json, and `pieces` as vocab.txt."""
    os.makedirs(str(folder))
    names = sorted(values)
    if num_files == 1:
        safetensors.numpy.save_file(values, os.path.join(str(folder), "model.safetensors"))
    else:
        files = ["model-%05d-of-%05d.safetensors" % (i + 1, num_files) for i in range(num_files)]
        for i, file in enumerate(files):
            safetensors.numpy.save_file({name: values[name] for name in names[i::num_files]},
                                        os.path.join(str(folder), file))
        size = sum(value.nbytes for value in values.values())
        write_json(folder, "model.safetensors.index.json", {
            "metadata": {"total_size": size},
            "weight_map": {name: files[i % num_files] for i, name in enumerate(names)}})
    write_json(folder, "config.json", settings)
    if pieces:
        with open(os.path.join(str(folder), "vocab.txt"), "w", encoding="utf8") as f:
            f.writelines(piece + "\n" for piece in pieces)
    return str(folder)


def tokenizer(pieces, added=()):
    """The content of a tokenizer.json, shortened; `added` pieces follow the others."""
    marks = [(i, piece) for i, piece in enumerate(pieces) if piece.startswith("[")]
    return {"version": "1.0", "normalizer": {"type": "BertNormalizer", "lowercase": True},
            "added_tokens": [{"id": i, "content": piece, "special": True}
                             for i, piece in marks + list(enumerate(added, len(pieces)))],
            "model": {"type": "WordPiece", "unk_token": "[UNK]",
                      "vocab": {piece: i for i, piece in enumerate(pieces)}}}


def write_json(folder, name, content):
    with open(os.path.join(str(folder), name), "w") as f:
        json.dump(content, f)
