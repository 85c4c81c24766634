"""Records as batches: all of them, whole, in an order that a seed decides; faulty ones named."""
import collections
import gzip
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.estimator import inputs, record_checks
from bert_nq.features.windows import Labels, Windows
from bert_nq.modeling.runtime import tf
from bert_nq.records import compact, examples, tfrecord
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

SEQ_LENGTH, VOCAB_SIZE = 64, len(tiny_nq.TOKENS)
FEATURES = ("input_ids", "input_mask", "segment_ids", "start_positions", "end_positions",
            "answer_types")


def training_records(num_records, serialize=examples.serialize, **options):
    """Serialized windows of some pages, with and without answer."""
    maker = tiny_nq.window_maker(include_unknowns=1.0, **options)
    found = []
    for i in range(num_records):
        example = decode_example(make_line(tiny_nq.place_page(i, filler=3)), "page %d" % i)
        found.extend(serialize(maker.training_windows(example).windows))
    assert len(set(found)) == len(found)
    return found[:num_records]


def write_records(path, records, compress=bytes):
    path.write_bytes(compress(b"".join(map(tfrecord.frame, records))))
    return str(path)


def rows_of(records):
    """What must come out for each record: a tuple of tuples."""
    parsed = [examples.parse(record, "record") for record in records]
    return [tuple(tuple(features[name].tolist()) for name in FEATURES) for features in parsed]


def batches(paths, num_batches, batch_size, seed=1, seq_length=SEQ_LENGTH, records_done=0,
            input_context=None):
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.training_input_fn(paths, seq_length, seed, records_done)(
            {"batch_size": batch_size}, input_context)
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        assert following["input_ids"].shape.as_list() == [batch_size, seq_length]
        assert following["answer_types"].shape.as_list() == [batch_size]
        assert {tensor.dtype for tensor in following.values()} == {tf.int32}
        session.run(iterator.initializer)
        return [session.run(following) for _ in range(num_batches)]


def rows_in(some_batches):
    columns = [np.concatenate([batch[name] for batch in some_batches]) for name in FEATURES]
    return [tuple(tuple(np.atleast_1d(value).tolist()) for value in row) for row in zip(*columns)]


def test_every_record_comes_once_in_each_pass_and_whole(tmp_path):
    records = training_records(12)
    files = [write_records(tmp_path / "a", records[:4]), write_records(tmp_path / "b", records[4:])]
    got = batches(files, 8, 3)
    first, second = rows_in(got[:4]), rows_in(got[4:])
    assert collections.Counter(first) == collections.Counter(rows_of(records))
    assert collections.Counter(second) == collections.Counter(first)
    assert first != rows_of(records)  # shuffled,
    assert first != second  # and in the second pass anew


