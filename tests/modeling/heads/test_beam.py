"""The beam head: by hand, beside enumeration and a definition in numpy, and beside transformers."""
import os

import numpy as np
import pytest

from bert_nq.estimator.member_graphs import averaged
from bert_nq.modeling import huggingface, packings
from bert_nq.modeling.encoders import Encoded, Pass, head_names
from bert_nq.modeling.heads import beam, beam_by_gold_start, beam_outputs
from bert_nq.modeling.heads.beam_outputs import BeamOptions, BeamOutputs
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.runtime import tf

WIDTH, LENGTH, BATCH = 6, 9, 4
# [CLS] question [SEP], the document and [SEP]; or the other way round, with [CLS] at the end.
SEGMENTS = (np.arange(LENGTH) >= 3) & (np.arange(LENGTH) < np.array([[9], [8], [6], [5]]))


def random_weights(seed=0, scale=0.7):
    random = np.random.RandomState(seed)
    shapes = {"start_logits/dense/kernel": (WIDTH, 1), "start_logits/dense/bias": (1,),
              "end_logits/dense_0/kernel": (2 * WIDTH, WIDTH), "end_logits/dense_0/bias": (WIDTH,),
              "end_logits/LayerNorm/beta": (WIDTH,), "end_logits/LayerNorm/gamma": (WIDTH,),
              "end_logits/dense_1/kernel": (WIDTH, 1), "end_logits/dense_1/bias": (1,),
              "answer_class/dense_0/kernel": (2 * WIDTH, WIDTH),
              "answer_class/dense_0/bias": (WIDTH,), "answer_class/dense_1/kernel": (WIDTH, 1)}
    return {name: random.normal(scale=scale, size=shape) for name, shape in shapes.items()}


def layer_norm(x, gamma, beta):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + 1e-12) * gamma + beta


def defined(w, h, allowed, cls):
    """Start logits [N, S], ends [N, S, S] of each start, the class by the mean [N] and at every
    position [N, S], from the formulas alone: all pairs are made."""
    number, length, width = h.shape
    start = (h.dot(w["start_logits/dense/kernel"]) + w["start_logits/dense/bias"])[:, :, 0]
    start = np.where(allowed, start, -1e30)
    pairs = np.concatenate([np.broadcast_to(h[:, None, :, :], [number, length, length, width]),
                            np.broadcast_to(h[:, :, None, :], [number, length, length, width])],
                           axis=-1)
    x = layer_norm(np.tanh(pairs.dot(w["end_logits/dense_0/kernel"])
                           + w["end_logits/dense_0/bias"]),
                   w["end_logits/LayerNorm/gamma"], w["end_logits/LayerNorm/beta"])
    ends = (x.dot(w["end_logits/dense_1/kernel"]) + w["end_logits/dense_1/bias"])[..., 0]
    ends = np.where(allowed[:, None, :], ends, -1e30)
    p = np.exp(start - start.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)

    def class_of(states):
        of_cls = np.broadcast_to(h[np.arange(number), cls][:, None], states.shape)
        return np.tanh(np.concatenate([states, of_cls], -1).dot(w["answer_class/dense_0/kernel"])
                       + w["answer_class/dense_0/bias"]).dot(w["answer_class/dense_1/kernel"])[
                           ..., 0]

    return start, ends, class_of((p[:, :, None] * h).sum(axis=1, keepdims=True))[:, 0], class_of(h)


def windows(cls_last):
    """Vectors [N, S, H], and where [CLS] and the document are."""
    h = np.random.RandomState(5).normal(size=[BATCH, LENGTH, WIDTH])
    with tf.Graph().as_default(), tf.Session() as session:
        places = session.run(packings.BERT.places({"segment_ids": tf.constant(
            SEGMENTS.astype(np.int32))}))
    document, cls = places["document_mask"], places["cls_positions"]
    if cls_last:
        document, cls = document[:, ::-1], np.full([BATCH], LENGTH - 1, np.int32)
    allowed = document.copy()
    allowed[np.arange(BATCH), cls] = True
    return h, document, cls, allowed


def built(weights, h, document, cls, **options):
    """The Logits in the default graph, with such weights, and features."""
    features = {"document_mask": tf.constant(document), "cls_positions": tf.constant(cls, tf.int32)}
    logits = beam.build(Encoded(tf.constant(h, tf.float32), None), features, Pass(**options))
    assert {v.op.name for v in tf.trainable_variables()} == set(beam.VARIABLES) == set(weights)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    for variable in tf.trainable_variables():
        assert variable.shape.as_list() == list(weights[variable.op.name].shape)
        variable.load(weights[variable.op.name], session)
    return logits, features, session


