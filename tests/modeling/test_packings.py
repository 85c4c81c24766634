"""Packings: where [CLS] and the document are in windows, as heads are told of it."""
import numpy as np

from bert_nq.modeling import encoders, models, packings
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.heads import joint, pooling, position_outputs, span, window_outputs
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.runtime import tf
from tests.support import tiny_nq
from tests.support.encoding import INPUTS


def run(tensors):
    with tf.Session() as session:
        return session.run(tensors)


def test_berts_document_is_the_second_segment_without_its_separator():
    # [CLS] question [SEP] document [SEP] padding; the second window has no padding.
    segments = [[0, 0, 0, 1, 1, 1, 0], [0, 0, 1, 1, 1, 1, 1]]
    with tf.Graph().as_default():
        found = run(packings.BERT.places({"segment_ids": tf.constant(segments, tf.int32)}))
    assert found["cls_positions"].tolist() == [0, 0]
    assert found["document_mask"].astype(int).tolist() == [[0, 0, 0, 1, 1, 0, 0],
                                                           [0, 0, 1, 1, 1, 1, 0]]


def test_all_that_a_head_does_sees_the_places(monkeypatch):
    seen = []

    def note(features):
        seen.append(features["cls_positions"].op.name)
        return features["cls_positions"]

    head = joint.HEAD._replace(build=lambda encoded, features, pass_: note(features),
                               loss=lambda logits, features: note(features),
                               outputs=lambda logits, features, options: note(features))
    monkeypatch.setattr(models.heads, "find", lambda name: head)
    with tf.Graph().as_default():
        features = dict.fromkeys(INPUTS, tf.ones([2, 3], tf.int32))
        models.build_logits(tiny_nq.MODEL, features, Pass())
        models.loss(tiny_nq.MODEL, None, features)
        models.outputs(tiny_nq.MODEL, None, features, None)
    assert len(seen) == 3 and "cls_positions" not in features
    assert encoders.of(tiny_nq.CONFIG).packing is packings.BERT


# [document] [SEP] [question] [CLS] with padding before and behind.
CLS = [4, 5]
FEATURES = {"input_mask": [[1, 1, 1, 1, 1, 0], [0, 1, 1, 1, 1, 1]],
            "document_mask": [[1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0]]}
START = np.array([[1, 2, 9, 9, 5, 9], [9, 3, 1, 9, 9, 7]], np.float32)
END = np.array([[0, 4, 9, 9, 6, 9], [9, 2, 8, 9, 9, 1]], np.float32)


def features_elsewhere():
    return {"input_mask": tf.constant(FEATURES["input_mask"], tf.int32),
            "document_mask": tf.constant(FEATURES["document_mask"]) > 0,
            "cls_positions": tf.constant(CLS, tf.int32)}


def test_the_span_head_finds_no_answer_elsewhere():
    with tf.Graph().as_default():
        found = run(span.outputs(span.Logits(tf.constant(START), tf.constant(END)),
                                 features_elsewhere(), position_outputs.PositionOptions(2)))
    assert found["null_start_logits"].tolist() == [5, 7]
    assert found["null_end_logits"].tolist() == [6, 1]


def test_the_joint_head_finds_document_and_no_answer_elsewhere():
    options = window_outputs.OutputOptions(num_spans=4, num_positions=9)
    with tf.Graph().as_default():
        logits = joint.Logits(tf.constant(START), tf.constant(END), tf.zeros([2, 5]))
        found = run(joint.outputs(logits, features_elsewhere(), options))
    # 0-1: 1 + 4, 1-1: 2 + 4, 0-0: 1; 1-1: 3 + 2, 1-2: 3 + 8, 2-2: 1 + 8.
    nothing = float(np.float32(NO_SPAN))
    assert found["span_scores"].tolist() == [[6, 5, 1, nothing], [11, 9, 5, nothing]]
    assert found["span_starts"].tolist() == [[1, 0, 0, 0], [1, 2, 1, 0]]
    assert found["span_ends"].tolist() == [[1, 1, 0, 0], [2, 2, 1, 0]]
    assert found["null_scores"].tolist() == [11, 8]
    # All positions but that of [CLS], the best first.
    assert found["start_positions"].tolist() == [[2, 3, 5, 1, 0], [0, 3, 4, 1, 2]]


def test_a_vector_for_the_whole_sequence_is_that_of_cls():
    sequence = np.random.RandomState(0).normal(size=[2, 6, 4]).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        pooled = pooling.of_cls(tf.constant(sequence), tf.constant(CLS))
        session.run(tf.global_variables_initializer())
        kernel, found = session.run([tf.trainable_variables()[0], pooled])
    np.testing.assert_allclose(found, np.tanh(sequence[[0, 1], CLS].dot(kernel)), atol=1e-6)
