"""BERT's forward pass in numpy, written from the paper, as the oracle of the modeling tests.

Float64 throughout, one loop per sequence and head, nothing shared with bert_nq.modeling.
"""
import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])

ACTIVATIONS = {
    "tanh_gelu": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi)
                                                  * (x + 0.044715 * x ** 3))),
    "erf_gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "identity": lambda x: x,
}


def layer_norm(x, weights, name, epsilon=1e-12):
    centred = x - x.mean(-1, keepdims=True)
    normal = centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + epsilon)
    return normal * weights[name + "/gamma"] + weights[name + "/beta"]


def dense(x, weights, name):
    return x @ weights[name + "/kernel"] + weights[name + "/bias"]


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def forward(weights, n_layers, n_heads, act, input_ids, input_mask, segment_ids,
            positions="absolute"):
    """sequence_output [B, S, H] and pooled_output [B, H] of weights under Google's names.

    `positions` is Hugging Face's position_embedding_type.
    """
    weights = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    sequences = [_one(weights, n_layers, n_heads, ACTIVATIONS[act], positions, *sequence)
                 for sequence in zip(input_ids, input_mask, segment_ids)]
    pooled = [np.tanh(dense(x[0], weights, "bert/pooler/dense")) for x in sequences]
    return np.array(sequences), np.array(pooled)


def _one(weights, n_layers, n_heads, act, positions, ids, mask, segments):
    table = "bert/embeddings/%s_embeddings"
    x = weights[table % "word"][ids] + weights[table % "token_type"][segments]
    if positions == "absolute":
        x = x + weights[table % "position"][:len(ids)]
    x = layer_norm(x, weights, "bert/embeddings/LayerNorm")
    for i in range(n_layers):
        layer = "bert/encoder/layer_%d/" % i
        q, k, v = (np.split(dense(x, weights, layer + "attention/self/" + part), n_heads, axis=-1)
                   for part in ("query", "key", "value"))
        heads = []
        for head in range(n_heads):
            scores = q[head] @ k[head].T
            if positions != "absolute":
                scores += by_distance(q[head], k[head], positions == "relative_key_query",
                                      weights[layer + "attention/self/distance_embedding"])
            scores /= math.sqrt(q[head].shape[-1])
            scores += (1 - np.asarray(mask)) * -10000.0
            heads.append(softmax(scores) @ v[head])
        attended = dense(np.concatenate(heads, -1), weights, layer + "attention/output/dense")
        x = layer_norm(x + attended, weights, layer + "attention/output/LayerNorm")
        inner = act(dense(x, weights, layer + "intermediate/dense"))
        outer = dense(inner, weights, layer + "output/dense")
        x = layer_norm(x + outer, weights, layer + "output/LayerNorm")
    return x


def by_distance(query, key, of_keys, table):
    """What distances add to the products of query and key [S, D], pair by pair."""
    scores = np.zeros([len(query), len(key)])
    for i in range(len(query)):
        for j in range(len(key)):
            vector = table[i - j + len(table) // 2]
            scores[i, j] = query[i] @ vector + (key[j] @ vector if of_keys else 0)
    return scores


def variable_shapes(vocab, hidden, n_layers, intermediate, positions, types):
    """{name: shape} of an encoder's variables, written out after Google's checkpoints."""
    shapes = {
        "bert/embeddings/word_embeddings": (vocab, hidden),
        "bert/embeddings/position_embeddings": (positions, hidden),
        "bert/embeddings/token_type_embeddings": (types, hidden),
        "bert/embeddings/LayerNorm/beta": (hidden,),
        "bert/embeddings/LayerNorm/gamma": (hidden,),
        "bert/pooler/dense/kernel": (hidden, hidden),
        "bert/pooler/dense/bias": (hidden,),
    }
    for i in range(n_layers):
        layer = "bert/encoder/layer_%d/" % i
        for name, n_in, n_out in (("attention/self/query", hidden, hidden),
                                  ("attention/self/key", hidden, hidden),
                                  ("attention/self/value", hidden, hidden),
                                  ("attention/output/dense", hidden, hidden),
                                  ("intermediate/dense", hidden, intermediate),
                                  ("output/dense", intermediate, hidden)):
            shapes[layer + name + "/kernel"] = (n_in, n_out)
            shapes[layer + name + "/bias"] = (n_out,)
        for name in ("attention/output", "output"):
            shapes[layer + name + "/LayerNorm/beta"] = (hidden,)
            shapes[layer + name + "/LayerNorm/gamma"] = (hidden,)
    return shapes


def random_weights(seed, **sizes):
    """Float32 weights for variable_shapes(**sizes), see `of_shapes`."""
    return of_shapes(seed, variable_shapes(**sizes))


def of_shapes(seed, shapes):
    """Float32 weights of some shapes by name, large enough for attention to be peaked."""
    random = np.random.RandomState(seed)
    return {name: ((1 if name.endswith("gamma") else 0)
                   + 0.3 * random.standard_normal(shape)).astype(np.float32)
            for name, shape in sorted(shapes.items())}