def outputs_of(weights, h, document, cls, options, **pass_options):
    with tf.Graph().as_default():
        logits, features, session = built(weights, h, document, cls, **pass_options)
        return BeamOutputs(**session.run(beam.outputs(logits, features, options)))


@pytest.mark.parametrize("cls_last", [False, True])
@pytest.mark.parametrize("options", [BeamOptions(), BeamOptions(1, 1), BeamOptions(2, 3),
                                     BeamOptions(12, 20)])
@pytest.mark.parametrize("pass_options", [{}, {"use_tpu": True}])
def test_the_graph_is_its_definition(cls_last, options, pass_options):
    weights = random_weights()
    h, document, cls, allowed = windows(cls_last)
    found = outputs_of(weights, h, document, cls, options, **pass_options)
    start, ends, of_class, _ = defined(weights, h, allowed, cls)
    expected = beam_outputs.from_logits(start, ends, of_class, allowed, options)
    for name, a, b in zip(BeamOutputs._fields, found, expected):
        assert a.dtype == b.dtype and a.shape == b.shape, name
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4, err_msg=name)


def test_with_as_many_as_there_are_pieces_it_is_enumeration():
    """All pairs with their log-probabilities: a start's softmax times that of the end given it.

    The head of transformers lists ends before starts, so that pairs are of other starts than their
    ends were made for, and adds up probabilities instead of their logarithms.
    """
    weights = random_weights(3, scale=2.0)
    h, document, cls, allowed = windows(False)
    found = outputs_of(weights, h, document, cls, BeamOptions(LENGTH, LENGTH))
    start, ends, _, _ = defined(weights, h, allowed, cls)
    for n in range(BATCH):
        p_start = np.exp(start[n] - start[n].max())
        p_start /= p_start.sum()
        expected = {}
        for i in np.flatnonzero(allowed[n]):
            p_end = np.exp(ends[n, i] - ends[n, i].max())
            p_end /= p_end.sum()
            expected.update({(i, j): np.log(p_start[i] * p_end[j])
                             for j in np.flatnonzero(allowed[n])})
        ours = {}
        for number, (end_log_prob, end) in enumerate(zip(found.end_log_probs[n],
                                                         found.end_positions[n])):
            place = number // LENGTH  # start-major
            if end_log_prob > NO_SPAN:
                ours[found.start_positions[n, place], end] = (found.start_log_probs[n, place]
                                                              + end_log_prob)
        assert ours == pytest.approx(expected, rel=1e-4, abs=1e-4)
        # The last piece of the document can be an answer: Google's XLNet never takes it.
        last = np.flatnonzero(document[n])[-1]
        assert (last, last) in ours
        # The sum over all pairs is 1.
        assert np.exp(list(ours.values())).sum() == pytest.approx(1, rel=1e-4)


def test_no_vector_of_end_and_start_together_is_made():
    """Of 2H numbers for each pair: it would be the largest tensor of the model."""
    weights = random_weights()
    h, document, cls, _ = windows(False)
    with tf.Graph().as_default() as tf_graph:
        logits, features, _ = built(weights, h, document, cls)
        beam.outputs(logits, features, BeamOptions(3, 2))
        shapes = [tensor.shape.as_list() for op in tf_graph.get_operations()
                  for tensor in op.outputs if tensor.shape.ndims is not None]
    assert [BATCH, 3, LENGTH, WIDTH] in shapes
    assert not any(len(shape) > 2 and shape[-1] == 2 * WIDTH for shape in shapes)
    assert [BATCH * 3 * LENGTH, 2 * WIDTH] not in shapes