def test_a_seed_decides_the_order(tmp_path):
    path = write_records(tmp_path / "records", training_records(12))
    orders = [rows_in(batches([path], 6, 4, seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_batches_are_full_even_where_passes_meet(tmp_path):
    path = write_records(tmp_path / "records", training_records(2))
    got = batches([path], 3, 5)
    assert [len(batch["input_ids"]) for batch in got] == [5, 5, 5]


def test_the_references_records_are_read(tmp_path, shared_data):
    path = tmp_path / "nq-train.tfrecords-00000-of-00001"
    with gzip.open(os.path.join(shared_data, "parity", "reference-train-384.tfrecord.gz")) as f:
        path.write_bytes(f.read())
    records = list(tfrecord.read_records(str(path)))
    record_checks.check_training_records([str(path)], 384, 30522)
    record_checks.find_fault([str(path)], 384, 30522)
    got = batches([str(path)], len(records), 1, seq_length=384)
    assert collections.Counter(rows_in(got)) == collections.Counter(rows_of(records))


def test_compact_records_become_the_same_batches(tmp_path):
    # Windows of 41 and more pieces, in any order: batches are padded to their longest, then to 64.
    made = [list(training_records(12, serialize)) for serialize in (
        examples.serialize, compact.serialize_compact)]
    full, short = (write_records(tmp_path / name, records)
                   for name, records in zip(("full", "compact"), made))
    assert len({sum(row[1]) for row in rows_of(made[0])}) > 1
    assert os.path.getsize(short) < 0.7 * os.path.getsize(full)
    record_checks.check_training_records([short], SEQ_LENGTH, VOCAB_SIZE)
    record_checks.find_fault([short], SEQ_LENGTH, VOCAB_SIZE)
    for batch_size in (1, 5):
        expected, got = (batches([path], 12, batch_size) for path in (full, short))
        assert [sorted(batch) for batch in got] == [sorted(batch) for batch in expected]
        for a, b in zip(expected, got):
            for name in a:
                assert a[name].dtype == b[name].dtype
                np.testing.assert_array_equal(a[name], b[name])


def test_a_piece_with_the_paddings_id_is_a_piece(tmp_path):
    ids = np.array([[5, 0, 6, 0, 0, 6, 0, 0]])
    windows = Windows(np.array([1]), np.array([0]), ids, np.array([6]), 3,
                      Labels(*np.zeros([3, 1], np.int64)), None)
    path = write_records(tmp_path / "records", compact.serialize_compact(windows))
    batch, = batches([path], 1, 1, seq_length=8)
    assert batch["input_ids"].tolist() == ids.tolist()
    assert batch["input_mask"].tolist() == [[1, 1, 1, 1, 1, 1, 0, 0]]
    assert batch["segment_ids"].tolist() == [[0, 0, 0, 1, 1, 1, 0, 0]]


@pytest.mark.parametrize("max_seq_length", [48, 80])
def test_compact_records_of_another_length_are_no_batch(tmp_path, max_seq_length):
    path = write_records(tmp_path / "records", training_records(
        2, compact.serialize_compact, max_seq_length=max_seq_length))
    with pytest.raises(tf.errors.InvalidArgumentError):
        batches([path], 1, 2)


def two_members(data):
    return gzip.compress(data[:1000]) + gzip.compress(data[1000:])


@pytest.mark.parametrize("reads_members", [inputs.READS_GZIP_MEMBERS, False])
@pytest.mark.parametrize("serialize", [examples.serialize, compact.serialize_compact])
def test_gzipped_files_become_the_same_batches(tmp_path, monkeypatch, serialize, reads_members):
    monkeypatch.setattr(inputs, "READS_GZIP_MEMBERS", reads_members)
    records = training_records(16, serialize)
    plain, packed = ([write_records(tmp_path / ("%s-%d" % (name, i)), records[4 * i:4 * i + 4],
                                    compress) for i, compress in enumerate(ways)]
                     for name, ways in (("plain", [bytes] * 4),
                                        ("packed", [gzip.compress, bytes, two_members, bytes])))
    record_checks.check_training_records(packed, SEQ_LENGTH, VOCAB_SIZE)
    assert record_checks.count_records(packed) == 16
    for a, b in zip(batches(plain, 8, 4), batches(packed, 8, 4)):
        for name in FEATURES:
            np.testing.assert_array_equal(a[name], b[name])


def test_prediction_batches_pass_through_in_order():
    made = [dict.fromkeys(record_checks.SEQUENCES, np.full([2, 8], i, np.int32))
            for i in range(3)]
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.prediction_input_fn(lambda: iter(made), 2, 8)(params={})
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        assert following["segment_ids"].shape.as_list() == [2, 8]  # as a TPU wants it
        session.run(iterator.initializer)
        for expected in made:
            batch = session.run(following)
            assert sorted(batch) == sorted(expected)
            for name in expected:
                np.testing.assert_array_equal(batch[name], expected[name])
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(following)


def changed(record, **values):
    """A record with some features in the place of others; None leaves one out."""
    features = examples.parse(record, "record")
    features.update(values)
    message = tf.train.Example()
    for name, value in features.items():
        if value is not None:
            message.features.feature[name].int64_list.value.extend(np.atleast_1d(value).tolist())
    return message.SerializeToString()


def test_good_records_pass(tmp_path):
    path = write_records(tmp_path / "records", training_records(3))
    record_checks.check_training_records([path], SEQ_LENGTH, VOCAB_SIZE)
    record_checks.find_fault([path], SEQ_LENGTH, VOCAB_SIZE)


ONES = np.ones(SEQ_LENGTH, np.int64)


@pytest.mark.parametrize("values, message", [
    ({"input_ids": ONES[:-4], "input_mask": ONES[:-4], "segment_ids": ONES[:-4]},
     "the window has 60 wordpieces, --max_seq_length is 64: give --max_seq_length=60 or prepare "
     "the records again"),
    ({"input_mask": ONES[:-4]},
     "input_ids, input_mask and segment_ids have 64, 60 and 64 entries: prepare the records again"),
    ({"input_ids": ONES * VOCAB_SIZE},
     "wordpiece id %d, the model's vocab_size is %d: the records were made with another vocabulary"
     % (VOCAB_SIZE, VOCAB_SIZE)),
    ({"input_ids": -ONES}, "wordpiece id -1, the model's vocab_size is %d: the records were made "
     "with another vocabulary" % VOCAB_SIZE),
    ({"answer_types": 5}, "answer_types 5, which must be below 5: prepare the records again"),
    ({"end_positions": 64}, "end_positions 64, which must be below 64: prepare the records again"),
    ({"start_positions": [3, 4]},
     "start_positions has 2 values, not one: prepare the records again"),
])
def test_a_record_that_training_cannot_use_is_named(tmp_path, values, message):
    records = training_records(5)
    records[3] = changed(records[3], **values)
    path = write_records(tmp_path / "records", records)
    record_checks.check_training_records([path], SEQ_LENGTH, VOCAB_SIZE)  # It is not the first.
    for check, paths in ((record_checks.find_fault, [path]),
                         (record_checks.check_training_records,
                          [write_records(tmp_path / "first", records[3:])])):
        with pytest.raises(UserError) as e:
            check(paths, SEQ_LENGTH, VOCAB_SIZE)
        index = 3 if paths == [path] else 0
        assert str(e.value) == "%s, record %d: %s" % (paths[0], index, message)


@pytest.mark.parametrize("values, message", [
    ({"window_shape": [6, 80]},
     ": the window has 80 wordpieces, --max_seq_length is 64: give --max_seq_length=80 or prepare "
     "the records again"),
    ({"piece_ids": ONES[:9], "window_shape": [9, 64]}, ": a window of 9 wordpieces, padded to 64, "
     "cannot have a question of 9: prepare the records again"),
    ({"window_shape": None}, " is a compact record without window_shape: prepare the records "
     "again"),
    ({"piece_ids": None}, " is a compact record without piece_ids: prepare the records again"),
    ({"piece_ids": ONES[:60] * VOCAB_SIZE}, ": wordpiece id %d, the model's vocab_size is %d: the "
     "records were made with another vocabulary" % (VOCAB_SIZE, VOCAB_SIZE)),
    ({"end_positions": 64}, ": end_positions 64, which must be below 64: prepare the records "
     "again"),
    ({"end_positions": None}, " has no feature end_positions: these are not records of "
     "prepare_nq_data.py"),
])
def test_a_compact_record_that_training_cannot_use_is_named(tmp_path, values, message):
    records = training_records(3, compact.serialize_compact)
    records[1] = changed(records[1], **values)
    path = write_records(tmp_path / "records", records)
    with pytest.raises(UserError) as e:
        record_checks.find_fault([path], SEQ_LENGTH, VOCAB_SIZE)
    assert str(e.value) == "%s, record 1%s" % (path, message)


def test_full_and_compact_records_do_not_mix(tmp_path):
    full = training_records(3)
    short = training_records(3, compact.serialize_compact)
    paths = [write_records(tmp_path / "a", full), write_records(tmp_path / "b", short)]
    with pytest.raises(UserError) as e:
        record_checks.check_training_records(paths, SEQ_LENGTH, VOCAB_SIZE)
    assert str(e.value) == ("%s, record 0 is a compact record, %s, record 0 a full one: train on "
                            "files of one format" % (paths[1], paths[0]))
    mixed = write_records(tmp_path / "mixed", short[:2] + full[2:])
    record_checks.check_training_records([mixed], SEQ_LENGTH, VOCAB_SIZE)
    with pytest.raises(tf.errors.InvalidArgumentError):
        batches([mixed], 1, 3)
    with pytest.raises(UserError, match="mixed, record 2 is a full record, .*mixed, record 0 a "
                       "compact one: train on files of one format"):
        record_checks.find_fault([mixed], SEQ_LENGTH, VOCAB_SIZE)


@pytest.mark.parametrize("serialize", [examples.serialize, compact.serialize_compact])
def test_prediction_records_are_no_training_records(tmp_path, serialize):
    example = decode_example(make_line(tiny_nq.place_page(0)), "a page")
    windows = tiny_nq.window_maker().prediction_windows(example).windows
    path = write_records(tmp_path / "records", serialize(windows))
    with pytest.raises(UserError, match="records, record 0 has no feature start_positions: these "
                       "are prediction records, and training needs those of --is_training"):
        record_checks.check_training_records([path], SEQ_LENGTH, VOCAB_SIZE)


def test_other_peoples_records_are_no_training_records(tmp_path):
    message = tf.train.Example()
    message.features.feature["label"].int64_list.value.append(1)
    path = write_records(tmp_path / "records", [message.SerializeToString()])
    with pytest.raises(UserError, match="has no feature input_ids: these are not records of "
                       "prepare_nq_data.py"):
        record_checks.check_training_records([path], SEQ_LENGTH, VOCAB_SIZE)


def test_records_are_counted_over_all_files(tmp_path):
    paths = [write_records(tmp_path / "a", [b"x"] * 3), write_records(tmp_path / "b", [b"y"] * 2)]
    assert record_checks.count_records(paths) == 5
    with open(paths[1], "r+b") as f:
        f.truncate(20)
    with pytest.raises(UserError, match="b, record 1: the file is cut off"):
        record_checks.count_records(paths)


def test_every_files_first_record_is_looked_at(tmp_path):
    good = write_records(tmp_path / "good", training_records(1))
    with pytest.raises(UserError, match="empty holds no records"):
        record_checks.check_training_records([good, write_records(tmp_path / "empty", [])],
                                             SEQ_LENGTH, VOCAB_SIZE)
    (tmp_path / "text").write_text("no records at all, but a text")
    with pytest.raises(UserError, match="text, record 0: not a TFRecord file, or damaged"):
        record_checks.check_training_records([good, str(tmp_path / "text")], SEQ_LENGTH, VOCAB_SIZE)


# Going on, and several devices.


def test_a_run_goes_on_with_the_records_that_come_next(tmp_path):
    path = write_records(tmp_path / "records", training_records(12))
    whole = rows_in(batches([path], 8, 4))
    # In the first pass, where two meet, and in the third.
    for steps_done in (1, 3, 7):
        rest = rows_in(batches([path], 8 - steps_done, 4, records_done=4 * steps_done))
        assert rest == whole[4 * steps_done:]


@pytest.mark.parametrize("num_processes, num_devices", [(1, 2), (2, 1), (2, 2)])
def test_devices_share_the_batch_that_one_would_have(tmp_path, num_processes, num_devices):
    path = write_records(tmp_path / "records", training_records(12))
    whole = batches([path], 3, 8)
    size = 8 // (num_processes * num_devices)
    for process in range(num_processes):
        context = tf.distribute.InputContext(num_processes, process, num_processes * num_devices)
        got = batches([path], 3 * num_devices, size, input_context=context)
        for step in range(3):
            mine = rows_in(got[step * num_devices:(step + 1) * num_devices])
            first = process * num_devices * size
            assert mine == rows_in(whole[step:step + 1])[first:first + num_devices * size]
