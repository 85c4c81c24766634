"""The positions that attention heads look at before any training, from the weights alone."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.encoders.bert_initialisation import initial_weights

CONFIG = BertConfig(vocab_size=50, hidden_size=64, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=32, max_position_embeddings=40, type_vocab_size=2)


@pytest.fixture(scope="module")
def weights():
    return initial_weights(CONFIG, seed=3)


def scores(weights, layer, head, ids):
    """Attention scores [S, S] of a head on the sum of word and position embeddings of `ids`."""
    x = (weights["bert/embeddings/word_embeddings"][ids]
         + weights["bert/embeddings/position_embeddings"][:len(ids)])
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    name = "bert/encoder/layer_%d/attention/self/%%s/kernel" % layer
    columns = slice(32 * head, 32 * head + 32)
    query, key = (x @ weights[name % part][:, columns] for part in ("query", "key"))
    return query @ key.T / np.sqrt(32)


@pytest.mark.parametrize("layer, head, offset", [(0, 0, -1), (1, 0, -1), (1, 1, +1)])
def test_heads_begin_with_a_neighbour(weights, layer, head, offset):
    by_position = scores(weights, layer, head, np.arange(40))
    by_offset = {d: np.diagonal(by_position, d).mean() for d in range(-6, 7)}
    assert max(by_offset, key=by_offset.get) == offset


def test_a_head_begins_with_the_same_word(weights):
    # Word 7 stands at 2 and at 20, far apart; all other words differ.
    ids = np.arange(10, 40)
    ids[2] = ids[20] = 7
    row = scores(weights, 0, 1, ids)[20]
    assert set(np.argsort(-row)[:2]) == {2, 20}


def test_the_same_seed_gives_the_same_weights(weights):
    again = initial_weights(CONFIG, seed=3)
    assert sorted(again) == sorted(weights)
    for name in weights:
        np.testing.assert_array_equal(again[name], weights[name])


def test_heads_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="even number of attention heads"):
        initial_weights(BertConfig(vocab_size=50, hidden_size=63, num_attention_heads=3), seed=0)