def test_spans_by_hand():
    """One start per window is worth more than another; ends depend on it."""
    logits = np.log([[0.5, 1e-30, 0.3, 0.2]]).astype(np.float32)
    of_starts = np.log([[[0.7, 1e-30, 0.2, 0.1], [0.25] * 4, [0.1, 1e-30, 0.4, 0.5],
                         [0.4, 1e-30, 0.5, 0.1]]]).astype(np.float32)

    def ends(starts):
        return tf.gather(tf.constant(of_starts[0]), starts)

    with tf.Graph().as_default(), tf.Session() as session:
        found = BeamOutputs(**session.run(beam.outputs(beam.Logits(
            tf.constant(logits), tf.constant([0.25]), ends, None), {}, BeamOptions(3, 2))))
    assert found.start_positions.tolist() == [[0, 2, 3]]
    # Ends 0 and 2 of start 0, 3 and 2 of start 2, 2 and 0 of start 3.
    assert found.end_positions.tolist() == [[0, 2, 3, 2, 2, 0]]
    np.testing.assert_allclose(np.exp(found.start_log_probs), [[0.5, 0.3, 0.2]], rtol=1e-5)
    np.testing.assert_allclose(np.exp(found.end_log_probs), [[0.7, 0.2, 0.5, 0.4, 0.5, 0.4]],
                               rtol=1e-5)
    assert found.class_logits.tolist() == [0.25]


def test_a_window_without_document_has_no_answer_alone():
    weights = random_weights()
    h, document, cls, _ = windows(False)
    found = outputs_of(weights, h, document & False, cls, BeamOptions(2, 2))
    nothing = float(np.float32(NO_SPAN))
    assert found.start_log_probs.tolist() == [[0, nothing]] * BATCH
    assert found.end_log_probs.tolist() == [[0, nothing, nothing, nothing]] * BATCH
    assert not found.end_positions.any()
    found.check_finite()


