"""The TFRecord container: TensorFlow reads what we write and the other way round."""
import gzip
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.records import tfrecord

PAYLOADS = [b"one record", b"", b"\0" * 5000, bytes(range(256)) * 300]


def write(path, payloads) -> str:
    path.write_bytes(b"".join(map(tfrecord.frame, payloads)))
    return str(path)


def test_a_record_written_out():
    # CRC-32C of "123456789" is 0xE3069283, as every description of it gives.
    rotated = (0xE3069283 >> 15 | 0xE3069283 << 17) & 0xFFFFFFFF
    assert tfrecord.masked_crc(b"123456789") == (rotated + 0xA282EAD8) & 0xFFFFFFFF
    framed = tfrecord.frame(b"123456789")
    assert framed[:8] == b"\x09\0\0\0\0\0\0\0"
    assert framed[12:21] == b"123456789"
    assert framed[21:] == tfrecord.masked_crc(b"123456789").to_bytes(4, "little")
    assert len(framed) == 8 + 4 + 9 + 4


def test_tensorflow_reads_ours(tmp_path):
    import tensorflow.compat.v1 as tf

    path = write(tmp_path / "a.tfrecord", PAYLOADS)
    assert list(tf.python_io.tf_record_iterator(path)) == PAYLOADS
    with tf.Graph().as_default(), tf.Session() as session:
        following = tf.data.make_one_shot_iterator(tf.data.TFRecordDataset(path)).get_next()
        assert [session.run(following) for _ in PAYLOADS] == PAYLOADS


