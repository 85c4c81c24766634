"""Records that training can use, and those that it cannot, which are named."""
import dataclasses

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.records import examples, tfrecord
from bert_nq.records.training_files import (
    Demands,
    check_first_records,
    count_records,
    find_fault,
)
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

SEQ_LENGTH, VOCAB_SIZE = 64, len(tiny_nq.TOKENS)
DEMANDS = Demands.of(FEATURIZER, SEQ_LENGTH, tiny_nq.CONFIG)


def training_records(num_records):
    """Serialized windows of some pages, with and without answer."""
    maker = tiny_nq.window_maker(include_unknowns=1.0)
    found = []
    for i in range(num_records):
        example = decode_example(make_line(tiny_nq.place_page(i, filler=3)), "page %d" % i)
        found.extend(tiny_nq.serialized(maker.training(example).rows))
    return found[:num_records]


def write_records(path, records):
    path.write_bytes(b"".join(map(tfrecord.frame, records)))
    return str(path)


def changed(record, **values):
    """A record with some features in the place of others; None leaves one out."""
    import tensorflow.compat.v1 as tf

    features = examples.parse(record, "record")
    features.update(values)
    message = tf.train.Example()
    for name, value in features.items():
        if value is not None:
            message.features.feature[name].int64_list.value.extend(np.atleast_1d(value).tolist())
    return message.SerializeToString()


ONES = np.ones(SEQ_LENGTH, np.int64)


@pytest.mark.parametrize("values", [
    {}, {"unique_ids": None}, {"token_map": ONES}, {"more": 7},
    # Whatever a model does with such a mask, it can be trained with it.
    {"input_mask": 0 * ONES}])
def test_good_records_pass(tmp_path, values):
    path = write_records(tmp_path / "records",
                         [changed(record, **values) for record in training_records(3)])
    check_first_records([path], DEMANDS)
    find_fault([path], DEMANDS)


@pytest.mark.parametrize("values, message", [
    ({"input_ids": ONES[:-4], "input_mask": ONES[:-4], "segment_ids": ONES[:-4]},
     ": the window has 60 wordpieces, --max_seq_length is 64: give --max_seq_length=60 or prepare "
     "the records again"),
    ({"input_mask": ONES[:-4]},
     ": input_mask has 60 values, input_ids 64: prepare the records again"),
    ({"input_ids": ONES * VOCAB_SIZE}, ": wordpiece id %d, ids are from 0 to %d: the records were "
     "made with another vocabulary" % (VOCAB_SIZE, VOCAB_SIZE - 1)),
    ({"input_ids": -ONES}, ": wordpiece id -1, ids are from 0 to %d: the records were made with "
     "another vocabulary" % (VOCAB_SIZE - 1)),
    ({"segment_ids": ONES * 7},
     ": segment_ids 7, which must be from 0 to 1: prepare the records again"),
    ({"answer_types": 5}, ": answer_types 5, which must be from 0 to 4: prepare the records again"),
    ({"end_positions": 64},
     ": end_positions 64, which must be from 0 to 63: prepare the records again"),
    ({"start_positions": [3, 4]},
     ": start_positions has 2 values, not one: prepare the records again"),
    ({"end_positions": None},
     " has no feature end_positions: these are not records of prepare_nq_data.py"),
    ({"piece_ids": ONES[:9], "window_shape": [6, 64], "input_ids": None, "input_mask": None,
      "segment_ids": None}, " is a compact record, and these are no longer read: prepare the "
     "records again, without --compact"),
])
def test_a_record_that_training_cannot_use_is_named(tmp_path, values, message):
    records = training_records(5)
    records[3] = changed(records[3], **values)
    path = write_records(tmp_path / "records", records)
    check_first_records([path], DEMANDS)  # It is not the first.
    for check, paths in ((find_fault, [path]),
                         (check_first_records, [write_records(tmp_path / "first", records[3:])])):
        with pytest.raises(UserError) as e:
            check(paths, DEMANDS)
        index = 3 if paths == [path] else 0
        assert str(e.value) == "%s, record %d%s" % (paths[0], index, message)


def test_the_models_segments_are_the_records_limit(tmp_path):
    path = write_records(tmp_path / "records", training_records(1))
    one_segment = dataclasses.replace(tiny_nq.CONFIG, type_vocab_size=1)
    with pytest.raises(UserError) as e:
        check_first_records([path], Demands.of(FEATURIZER, SEQ_LENGTH, one_segment))
    assert str(e.value) == ("%s, record 0: segment_ids 1, which must be from 0 to 0: prepare the "
                            "records again" % path)


def test_the_first_fault_is_told_whatever_comes_behind_it(tmp_path):
    records = training_records(300)
    records[270] = b"no example"
    framed = list(map(tfrecord.frame, records))
    framed[280] = framed[280][:-1] + b"!"
    path = tmp_path / "records"
    path.write_bytes(b"".join(framed))
    with pytest.raises(UserError, match="records, record 270: not a tf.train.Example$"):
        find_fault([str(path)], DEMANDS)
    path.write_bytes(b"".join(framed[:270] + framed[271:]))
    with pytest.raises(UserError, match="records, record 279: the checksum is wrong"):
        find_fault([str(path)], DEMANDS)


def test_prediction_records_are_no_training_records(tmp_path):
    example = decode_example(make_line(tiny_nq.place_page(0)), "a page")
    windows = tiny_nq.window_maker().prediction(example).rows
    path = write_records(tmp_path / "records", tiny_nq.serialized(windows))
    with pytest.raises(UserError, match="records, record 0 has no feature start_positions: these "
                       "are prediction records, and training needs those of --is_training"):
        check_first_records([path], DEMANDS)


def test_other_peoples_records_are_no_training_records(tmp_path):
    import tensorflow.compat.v1 as tf

    message = tf.train.Example()
    message.features.feature["label"].int64_list.value.append(1)
    path = write_records(tmp_path / "records", [message.SerializeToString()])
    with pytest.raises(UserError, match="has no feature input_ids: these are not records of "
                       "prepare_nq_data.py"):
        check_first_records([path], DEMANDS)


def test_records_are_counted_over_all_files(tmp_path):
    paths = [write_records(tmp_path / "a", [b"x"] * 3), write_records(tmp_path / "b", [b"y"] * 2)]
    assert count_records(paths) == 5
    with open(paths[1], "r+b") as f:
        f.truncate(20)
    with pytest.raises(UserError, match="b, record 1: the file is cut off"):
        count_records(paths)


def test_every_files_first_record_is_looked_at(tmp_path):
    good = write_records(tmp_path / "good", training_records(1))
    with pytest.raises(UserError, match="empty holds no records"):
        check_first_records([good, write_records(tmp_path / "empty", [])], DEMANDS)
    (tmp_path / "text").write_text("no records at all, but a text")
    with pytest.raises(UserError, match="text, record 0: not a TFRecord file, or damaged"):
        check_first_records([good, str(tmp_path / "text")], DEMANDS)
