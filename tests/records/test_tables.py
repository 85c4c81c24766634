"""Records as tables: the numbers that `examples.parse` finds in each, or left to it."""
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.records.examples import parse
from bert_nq.records.tables import read_tables

INT64 = st.one_of(st.integers(-2 ** 63, 2 ** 63 - 1), st.integers(0, 300))
FEATURES = st.dictionaries(st.sampled_from(["a", "input_ids", "segment_ids", "x_1", "a-b"]),
                           st.lists(INT64, max_size=200), max_size=3)


def tensorflows(values):
    """An Example with these int64 lists, as TensorFlow serializes it."""
    import tensorflow.compat.v1 as tf

    return tf.train.Example(features=tf.train.Features(feature={
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
        for name, numbers in values.items()})).SerializeToString()


def as_records(payloads):
    """{row: features as lists} of the records that were read, and the rows of the others."""
    tables, others = read_tables(payloads)
    found = {}
    for some in tables:
        for i, row in enumerate(some.rows.tolist()):
            found[row] = {}
            for name, sizes in some.sizes.items():
                end = sizes[:i + 1].sum()
                found[row][name] = some.values[name][end - sizes[i]:end].tolist()
    assert sorted(list(found) + others) == list(range(len(payloads)))
    return found, others


def test_records_of_the_same_features_are_one_table():
    payloads = [tensorflows(values) for values in (
        {"a": [1, 300, 70000], "b": [7]}, {"c": [-1]}, {"b": [9], "a": [2]})]
    tables, others = read_tables(payloads)
    assert others == []
    first, second = sorted(tables, key=lambda some: len(some.values), reverse=True)
    assert (first.rows.tolist(), second.rows.tolist()) == ([0, 2], [1])
    assert {name: values.tolist() for name, values in first.values.items()} == {
        "a": [1, 300, 70000, 2], "b": [7, 9]}
    assert {name: sizes.tolist() for name, sizes in first.sizes.items()} == {
        "a": [3, 1], "b": [1, 1]}
    assert second.values["c"].tolist() == [-1]


def test_other_forms_are_left_alone():
    # A value that is not packed, an empty message, a feature twice, a name of other signs.
    unpacked = b"\n\x0b\n\x09\n\x01n\x12\x04\x1a\x02\x08\x05"
    entry = b"\n\x0a\n\x01n\x12\x05\x1a\x03\n\x01\x05"
    payloads = [unpacked, b"", b"\n" + bytes([2 * len(entry)]) + entry + entry,
                tensorflows({"a-b": [1]}), tensorflows({"name": [1]})]
    assert parse(unpacked, "x")["n"].tolist() == [5]
    assert as_records(payloads) == ({4: {"name": [1]}}, [0, 1, 2, 3])


@given(st.lists(FEATURES, max_size=5))
def test_what_tensorflow_writes_is_read(records):
    payloads = list(map(tensorflows, records))
    found, others = as_records(payloads)
    for row, values in found.items():
        assert values == records[row]
    for row in others:
        assert not records[row] or "a-b" in records[row] or [] in records[row].values()


@given(st.lists(FEATURES, min_size=1, max_size=3), st.data())
def test_damaged_records_are_read_as_parse_reads_them_or_left_to_it(records, data):
    payloads = list(map(tensorflows, records))
    row = data.draw(st.integers(0, len(payloads) - 1))
    damaged = bytearray(payloads[row] or b"\n")
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    payloads[row] = bytes(damaged)
    found, _ = as_records(payloads)
    for row, values in found.items():
        try:
            expected = parse(payloads[row], "x")
        except UserError:
            raise AssertionError("parse does not take %r" % payloads[row]) from None
        assert values == {name: numbers.tolist() for name, numbers in expected.items()}
        assert all(numbers.dtype == np.int64 for numbers in expected.values())
