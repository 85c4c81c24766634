"""The joint head: its loss against numpy, and outputs that are those of their definition."""
import numpy as np
import pytest

from bert_nq.datasets.nq.example import AnswerType
from bert_nq.modeling import packings
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import joint
from bert_nq.modeling.heads import window_outputs as outputs
from bert_nq.modeling.heads.joint import Logits
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.heads.window_outputs import OutputOptions, WindowOutputs
from bert_nq.modeling.runtime import tf


def run(start, end, types, mask, segments, options, packing=packings.BERT):
    """A WindowOutputs, computed in a session."""
    with tf.Graph().as_default(), tf.Session() as session:
        logits = Logits(*(tf.constant(a, tf.float32) for a in (start, end, types)))
        features = packings.with_places(packing, {
            "input_mask": tf.constant(mask, tf.int32),
            "segment_ids": tf.constant(segments, tf.int32)})
        return WindowOutputs(**session.run(joint.outputs(logits, features, options)))


def segments_and_mask(query_lengths, lengths, width):
    columns = np.arange(width)[None, :]
    mask = columns < np.array(lengths)[:, None]
    return (mask.astype(int),
            (mask & (columns >= np.array(query_lengths)[:, None])).astype(int))


def check(ours, expected):
    for name, a, b in zip(WindowOutputs._fields, ours, expected):
        assert a.dtype == b.dtype and a.shape == b.shape, name
        if "log_z" in name or a.dtype == np.float32:
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("options", [
    OutputOptions(), OutputOptions(num_spans=1, num_positions=1, max_answer_length=1),
    OutputOptions(num_spans=7, num_positions=50, max_answer_length=100),
    OutputOptions(num_spans=5000, num_positions=3, max_answer_length=4)])
@pytest.mark.parametrize("ties", [False, True])
def test_the_graph_is_its_definition(options, ties):
    random = np.random.RandomState(7)
    for width in (12, 32, 40):
        query_lengths = random.randint(2, 8, size=9)
        # From one document piece to none of padding.
        lengths = np.append(random.randint(query_lengths[:7] + 2, width + 1), [width] * 2)
        lengths[0] = query_lengths[0] + 2
        mask, segments = segments_and_mask(query_lengths, lengths, width)
        if ties:  # of which there are many among four numbers
            start, end = random.randint(-1, 3, size=[2, 9, width])
        else:
            start, end = random.normal(scale=5, size=[2, 9, width]).astype(np.float32)
        types = random.normal(size=[9, 5]).astype(np.float32)
        check(run(start, end, types, mask, segments, options),
              outputs.from_logits(start, end, types, mask, segments, options))


@pytest.mark.parametrize("ties", [False, True])
def test_the_graph_is_its_definition_in_the_order_of_xlnet(ties):
    random = np.random.RandomState(8)
    document = np.array([1, 4, 9, 5])[:, None]  # pieces; then <sep>, two of the question, <sep>
    places, cls = np.arange(16), document + 4
    segments = ((places > document).astype(int) + (places >= cls) + (places > cls))
    start, end = (random.randint(-1, 3, size=[2, 4, 16]) if ties
                  else random.normal(scale=5, size=[2, 4, 16]).astype(np.float32))
    arguments = (start, end, random.normal(size=[4, 5]).astype(np.float32),
                 (places <= cls).astype(int), segments, OutputOptions(9, 6, 4))
    check(run(*arguments, packing=packings.XLNET),
          outputs.from_logits(*arguments, cls=cls[:, 0], document=places < document))


def test_spans_by_hand():
    # [CLS] question [SEP] and three document pieces at 3, 4, 5, then [SEP] and padding.
    mask, segments = segments_and_mask([3], [7], 9)
    start = [[1, 9, 9, 2, 0, 1, 9, 9, 9]]
    end = [[2, 9, 9, 0, 3, 3, 9, 9, 9]]
    found = run(start, end, [[0, 1, 2, 3, 4]], mask, segments,
                OutputOptions(num_spans=6, num_positions=2, max_answer_length=2))
    # 3-4: 2 + 3. 5-5: 1 + 3. 4-4 and 4-5: 0 + 3. 3-3: 2. 3-5 is too long. No sixth.
    assert found.span_starts.tolist() == [[3, 5, 4, 4, 3, 0]]
    assert found.span_ends.tolist() == [[4, 5, 4, 5, 3, 0]]
    assert found.span_scores.tolist() == [[5, 4, 3, 3, 2, np.float32(NO_SPAN)]]
    assert found.null_scores.tolist() == [3]
    # Best starts and ends are of all positions but 0.
    assert found.start_positions.tolist() == [[1, 2]]
    assert found.end_logits.tolist() == [[9, 9]]
    assert found.type_logits.tolist() == [[0, 1, 2, 3, 4]]
    # Padding counts for nothing in the sums.
    assert found.start_log_z[0] == pytest.approx(
        np.log(np.exp([1, 9, 9, 2, 0, 1, 9]).sum()), abs=1e-5)


