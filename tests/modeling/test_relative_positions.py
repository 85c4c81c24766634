"""Attention scores by distance, beside a loop over pairs, and the gradients that follow."""
import numpy as np
import pytest

from bert_nq.modeling import attention, relative_positions, runtime
from bert_nq.modeling.relative_positions import Distances
from bert_nq.modeling.runtime import tf
from tests.support import numpy_bert


def test_scores_by_hand():
    # Head size 1, so that sqrt(D) is 1; three positions. Row 2 is of distance 0, row 3 of a query
    # one position behind its key.
    query, key = [[[[1.], [2.], [3.]]]], [[[[10.], [20.], [30.]]]]
    table = [[-2.], [-1.], [5.], [1.], [2.]]
    with tf.Graph().as_default(), tf.Session() as session:
        of_queries, of_both = session.run([
            relative_positions.scores(tf.constant(query), tf.constant(key),
                                      Distances(tf.constant(table), of_keys))
            for of_keys in (False, True)])
    assert of_queries[0, 0].tolist() == [[5, -1, -2], [2, 10, -2], [6, 3, 15]]
    # 10, 20 and 30 times the same vectors, column by column.
    assert of_both[0, 0].tolist() == [[55, -21, -62], [12, 110, -32], [26, 23, 165]]


@pytest.mark.parametrize("of_keys", [False, True])
@pytest.mark.parametrize("length", [1, 2, 6, 7])  # of 7 positions
def test_scores_are_those_of_every_pair(length, of_keys):
    random = np.random.RandomState(length)
    query, key = random.standard_normal([2, 2, 3, length, 4])
    table = random.standard_normal([13, 4])
    expected = [[numpy_bert.by_distance(q, k, of_keys, table) / 2 for q, k in zip(*heads)]
                for heads in zip(query, key)]
    with tf.Graph().as_default(), tf.Session() as session:
        known = relative_positions.scores(tf.constant(query), tf.constant(key),
                                          Distances(tf.constant(table), of_keys))
        places = [tf.placeholder(tf.float64, [None, None, None, 4]) for _ in range(2)]
        # Queries that come times 0.5 already give the same.
        fed = relative_positions.scores(places[0], places[1],
                                        Distances(tf.constant(table), of_keys), 0.5)
        assert known.shape.as_list() == [2, 3, length, length]
        known, fed = session.run([known, fed], {places[0]: 0.5 * query, places[1]: key})
    np.testing.assert_allclose(known, expected, atol=1e-12)
    np.testing.assert_allclose(fed, expected, atol=1e-12)


@pytest.mark.parametrize("with_dropout", [False, True])
def test_gradients_are_those_that_tensorflow_derives_of_every_pair(with_dropout):
    random = np.random.RandomState(0)
    query, key, value, weight = random.standard_normal((4, 2, 3, 5, 4)).astype(np.float32)
    table = random.standard_normal([11, 4]).astype(np.float32)
    adder = np.where(np.arange(5) < np.array([5, 3]).reshape(2, 1, 1, 1), 0, -10000)
    keep = random.rand(2, 3, 5, 5) > 0.4 if with_dropout else None
    pairs = np.arange(5)[:, None] - np.arange(5) + 5
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = [tf.constant(x) for x in (query, key, value, table)]
        adder = tf.constant(adder.astype(np.float32))
        added = relative_positions.scores(inputs[0], inputs[1], Distances(inputs[3], True))
        ours = attention.attend_in_training(
            *inputs[:3], adder, None if keep is None else tf.constant(keep),
            0.6 if with_dropout else 1.0, added)
        vectors = tf.gather(inputs[3], pairs)  # [5, 5, 4]
        scores = (tf.matmul(inputs[0], inputs[1], transpose_b=True)
                  + tf.einsum("bnid,ijd->bnij", inputs[0], vectors)
                  + tf.einsum("bnjd,ijd->bnij", inputs[1], vectors)) / 2 + adder
        kept = tf.nn.softmax(scores) * (keep / np.float32(0.6) if with_dropout else 1)
        theirs = tf.matmul(kept, inputs[2])
        ours, theirs = session.run([
            [y] + [tf.convert_to_tensor(g)
                   for g in tf.gradients(tf.reduce_sum(y * weight), inputs)]
            for y in (ours, theirs)])
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_no_vector_for_each_pair():
    # Of 64 positions and 3 heads of 4: no tensor is larger than the products, [3, 64, 128].
    with tf.Graph().as_default() as graph:
        query, key = (tf.zeros([1, 3, 64, 4]) for _ in range(2))
        table = tf.zeros([127, 4])
        scores = relative_positions.scores(query, key, Distances(table, True))
        tf.gradients(scores, [query, key, table])
        sizes = [x.shape.num_elements() for op in graph.get_operations() for x in op.outputs]
    assert max(size for size in sizes if size is not None) == 3 * 64 * 128


@pytest.mark.parametrize("dtype, tile_depth", [("float32", None), ("bfloat16", None),
                                               ("bfloat16", 6)])
def test_head_by_head_is_the_same(monkeypatch, dtype, tile_depth):
    if dtype == "bfloat16" and not runtime.MULTIPLIES_BFLOAT16:
        pytest.skip("TensorFlow 1.15 has no such product")
    monkeypatch.setattr(runtime, "TILE_DEPTH", tile_depth)
    random = np.random.RandomState(0)
    x, kernel = random.standard_normal([10, 12]), random.standard_normal([12, 36]) / 3
    table = random.standard_normal([11, 4])
    mask = np.arange(5) < np.array([[5], [3]])
    contexts = []
    for by_heads, kind in ((False, "float32"), (True, dtype)):
        with tf.Graph().as_default(), tf.Session() as session:
            attend = attention.SelfAttention(tf.constant(mask), 3, tf.as_dtype(kind), False, 0.0,
                                             by_heads)
            tensors = [tf.constant(each, tf.float32) for each in (kernel, np.zeros(36), table)]
            context = attend(tf.cast(tf.constant(x), kind), tensors[0], tensors[1], None,
                             Distances(tensors[2], True))
            contexts.append(session.run(tf.cast(context, tf.float32)))
    np.testing.assert_allclose(contexts[1], contexts[0], atol=1e-5 if dtype == "float32" else 0.1)
