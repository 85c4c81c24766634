"""What leaves the graph is what outputs.from_logits says."""
import numpy as np
import pytest

from bert_nq.decoding import outputs
from bert_nq.decoding.outputs import NO_SPAN, OutputOptions, WindowOutputs
from bert_nq.estimator.model import Logits
from bert_nq.modeling.runtime import tf
from bert_nq.prediction import graph


def run(start, end, types, mask, segments, options):
    """A WindowOutputs, computed in a session."""
    with tf.Graph().as_default(), tf.Session() as session:
        logits = Logits(*(tf.constant(a, tf.float32) for a in (start, end, types)))
        features = {"input_mask": tf.constant(mask, tf.int32),
                    "segment_ids": tf.constant(segments, tf.int32)}
        return WindowOutputs(**session.run(graph.window_outputs(logits, features, options)))


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


def test_weighted_mean_of_logits():
    with tf.Graph().as_default(), tf.Session() as session:
        first, second = (Logits(*(tf.constant(value, tf.float32) for value in values))
                         for values in (([[1, 2]], [[0, 4]], [[8]]), ([[5, 2]], [[4, 0]], [[0]])))
        mean = session.run(graph.averaged([first, second], [1.0, 3.0]))
        # 1/4 of the first and 3/4 of the second.
        assert [value.tolist() for value in mean] == [[[4, 2]], [[3, 1]], [[2]]]
        alone = session.run(graph.averaged([first], [0.1]))
        assert [value.tolist() for value in alone] == [[[1, 2]], [[0, 4]], [[8]]]