def test_logits_far_from_zero_keep_their_sums():
    mask, segments = segments_and_mask([2, 2], [6, 6], 6)
    start = np.array([[500.0] * 6, [-500.0] * 6], np.float32)
    found = run(start, -start, np.zeros([2, 5]), mask, segments, OutputOptions(num_spans=1))
    np.testing.assert_allclose(found.start_log_z, [500 + np.log(6), -500 + np.log(6)], rtol=1e-6)
    assert found.span_scores.tolist() == [[0.0], [0.0]]
    found.check_finite()


def test_types_variables_and_chance():
    assert len(AnswerType) == joint.NUM_TYPES
    with tf.Graph().as_default():
        encoded = Encoded(tf.zeros([2, 7, 4]), tf.zeros([2, 4]))
        logits = joint.HEAD.build(encoded, {}, Pass())
        assert [x.shape.as_list() for x in logits] == [[2, 7], [2, 7], [2, 5]]
        assert tuple(v.op.name for v in tf.global_variables()) == joint.HEAD.variables
    assert joint.HEAD.chance(384) == {"start_loss": np.log(384), "end_loss": np.log(384)}


def cross_entropy(logits, labels):
    """Mean of -log softmax(logits)[label], in float64."""
    logits = np.asarray(logits, np.float64)
    log_probabilities = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_probabilities[np.arange(len(labels)), labels])


def losses_of(start, end, answer_type, starts, ends, types):
    """The loss and the scalars."""
    with tf.Graph().as_default(), tf.Session() as session:
        logits = Logits(*(tf.constant(x, tf.float32) for x in (start, end, answer_type)))
        features = {"start_positions": tf.constant(starts), "end_positions": tf.constant(ends),
                    "answer_types": tf.constant(types)}
        return session.run(joint.loss(logits, features))


def loss_of(*logits_and_labels):
    return losses_of(*logits_and_labels)[0]


def test_without_knowledge_it_is_the_mean_of_the_logarithms_of_the_choices():
    # 8 positions twice and 5 types: (log 8 + log 8 + log 5) / 3.
    zeros = np.zeros([2, 8])
    loss = loss_of(zeros, zeros, np.zeros([2, 5]), [0, 7], [3, 7], [0, 4])
    np.testing.assert_allclose(loss, (2 * np.log(8) + np.log(5)) / 3, rtol=1e-6)


def test_it_equals_numpy_on_random_logits():
    random = np.random.RandomState(1)
    start, end, types = (5 * random.randn(6, n) for n in (20, 20, 5))
    labels = random.randint(0, 20, 6), random.randint(0, 20, 6), random.randint(0, 5, 6)
    expected = (cross_entropy(start, labels[0]) + cross_entropy(end, labels[1])
                + cross_entropy(types, labels[2])) / 3
    np.testing.assert_allclose(loss_of(start, end, types, *labels), expected, rtol=1e-5)


def test_padding_has_its_share_of_the_softmax():
    # As in the reference: of 3 pieces and 5 paddings with logits 0, the answer gets log 8.
    loss = loss_of(np.zeros([1, 8]), np.zeros([1, 8]), [[0, 0, 0, 99, 0]], [1], [2], [3])
    np.testing.assert_allclose(loss, 2 * np.log(8) / 3, rtol=1e-6)


def test_its_parts_and_the_shares_of_right_answers_are_told():
    # Starts: 1 of 4 right, ends: 2, types: 3 (the first of equal logits counts as the answer).
    start, end = 3 * np.eye(4, 6), 3 * np.eye(4, 6)
    types = [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 2, 2, 0, 0]]
    labels = [0, 0, 0, 0], [0, 1, 5, 5], [0, 4, 0, 2]
    loss, scalars = losses_of(start, end, types, *labels)
    parts = [cross_entropy(x, y) for x, y in zip((start, end, types), labels)]
    assert scalars == pytest.approx({
        "start_loss": parts[0], "end_loss": parts[1], "type_loss": parts[2],
        "start_accuracy": 0.25, "end_accuracy": 0.5, "type_accuracy": 0.75}, rel=1e-5)
    np.testing.assert_allclose(loss, np.mean(parts), rtol=1e-6)
