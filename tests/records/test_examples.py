"""Rows of features as serialized tf.train.Example messages, against TensorFlow's own."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.features.joint_windows import SPEC
from bert_nq.features.spec import Feature, names
from bert_nq.features.windows import Labels, Windows
from bert_nq.records.examples import parse, serialize
from tests.support.tiny_nq import LABELS, WINDOWS, serialized

INT64 = st.integers(-2 ** 63, 2 ** 63 - 1)

TOKEN_MAP = np.array([[-1, -1, -1, 70, 40000, 16384, -1, -1], [-1, -1, -1, 0, -1, -1, -1, -1]])

COMMON = [
    {"unique_ids": [-7], "input_ids": [101, 105, 102, 2000, 127, 128, 102, 0],
     "input_mask": [1, 1, 1, 1, 1, 1, 1, 0], "segment_ids": [0, 0, 0, 1, 1, 1, 1, 0]},
    {"unique_ids": [2 ** 63 - 1], "input_ids": [101, 105, 102, 40000, 102, 0, 0, 0],
     "input_mask": [1, 1, 1, 1, 1, 0, 0, 0], "segment_ids": [0, 0, 0, 1, 1, 0, 0, 0]}]
OF_LABELS = [{"start_positions": [4], "end_positions": [5], "answer_types": [3]},
             {"start_positions": [0], "end_positions": [0], "answer_types": [0]}]
OF_MAP = [{"token_map": row} for row in TOKEN_MAP.tolist()]


def as_lists(features):
    assert all(values.dtype == np.int64 for values in features.values())
    return {name: values.tolist() for name, values in features.items()}


CASES = [(WINDOWS, [{}, {}]), (WINDOWS._replace(labels=LABELS), OF_LABELS),
         (WINDOWS._replace(token_map=TOKEN_MAP), OF_MAP)]


@pytest.mark.parametrize("windows, more", CASES)
def test_what_was_serialized_is_parsed(windows, more):
    expected = [dict(common, **own) for common, own in zip(COMMON, more)]
    assert [as_lists(parse(record, "x")) for record in serialized(windows)] == expected


@pytest.mark.parametrize("windows, more", CASES)
def test_the_order_of_features_is_the_references(windows, more):
    expected = [list(common) + list(own) for common, own in zip(COMMON, more)]
    assert [list(parse(record, "x")) for record in serialized(windows)] == expected


@pytest.mark.parametrize("windows, more", CASES)
def test_tensorflow_parses_ours(windows, more):
    import tensorflow.compat.v1 as tf

    for record, common, own in zip(serialized(windows), COMMON, more):
        features = tf.train.Example.FromString(record).features.feature
        assert {name: list(f.int64_list.value) for name, f in features.items()} == dict(common,
                                                                                         **own)
    with tf.Graph().as_default(), tf.Session() as session:
        shapes = {name: tf.FixedLenFeature([len(values)], tf.int64)
                  for name, values in dict(COMMON[0], **more[0]).items()}
        parsed = session.run(tf.parse_example(serialized(windows), shapes))
    for name, values in parsed.items():
        assert values.tolist() == [dict(c, **o)[name] for c, o in zip(COMMON, more)]


@given(INT64, st.lists(INT64, min_size=1, max_size=20), st.data())
def test_any_int64_survives(unique_id, ids, data):
    row = np.array([ids], np.int64)
    token_map = np.array([data.draw(st.lists(INT64, min_size=len(ids), max_size=len(ids)))],
                         np.int64)
    labels = Labels(*(np.array([data.draw(INT64)]) for _ in range(3)))
    windows = Windows(np.array([unique_id]), np.array([0]), row, np.array([len(ids)]), 1, labels,
                      token_map)
    features = as_lists(parse(serialized(windows)[0], "x"))
    assert features["unique_ids"] == [unique_id]
    assert features["input_ids"] == ids
    assert features["token_map"] == token_map[0].tolist()
    assert features["end_positions"] == labels.end_positions.tolist()


@st.composite
def rows_of_any_spec(draw):
    """A spec and columns of a few rows, with numbers of all sizes, or bools."""
    names = draw(st.lists(st.text("abc_", min_size=1, max_size=4), unique=True, max_size=5))
    num, size = draw(st.integers(0, 3)), draw(st.integers(1, 6))
    spec, columns = [], {}
    for name in names:
        shape = draw(st.sampled_from(["scalar", "sequence"]))
        spec.append(Feature(name, shape, draw(st.sampled_from(["key", "input", "label"]))))
        numbers = draw(st.sampled_from([INT64, st.integers(-1, 40000), st.integers(0, 1)]))
        total = num if shape == "scalar" else num * size
        values = np.array(draw(st.lists(numbers, min_size=total, max_size=total)), np.int64)
        if shape == "sequence":
            values = values.reshape(num, size)
            if not ((values < 0) | (values > 1)).any():
                values = values.astype(draw(st.sampled_from([np.int64, bool])))
        columns[name] = values
    return tuple(spec), columns, num


@given(rows_of_any_spec())
def test_rows_of_any_spec_are_written_read_and_parsed_by_tensorflow(made):
    import tensorflow.compat.v1 as tf

    spec, columns, num = made
    records = list(serialize(spec, columns))
    assert len(records) == (num if spec else 0)
    expected = [{name: np.atleast_1d(columns[name][row]).tolist() for name in names(spec)}
                for row in range(len(records))]
    parsed = [parse(record, "x") for record in records]
    assert list(map(as_lists, parsed)) == expected
    assert [tuple(features) for features in parsed] == [names(spec)] * len(records)
    if records:
        shapes = {name: tf.FixedLenFeature(columns[name].shape[1:], tf.int64)
                  for name in names(spec)}
        with tf.Graph().as_default(), tf.Session() as session:
            theirs = session.run(tf.io.parse_example(records, shapes))
        for name in names(spec):
            assert theirs[name].tolist() == columns[name].astype(np.int64).tolist()


def test_a_feature_that_is_not_among_the_columns_is_no_silence():
    with pytest.raises(KeyError, match="token_map"):
        list(serialize(SPEC, WINDOWS._replace(labels=LABELS).columns()))


@given(st.dictionaries(st.text(max_size=5), st.lists(INT64, max_size=6), max_size=4))
def test_we_parse_tensorflows(values):
    import tensorflow.compat.v1 as tf

    example = tf.train.Example(features=tf.train.Features(feature={
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
        for name, numbers in values.items()}))
    assert as_lists(parse(example.SerializeToString(), "x")) == values


def test_values_that_are_not_packed():
    # Int64List { 1: 5, 1: -1 }, each with a tag of its own, as proto2 writes them.
    int64_list = b"\x08\x05" + b"\x08" + b"\xff" * 9 + b"\x01"
    feature = b"\x1a" + bytes([len(int64_list)]) + int64_list
    entry = b"\x0a\x01n" + b"\x12" + bytes([len(feature)]) + feature
    features = b"\x0a" + bytes([len(entry)]) + entry
    assert as_lists(parse(b"\x0a" + bytes([len(features)]) + features, "x")) == {"n": [5, -1]}


def test_features_of_other_types():
    import tensorflow.compat.v1 as tf

    example = tf.train.Example(features=tf.train.Features(feature={
        "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"a"]))}))
    with pytest.raises(UserError) as caught:
        parse(example.SerializeToString(), "a.tfrecord, record 3")
    assert str(caught.value) == "a.tfrecord, record 3: the feature 'text' is not a list of int64"


RECORD, _ = serialized(WINDOWS._replace(labels=LABELS))


@pytest.mark.parametrize("left", range(1, len(RECORD)))
def test_messages_that_are_cut_off(left):
    with pytest.raises(UserError) as caught:
        parse(RECORD[:left], "x")
    assert str(caught.value) == "x: not a tf.train.Example"


@given(st.binary(max_size=60) | st.tuples(
    st.integers(0, len(RECORD)), st.binary(min_size=1, max_size=4)).map(
        lambda t: RECORD[:t[0]] + t[1] + RECORD[t[0] + len(t[1]):]))
def test_any_bytes_are_parsed_or_refused_in_one_line(payload):
    try:
        features = parse(payload, "x")
    except UserError as e:
        assert str(e).startswith("x: ")
        assert "\n" not in str(e)
    else:
        assert all(values.dtype == np.int64 and values.ndim == 1 for values in features.values())
