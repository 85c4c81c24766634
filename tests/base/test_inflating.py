"""Decompressing sound and damaged gzip files."""
import gzip
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.inflating import Inflated

# Text that compresses, and bytes that do not.
PARTS = st.lists(st.binary(max_size=300) | st.text("ab ", max_size=3000).map(str.encode),
                 min_size=1, max_size=4)


def inflate(data, size):
    stream = Inflated(io.BytesIO(data))
    chunks = list(stream.chunks(size))
    assert all(1 <= len(chunk) <= size for chunk in chunks)
    return b"".join(chunks), stream.fault


@given(PARTS, st.sampled_from([1, 2, 7, 100, 5000]), st.integers(0, 20))
def test_members_and_padding(parts, size, padding):
    data = b"".join(gzip.compress(part) + b"\0" * padding for part in parts)
    assert inflate(data, size) == (b"".join(parts), None)


@given(PARTS, st.sampled_from([1, 7, 5000]), st.data())
def test_a_truncated_file_is_read_up_to_its_end(parts, size, data):
    whole = b"".join(map(gzip.compress, parts[:-1]))
    last = gzip.compress(parts[-1])
    left = data.draw(st.integers(1, len(last) - 1))
    given_out, fault = inflate(whole + last[:left], size)
    assert fault == "the end is missing"
    assert b"".join(parts).startswith(given_out)
    assert given_out.startswith(b"".join(parts[:-1]))
    if left >= len(last) - 8:  # Only the checksum and the length are missing.
        assert given_out == b"".join(parts)


def test_no_data_of_a_large_truncated_file_are_lost():
    text = b"".join(b"line %d\n" % random.Random(0).getrandbits(64) for _ in range(100000))
    data = gzip.compress(text, 1)
    given_out, fault = inflate(data[:-8], 1 << 18)
    assert (given_out, fault) == (text, "the end is missing")


def test_no_member_at_all():
    assert inflate(b"", 10) == (b"", None)
    assert inflate(b"\0" * 500000, 10) == (b"", None)


@pytest.mark.parametrize("damage", [
    lambda data: data[:-8] + b"\0\0\0\0" + data[-4:],
    lambda data: data[:20] + b"\xff" * 20 + data[40:],
    lambda data: data + b"rubbish behind the end",
    lambda data: b"rubbish" + data,
])
def test_damage_is_a_fault(damage):
    text = bytes(range(256)) * 4
    given_out, fault = inflate(damage(gzip.compress(text)), 100)
    assert fault
    assert text.startswith(given_out)