def cross_entropy(logits, labels):
    top = logits.max(axis=-1, keepdims=True)
    log_probs = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
    return -log_probs[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize("by_gold_start", [False, True])
def test_loss(by_gold_start):
    """(start + end) / 2 + class / 2: ends given the labelled start; [CLS] is labelled for none."""
    weights = random_weights(1)
    h, document, cls, allowed = windows(False)
    starts, ends = np.array([4, 0, 3, 0]), np.array([6, 0, 4, 0])
    is_null = np.array([0.0, 1.0, 0.0, 1.0])
    head = beam_by_gold_start.HEAD if by_gold_start else beam.HEAD
    with tf.Graph().as_default():
        logits, features, session = built(weights, h, document, cls, is_training=True)
        features = dict(features, start_positions=tf.constant(starts),
                        end_positions=tf.constant(ends))
        loss, scalars = session.run(head.loss(logits, features))
    start, of_ends, of_class, class_at = defined(weights, h, allowed, cls)
    rows = np.arange(BATCH)
    if by_gold_start:
        of_class = class_at[rows, starts]
    losses = (cross_entropy(start, starts), cross_entropy(of_ends[rows, starts], ends),
              np.mean(np.log1p(np.exp(np.where(is_null, -of_class, of_class)))))
    assert loss == pytest.approx((losses[0] + losses[1]) / 2 + losses[2] / 2, rel=1e-4)
    assert [scalars[name] for name in ("start_loss", "end_loss", "class_loss")] == pytest.approx(
        losses, rel=1e-4)
    assert scalars["class_accuracy"] == np.mean((of_class > 0) == is_null)
    assert beam.HEAD.chance(384) == {} and len(beam.HEAD.labels) == 3


def test_gradients_reach_all_weights_and_dropout_is_the_same_for_a_seed():
    weights = random_weights(1)
    h, document, cls, _ = windows(False)
    with tf.Graph().as_default():
        seed = tf.placeholder(tf.int64, [])
        logits, features, session = built(weights, h, document, cls, is_training=True, seed=seed,
                                          head_dropout=0.5)
        loss, _ = beam.loss(logits, dict(features, start_positions=tf.constant([4, 0, 3, 0]),
                                         end_positions=tf.constant([5, 0, 4, 0])))
        variables = tf.trainable_variables()
        gradients = tf.gradients(loss, variables)
        one, again, other = (session.run(logits.answer_class, {seed: s}) for s in (1, 1, 2))
        values = session.run(gradients, {seed: 1})
    assert (one == again).all() and (one != other).any()
    # What all places of a softmax have in common changes nothing; the others have slopes.
    assert {variable.op.name for variable, value in zip(variables, values)
            if np.abs(value).max() < 1e-6} <= {
                "start_logits/dense/bias", "end_logits/LayerNorm/beta", "end_logits/dense_1/bias"}


def test_the_mean_of_several_models_is_of_ends_given_the_same_start():
    h, document, cls, allowed = windows(False)
    starts = np.array([[4, 0], [3, 4], [5, 3], [0, 3]])
    both, expected = [], []
    with tf.Graph().as_default(), tf.Session() as session:
        for seed in range(2):
            with tf.variable_scope("member_%d" % seed):
                both.append(beam.build(Encoded(tf.constant(h, tf.float32), None), {
                    "document_mask": tf.constant(document), "cls_positions": tf.constant(cls)},
                    Pass()))
            weights = random_weights(seed)
            expected.append(np.take_along_axis(defined(weights, h, allowed, cls)[1],
                                               starts[:, :, None], 1))
        session.run(tf.global_variables_initializer())
        for variable in tf.trainable_variables():
            seed, name = variable.op.name.split("/", 1)
            variable.load(random_weights(int(seed[-1]))[name], session)
        found = session.run(averaged(both, [1.0, 3.0]).ends(tf.constant(starts, tf.int32)))
    # 1/4 of the first and 3/4 of the second.
    np.testing.assert_allclose(found, 0.25 * expected[0] + 0.75 * expected[1], rtol=1e-4,
                               atol=1e-4)


@pytest.mark.parametrize("head", [beam, beam_by_gold_start])
def test_its_choices_are_those_of_its_loss(head):
    weights = random_weights()
    h, document, cls, allowed = windows(False)
    labels = np.array([4, 0, 3, 0])
    mask = np.arange(LENGTH) < 7
    with tf.Graph().as_default():
        logits, features, session = built(weights, h, document, cls)
        found = head.HEAD.distributions(logits, dict(
            features, start_positions=tf.constant(labels),
            input_mask=tf.constant(np.tile(mask, [BATCH, 1]).astype(np.int32))))
        logits_of = session.run({name: choice.logits for name, choice in found.items()})
        is_real = session.run(found["start"].is_real)
    start, ends, by_mean, by_start = defined(weights, h, allowed, cls)
    rows = np.arange(BATCH)
    of_class = by_mean if head is beam else by_start[rows, labels]
    assert sorted(found) == ["class", "end", "start"]
    np.testing.assert_allclose(logits_of["start"], start, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(logits_of["end"], ends[rows, labels], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(logits_of["class"], np.stack([0 * of_class, of_class], 1),
                               rtol=1e-4, atol=1e-4)
    assert (is_real == mask).all() and found["class"].is_real is None


def test_the_variables_have_names_of_hugging_face_for_every_encoder():
    named = dict(head_names.HEADS, **head_names.TRANSPOSED)
    assert all(name in named for name in beam.VARIABLES)
    assert set(head_names.TRANSPOSED) == {
        name for name in beam.VARIABLES if name.endswith("/kernel")}


@pytest.mark.parametrize("side", ["left", "right"])
def test_it_is_that_of_transformers(shared_data, side):
    """XLNetForQuestionAnswering, given what the encoder computed."""
    folder = os.path.join(shared_data, "parity", "encoders", "xlnet-qa-%s-padded" % side)
    golden = np.load(os.path.join(folder, "golden.npz"))
    theirs = huggingface.read_safetensors(os.path.join(folder, "model.safetensors"))
    weights = {name: theirs[head_names.HEADS[name]] if name in head_names.HEADS
               else theirs[head_names.TRANSPOSED[name]].T for name in beam.VARIABLES}
    cls, rows = golden["cls_index"], np.arange(3)
    document = golden["p_mask"] == 0
    assert document[rows, cls].all()
    document[rows, cls] = False
    with tf.Graph().as_default():
        logits, features, session = built(weights, golden["sequence"], document, cls)
        loss, _ = beam.loss_of(
            logits, logits.class_at(tf.constant(golden["start_positions"], tf.int32)),
            tf.constant(golden["start_positions"]), tf.constant(golden["end_positions"]),
            tf.constant(golden["is_impossible"], tf.int32))
        ends = logits.ends(tf.constant(golden["top_starts"], tf.int32))
        start, ends, of_class, loss, best = session.run([
            logits.start, ends, logits.answer_class, loss,
            beam.outputs(logits, features, BeamOptions(3, 2))])
    np.testing.assert_allclose(start, golden["start_logits"], rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(ends, golden["end_logits_of_top_starts"], rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(of_class, golden["answer_class_of_mean_start"], atol=1e-5)
    np.testing.assert_allclose(loss, golden["hf_loss_with_gold_start_state"][0], atol=1e-5)
    assert best["start_positions"].tolist() == golden["top_starts"].tolist()