def test_we_read_tensorflows(tmp_path):
    import tensorflow.compat.v1 as tf

    path = str(tmp_path / "a.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for payload in PAYLOADS:
            writer.write(payload)
    assert list(tfrecord.read_records(path)) == PAYLOADS
    assert tfrecord.count_records(path) == len(PAYLOADS)


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_what_was_written_is_read(tmp_path_factory, payloads):
    path = write(tmp_path_factory.mktemp("records") / "a.tfrecord", payloads)
    assert list(tfrecord.read_records(path)) == payloads
    assert tfrecord.count_records(path) == len(payloads)


def failure(function, path):
    with pytest.raises(UserError) as caught:
        result = function(path)
        list(result if hasattr(result, "__next__") else ())
    assert "\n" not in str(caught.value)
    return str(caught.value)


# The second of three records of 3 bytes: length 0-7, its checksum 8-11, payload 12-14, checksum.
RECORD = 8 + 4 + 3 + 4


@pytest.mark.parametrize("place", range(RECORD))
def test_every_byte_is_guarded(tmp_path, place):
    path = write(tmp_path / "a.tfrecord", [b"one", b"two", b"six"])
    data = bytearray((tmp_path / "a.tfrecord").read_bytes())
    data[RECORD + place] ^= 0x40
    (tmp_path / "a.tfrecord").write_bytes(bytes(data))
    what = ("not a TFRecord file, or damaged" if place < 12
            else "the checksum is wrong, the file is damaged; write it again")
    assert failure(tfrecord.read_records, path) == "%s, record 1: %s" % (path, what)
    if place < 12:
        assert failure(tfrecord.count_records, path) == "%s, record 1: %s" % (path, what)
    else:  # Payloads are not looked at.
        assert tfrecord.count_records(path) == 3


@pytest.mark.parametrize("left", range(1, RECORD))
def test_a_file_that_is_cut_off(tmp_path, left):
    path = write(tmp_path / "a.tfrecord", [b"one", b"two"])
    os.truncate(path, RECORD + left)
    message = "%s, record 1: the file is cut off; write it again" % path
    assert failure(tfrecord.read_records, path) == message
    assert failure(tfrecord.count_records, path) == message


@pytest.mark.parametrize("data", [b"[PAD]\n[unused0]\n[unused1]\n", b'{"example_id": 1}\n' * 9,
                                  gzip.compress(b'{"example_id": 1}\n' * 9)],
                         ids=["vocabulary", "shard", "gzipped shard"])
def test_other_files(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    message = "%s/x, record 0: not a TFRecord file, or damaged" % tmp_path
    assert failure(tfrecord.read_records, str(tmp_path / "x")) == message
    assert failure(tfrecord.count_records, str(tmp_path / "x")) == message


def test_a_length_that_no_record_has(tmp_path):
    # With a right checksum, so that only the length itself tells.
    length = (1 << 40).to_bytes(8, "little")
    (tmp_path / "x").write_bytes(length + tfrecord.masked_crc(length).to_bytes(4, "little"))
    for function in (tfrecord.read_records, tfrecord.count_records):
        assert failure(function, str(tmp_path / "x")).endswith("not a TFRecord file, or damaged")


@given(st.lists(st.lists(st.binary(max_size=50), max_size=4), min_size=1, max_size=4),
       st.integers(0, 9))
def test_gzipped_files_of_several_members(tmp_path_factory, members, padding):
    path = tmp_path_factory.mktemp("records") / "name-without-gz.tfrecord"
    path.write_bytes(b"".join(
        gzip.compress(b"".join(map(tfrecord.frame, payloads))) + b"\0" * padding
        for payloads in members))
    payloads = [payload for some in members for payload in some]
    assert list(tfrecord.read_records(str(path))) == payloads
    assert tfrecord.count_records(str(path)) == len(payloads)
    assert tfrecord.is_gzipped(str(path))
    assert tfrecord.count_gzip_members(str(path)) == len(members)


def test_a_name_does_not_make_a_file_gzip(tmp_path):
    path = write(tmp_path / "a.tfrecord.gz", PAYLOADS)
    assert list(tfrecord.read_records(path)) == PAYLOADS
    assert not tfrecord.is_gzipped(path)


def test_we_read_what_tensorflow_compresses(tmp_path):
    import tensorflow.compat.v1 as tf

    path = str(tmp_path / "a.tfrecord")
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.python_io.TFRecordWriter(path, options) as writer:
        for payload in PAYLOADS:
            writer.write(payload)
    assert list(tfrecord.read_records(path)) == PAYLOADS
    assert tfrecord.count_records(path) == len(PAYLOADS)


GZIPPED = gzip.compress(b"".join(map(tfrecord.frame, [b"one", b"two"])))


@pytest.mark.parametrize("left", range(3, len(GZIPPED)))
def test_a_gzipped_file_that_is_cut_off(tmp_path, left):
    (tmp_path / "a").write_bytes(GZIPPED[:left])
    for function in (tfrecord.read_records, tfrecord.count_records):
        # Where gzip's trailer alone is missing, both records were there, and the next one is not.
        assert re.match(re.escape("%s/a, record " % tmp_path) + "[012]: the gzip data are cut off "
                        r"or damaged \(the end is missing\); write it again$",
                        failure(function, str(tmp_path / "a")))


@pytest.mark.parametrize("place", range(len(GZIPPED)))
def test_a_damaged_gzipped_file_is_no_silence(tmp_path, place):
    data = bytearray(GZIPPED)
    data[place] ^= 0x40
    (tmp_path / "a").write_bytes(bytes(data))
    try:
        # Some bits say nothing of the data: of the header, and behind the last code.
        assert list(tfrecord.read_records(str(tmp_path / "a"))) == [b"one", b"two"]
    except UserError as e:
        assert str(e).startswith("%s/a, record " % tmp_path)
    else:
        assert 3 <= place < 10 or place == len(GZIPPED) - 9


def test_an_empty_file_has_no_records(tmp_path):
    path = write(tmp_path / "a.tfrecord", [])
    assert (list(tfrecord.read_records(path)), tfrecord.count_records(path)) == ([], 0)


def test_a_missing_file(tmp_path):
    assert failure(tfrecord.count_records, str(tmp_path / "x")).startswith("cannot read ")
