"""Compact records: small, and exactly the full ones once they are expanded."""
import gzip
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.windows import Labels, Windows
from bert_nq.records import tfrecord
from bert_nq.records.compact import COMPACT, FULL, expand, record_format, serialize_compact
from bert_nq.records.examples import parse, serialize
from tests.support import tiny_nq
from tests.support.nq_pages import make_line
from tests.support.tiny_nq import LABELS, WINDOWS

INT64 = st.integers(-2 ** 63, 2 ** 63 - 1)

TOKEN_MAP = np.array([[-1, -1, -1, 70, 40000, -1, -1, -1], [-1, -1, -1, 0, -1, -1, -1, -1]])

COMMON = [{"unique_ids": [-7], "piece_ids": [101, 105, 102, 2000, 127, 128, 102],
           "window_shape": [3, 8]},
          {"unique_ids": [2 ** 63 - 1], "piece_ids": [101, 105, 102, 40000, 102],
           "window_shape": [3, 8]}]
OF_LABELS = [{"start_positions": [4], "end_positions": [5], "answer_types": [3]},
             {"start_positions": [0], "end_positions": [0], "answer_types": [0]}]
OF_MAP = [{"piece_tokens": [71, 40001, 0]}, {"piece_tokens": [1]}]


def as_lists(features):
    assert all(values.dtype == np.int64 for values in features.values())
    return {name: values.tolist() for name, values in features.items()}


def assert_expands(windows):
    """Every compact record of `windows` expands to what the full one has."""
    short, full = list(serialize_compact(windows)), list(serialize(windows))
    assert len(short) == len(full) == len(windows.indexes)
    for a, b in zip(short, full):
        stored, expected = parse(a, "x"), parse(b, "x")
        assert (record_format(stored), record_format(expected)) == (COMPACT, FULL)
        assert as_lists(expand(stored, "x")) == as_lists(expected)
        assert len(a) < len(b)


@pytest.mark.parametrize("windows, more", [
    (WINDOWS, [{}, {}]), (WINDOWS._replace(labels=LABELS), OF_LABELS),
    (WINDOWS._replace(token_map=TOKEN_MAP), OF_MAP)])
def test_a_record_written_out(windows, more):
    import tensorflow.compat.v1 as tf

    expected = [dict(common, **own) for common, own in zip(COMMON, more)]
    records = list(serialize_compact(windows))
    assert [as_lists(parse(record, "x")) for record in records] == expected
    for record, features in zip(records, expected):
        message = tf.train.Example.FromString(record).features.feature
        assert {name: list(f.int64_list.value) for name, f in message.items()} == features
    assert_expands(windows)


@st.composite
def windows_of_any_kind(draw):
    """Windows of any numbers, in the shape that windows have."""
    num, query = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    # The question, then the document's pieces, none perhaps, and a [SEP].
    lengths = draw(st.lists(st.integers(query + 1, query + 6), min_size=num, max_size=num))
    seq_length = max(lengths) + draw(st.integers(0, 3))
    numbers = st.one_of(INT64, st.integers(-1, 300))
    input_ids = np.zeros([num, seq_length], np.int64)
    token_map = np.full([num, seq_length], -1, np.int64)
    for row, length in enumerate(lengths):
        input_ids[row, :length] = [draw(numbers) for _ in range(length)]
        token_map[row, query:length - 1] = [draw(numbers) for _ in range(query, length - 1)]
    labels = Labels(*np.array(draw(st.lists(numbers, min_size=3 * num, max_size=3 * num)),
                              np.int64).reshape(3, num))
    return Windows(np.array(draw(st.lists(INT64, min_size=num, max_size=num)), np.int64),
                   np.arange(num), input_ids, np.array(lengths), query,
                   draw(st.sampled_from([None, labels])),
                   draw(st.sampled_from([None, token_map])))


@given(windows_of_any_kind())
def test_windows_of_any_numbers_expand_to_the_full_ones(windows):
    assert_expands(windows)


@pytest.mark.parametrize("max_seq_length", [48, 96])
def test_windows_of_pages_expand_to_the_full_ones(max_seq_length):
    maker = tiny_nq.window_maker(include_unknowns=1.0, max_seq_length=max_seq_length)
    for i in range(8):
        example = decode_example(make_line(tiny_nq.place_page(i, filler=i)), "page %d" % i)
        assert_expands(maker.training_windows(example).windows)
        assert_expands(maker.prediction_windows(example).windows)


@pytest.mark.parametrize("kind", ["train", "predict"])
def test_the_references_windows_can_be_made_compact(tmp_path, shared_data, kind):
    path = tmp_path / "reference.tfrecord"
    with gzip.open(os.path.join(shared_data, "parity",
                                "reference-%s-512.tfrecord.gz" % kind)) as f:
        path.write_bytes(f.read())
    full_bytes = compact_bytes = 0
    for record in tfrecord.read_records(str(path)):
        features = parse(record, "x")
        length = features["input_mask"].sum()
        windows = Windows(
            features["unique_ids"], np.array([0]), features["input_ids"][None], length[None],
            int(length - features["segment_ids"].sum()),
            Labels(*(features[name] for name in Labels._fields)) if kind == "train" else None,
            features["token_map"][None] if kind == "predict" else None)
        assert_expands(windows)
        full_bytes += len(record)
        compact_bytes += len(next(serialize_compact(windows)))
    assert compact_bytes < (0.6 if kind == "train" else 0.65) * full_bytes


GOOD = {"piece_ids": [101, 105, 102, 7, 102], "window_shape": [3, 8], "piece_tokens": [1]}


@pytest.mark.parametrize("changes, message", [
    ({"piece_ids": None}, " is a compact record without piece_ids"),
    ({"window_shape": None}, " is a compact record without window_shape"),
    ({"window_shape": [3]}, ": window_shape has 1 values, not two"),
    ({"window_shape": [3, 4]}, ": a window of 5 wordpieces, padded to 4, cannot have a question of "
     "3"),
    ({"window_shape": [5, 8]}, ": a window of 5 wordpieces, padded to 8, cannot have a question of "
     "5"),
    ({"window_shape": [0, 8]}, ": a window of 5 wordpieces, padded to 8, cannot have a question of "
     "0"),
    ({"window_shape": [3, 2 ** 62]}, ": a window of 5 wordpieces, padded to %d, cannot have a "
     "question of 3" % 2 ** 62),
    ({"piece_tokens": [1, 2]}, ": piece_tokens has 2 values, the window 1 wordpieces of the "
     "document"),
])
def test_features_that_are_no_window(changes, message):
    features = {name: np.array(values, np.int64) for name, values in dict(GOOD, **changes).items()
                if values is not None}
    with pytest.raises(UserError) as e:
        expand(features, "a.tfrecord, record 3")
    assert str(e.value) == "a.tfrecord, record 3%s: prepare the records again" % message
