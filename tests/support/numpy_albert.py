"""ALBERT's forward pass in numpy, written from the paper, as the oracle of its tests.

Float64 throughout, one loop per sequence, layer and head; nothing shared with bert_nq.modeling.
"""
import math

import numpy as np

from tests.support import numpy_bert
from tests.support.numpy_bert import ACTIVATIONS, dense, layer_norm, softmax

GROUP = "bert/encoder/transformer/group_%d/inner_group_0/"


def forward(weights, groups, n_heads, input_ids, input_mask, segment_ids, act="tanh_gelu"):
    """sequence_output [B, S, H] and pooled_output [B, H] of weights under Google's names.

    `groups` has a number for each layer: the group whose weights it uses.
    """
    weights = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    sequences = np.array([_one(weights, groups, n_heads, ACTIVATIONS[act], *sequence)
                          for sequence in zip(input_ids, input_mask, segment_ids)])
    return sequences, np.tanh(dense(sequences[:, 0], weights, "bert/pooler/dense"))


def _one(weights, groups, n_heads, act, ids, mask, segments):
    table = "bert/embeddings/%s_embeddings"
    x = (weights[table % "word"][ids] + weights[table % "token_type"][segments]
         + weights[table % "position"][:len(ids)])
    x = layer_norm(x, weights, "bert/embeddings/LayerNorm")
    if "bert/encoder/embedding_hidden_mapping_in/kernel" in weights:
        x = dense(x, weights, "bert/encoder/embedding_hidden_mapping_in")
    for group in groups:
        layer = GROUP % group
        q, k, v = (np.split(dense(x, weights, layer + "attention_1/self/" + part), n_heads, axis=-1)
                   for part in ("query", "key", "value"))
        heads = [softmax(q[i] @ k[i].T / math.sqrt(q[i].shape[-1])
                         + (1 - np.asarray(mask)) * -10000.0) @ v[i] for i in range(n_heads)]
        attended = dense(np.concatenate(heads, -1), weights, layer + "attention_1/output/dense")
        x = layer_norm(x + attended, weights, layer + "LayerNorm")
        inner = act(dense(x, weights, layer + "ffn_1/intermediate/dense"))
        outer = dense(inner, weights, layer + "ffn_1/intermediate/output/dense")
        x = layer_norm(x + outer, weights, layer + "LayerNorm_1")
    return x


def variable_shapes(vocab, narrow, hidden, n_groups, intermediate, positions, types):
    """{name: shape} of an encoder's variables, written out after Google's checkpoints."""
    shapes = {"bert/embeddings/word_embeddings": (vocab, narrow),
              "bert/embeddings/position_embeddings": (positions, narrow),
              "bert/embeddings/token_type_embeddings": (types, narrow),
              "bert/embeddings/LayerNorm/beta": (narrow,),
              "bert/embeddings/LayerNorm/gamma": (narrow,)}
    denses = {"bert/pooler/dense": (hidden, hidden)}
    if narrow != hidden:
        denses["bert/encoder/embedding_hidden_mapping_in"] = (narrow, hidden)
    for group in range(n_groups):
        layer = GROUP % group
        for part in ("self/query", "self/key", "self/value", "output/dense"):
            denses[layer + "attention_1/" + part] = (hidden, hidden)
        denses[layer + "ffn_1/intermediate/dense"] = (hidden, intermediate)
        denses[layer + "ffn_1/intermediate/output/dense"] = (intermediate, hidden)
        for norm in ("LayerNorm", "LayerNorm_1"):
            shapes.update({layer + norm + "/beta": (hidden,), layer + norm + "/gamma": (hidden,)})
    for name, (n_in, n_out) in denses.items():
        shapes.update({name + "/kernel": (n_in, n_out), name + "/bias": (n_out,)})
    return shapes


def random_weights(seed, **sizes):
    """Float32 weights for variable_shapes(**sizes), see numpy_bert.of_shapes."""
    return numpy_bert.of_shapes(seed, variable_shapes(**sizes))
