"""Weights for a BERT that is trained from nothing on little text.

Pretraining teaches a BERT, before anything else, to look at the words beside a word and at other
places of the same word. A small encoder without pretraining spends most of its data on finding that
out, so these weights begin with it, in the manner of mimetic initialisation (Trockman and Kolter
2023, arXiv:2305.09828): attention heads of the first layers start as products of query and key
kernels that score a pair of wordpieces by their distance, or by being the same. Everything else is
drawn as usual, and everything is trained.

One half of the hidden dimensions starts with the position (sinusoids, Vaswani et al. 2017, section
3.5), the other half with the wordpiece. Notation: H hidden size, D head size.
"""
from typing import Dict, List, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders import bert_names
from bert_nq.modeling.encoders.bert_config import ABSOLUTE, BertConfig

# For each layer, the two kinds of heads: an offset in wordpieces to look at, or the same piece.
SAME = None
_PATTERNS = [(-1, SAME), (-1, +1)]
# Sharpness: the score of the best match, over the square root of D, is about half of this
# factor times D.
_OFFSET_SHARPNESS = 3.0
_SAME_SHARPNESS = 1.0
# Wavelengths of the sinusoids go from 2 pi to about this many times 2 pi.
_LONGEST = 100.0
# Share of the word embeddings' standard deviation in the dimensions of the position.
_LEAK = 0.1


def initial_weights(config: BertConfig, seed: int) -> Dict[str, np.ndarray]:
    """All variables of an encoder, by name, float32.

    Args:
      config: two heads a layer, or a multiple of that; head size a multiple of 4.
      seed: of the random part.

    Raises:
      UserError: the heads do not fit, or positions are not absolute.
    """
    if config.encoder != BertConfig.encoder:
        raise UserError("initial weights are made for BERT, not for %s: without --init_checkpoint "
                        "training starts such a model at random" % config.encoder)
    if config.has_distances:
        raise UserError("initial weights are made for position_embedding_type %r, not %r: without "
                        "--init_checkpoint training starts such a model at random"
                        % (ABSOLUTE, config.position_embedding_type))
    if config.num_attention_heads % 2 or config.head_size % 4:
        raise UserError("initial weights need an even number of attention heads and a head size "
                        "that is a multiple of 4, not %d and %d"
                        % (config.num_attention_heads, config.head_size))
    random = np.random.RandomState(seed)
    weights = _random_weights(config, random)
    width, half = config.hidden_size, config.hidden_size // 2
    frequencies = _LONGEST ** (-np.arange(half // 2) / (half / 2.0))
    scale = np.sqrt(2.0) * config.initializer_range
    words = weights["bert/embeddings/word_embeddings"]
    words[:, :half] *= _LEAK
    words[:, half:] *= np.sqrt(2.0)
    positions = np.zeros([config.max_position_embeddings, width])
    angles = np.arange(len(positions))[:, None] * frequencies
    positions[:, 0:half:2], positions[:, 1:half:2] = np.sin(angles), np.cos(angles)
    weights["bert/embeddings/position_embeddings"] = np.sqrt(2.0) * scale * positions
    for layer, pattern in enumerate(_PATTERNS[:config.num_hidden_layers]):
        name = "bert/encoder/layer_%d/attention/self/%%s/kernel" % layer
        for head in range(config.num_attention_heads):
            columns = slice(head * config.head_size, (head + 1) * config.head_size)
            offset = pattern[head % 2]
            query, key = (_same_word(config, random) if offset is SAME
                          else _at_offset(config, offset, frequencies, head))
            weights[name % "query"][:, columns] += query
            weights[name % "key"][:, columns] += key
    return {name: np.asarray(value, np.float32) for name, value in weights.items()}


def _random_weights(config: BertConfig, random: np.random.RandomState) -> Dict[str, np.ndarray]:
    """The usual initial values of an encoder's variables, drawn by numpy.

    TensorFlow would draw other numbers in each of its releases.
    """
    weights = {}
    for name, shape in sorted(bert_names.variables(config).items()):
        if name.endswith("gamma"):
            weights[name] = np.ones(shape)
        elif name.endswith(("bias", "beta")):
            weights[name] = np.zeros(shape)
        else:
            weights[name] = config.initializer_range * _truncated_normal(shape, random)
    return weights


def _truncated_normal(shape: Tuple[int, ...], random: np.random.RandomState) -> np.ndarray:
    """Normal numbers, those beyond two standard deviations drawn again."""
    values = random.standard_normal(shape)
    while True:
        outside = np.abs(values) > 2
        if not outside.any():
            return values
        values[outside] = random.standard_normal(int(outside.sum()))


def _same_word(config: BertConfig, random: np.random.RandomState) -> List[np.ndarray]:
    """Query and key kernels [H, D] that compare D of the wordpiece's dimensions."""
    half = config.hidden_size // 2
    kernel = np.zeros([config.hidden_size, config.head_size])
    chosen = half + random.permutation(half)[:config.head_size]
    kernel[chosen, np.arange(len(chosen))] = np.sqrt(_SAME_SHARPNESS)
    return [kernel, kernel]


def _at_offset(config: BertConfig, offset: int, frequencies: np.ndarray,
               head: int) -> List[np.ndarray]:
    """Query and key kernels [H, D] whose product is largest `offset` wordpieces away.

    Each sinusoid is a plane of two dimensions; a step of the position turns it by its frequency.
    """
    planes = np.arange(len(frequencies))
    planes = planes[head % 2::max(1, 2 * len(planes) // config.head_size)][:config.head_size // 2]
    query, key = np.zeros([2, config.hidden_size, config.head_size])
    for i, plane in enumerate(planes):
        # (sin a, cos a) times this turn is (sin (a + angle), cos (a + angle)).
        angle = frequencies[plane] * offset
        rows, columns = slice(2 * plane, 2 * plane + 2), slice(2 * i, 2 * i + 2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        query[rows, columns] = np.sqrt(_OFFSET_SHARPNESS) * turn
        key[rows, columns] = np.sqrt(_OFFSET_SHARPNESS) * np.eye(2)
    return [query, key]
