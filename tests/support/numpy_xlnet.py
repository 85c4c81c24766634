"""XLNet's encoder in numpy, score by score: the definition that ours is compared with."""
import math

import numpy as np


def forward(weights, config, ids, mask, segments):
    """The last layer, [B, S, H], and all scores of the first layer, [B, N, S, S], unmasked.

    Args:
      weights: by Google's names.
      config: an XLNetConfig.
      ids, mask, segments: int [B, S]; mask 1 for pieces.
    """
    def weight(name, layer=None):
        value = weights["model/transformer/" + name].astype(np.float64)
        return value if layer is None or not config.untie_r else value[layer]

    rows, first = [], []
    for row_ids, row_mask, row_segments in zip(ids, mask, segments):
        x = weight("word_embedding/lookup_table")[row_ids]
        for layer in range(config.n_layer):
            name = "layer_%d/" % layer
            q, k, v = (np.einsum("sh,hnd->nsd", x, weight(name + "rel_attn/%s/kernel" % part))
                       for part in "qkv")
            to_vector = weight(name + "rel_attn/r/kernel")
            scores = np.array([_scores(
                q[head], k[head], row_segments, to_vector[:, head],
                weight("r_w_bias", layer)[head], weight("r_r_bias", layer)[head],
                weight("r_s_bias", layer)[head], weight("seg_embed")[layer][:, head])
                for head in range(config.n_head)])
            if layer == 0:
                first.append(scores)
            seen = (row_mask[None, :] == 1) | np.eye(len(row_ids), dtype=bool)
            shares = np.exp(np.where(seen, scores, -np.inf)
                            - np.where(seen, scores, -np.inf).max(-1, keepdims=True))
            shares /= shares.sum(-1, keepdims=True)
            context = np.einsum("nst,ntd,hnd->sh", shares, v, weight(name + "rel_attn/o/kernel"))
            x = _norm(x + context, weight, name + "rel_attn/LayerNorm/")
            inner = x @ weight(name + "ff/layer_1/kernel") + weight(name + "ff/layer_1/bias")
            inner = 0.5 * inner * (1 + np.tanh(
                math.sqrt(2 / math.pi) * (inner + 0.044715 * inner ** 3)))
            outer = inner @ weight(name + "ff/layer_2/kernel") + weight(name + "ff/layer_2/bias")
            x = _norm(x + outer, weight, name + "ff/LayerNorm/")
        rows.append(x)
    return np.array(rows), np.array(first)


def encoding(distance, width):
    """The vector of a distance: sines of all frequencies, then cosines."""
    angles = [distance / 10000 ** (2 * k / width) for k in range(width // 2)]
    return np.array([math.sin(a) for a in angles] + [math.cos(a) for a in angles])


def _scores(q, k, segments, to_vector, content, position, segment, kinds):
    """[S, S] of one head, in a loop over all pairs."""
    scores = np.zeros([len(q), len(q)])
    for i in range(len(q)):
        for j in range(len(q)):
            vector = encoding(i - j, len(to_vector)) @ to_vector
            kind = kinds[0 if segments[i] == segments[j] else 1]
            scores[i, j] = ((q[i] + content) @ k[j] + (q[i] + position) @ vector
                            + (q[i] + segment) @ kind) / math.sqrt(q.shape[1])
    return scores


def _norm(x, weight, name):
    unit = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return unit * weight(name + "gamma") + weight(name + "beta")
