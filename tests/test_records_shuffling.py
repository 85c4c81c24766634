"""Sorting records by their keys, in memory and over buckets on disk."""
import collections
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.features.windows import shuffle_keys
from bert_nq.records import tfrecord
from bert_nq.records.shuffling import SortingWriter, ordered_record_file, shuffled_record_file

KEYS = st.integers(0, 2 ** 64 - 1) | st.integers(0, 3)
ENTRIES = st.lists(st.tuples(KEYS, st.binary(max_size=6)), max_size=30)


def shuffled(entries, folder, **options):
    with SortingWriter(str(folder), **options) as writer:
        for key, record in entries:
            writer.add(key, record)
        return list(writer.sorted_records())


@given(ENTRIES, st.sampled_from([0, 10, 50, 10 ** 6]), st.sampled_from([1, 3, 6]))
def test_records_come_in_the_order_of_keys_spilled_or_not(tmp_path_factory, entries, memory_bytes,
                                                          bucket_bits):
    folder = tmp_path_factory.mktemp("buckets")
    expected = [record for _, record in sorted(entries)]
    assert shuffled(entries, folder, memory_bytes=memory_bytes,
                    bucket_bits=bucket_bits) == expected
    assert shuffled(entries[::-1], folder, memory_bytes=memory_bytes) == expected


def test_buckets_appear_when_the_memory_is_full(tmp_path):
    with SortingWriter(str(tmp_path), memory_bytes=100, bucket_bits=2) as writer:
        for key in (3 << 62, 0, 2 ** 64 - 1, 1 << 62):
            writer.add(key, b"x" * 25)
        assert os.listdir(str(tmp_path)) == []
        writer.add(5, b"y")
        assert len(os.listdir(str(tmp_path))) == 4
        assert list(writer.sorted_records()) == [b"x" * 25, b"y"] + [b"x" * 25] * 3


def test_memory_is_bounded(tmp_path):
    """The parts that are held at once: at most the memory given, then one bucket at a time."""
    rng = np.random.RandomState(0)
    keys = rng.randint(0, 2 ** 62, 2000).astype(object) * 4
    entries = [(int(key), bytes(100)) for key in keys]
    with SortingWriter(str(tmp_path), memory_bytes=5000, bucket_bits=4) as writer:
        for key, record in entries:
            writer.add(key, record)
        assert writer._pending == []
        for bucket in writer._buckets:
            bucket.flush()
        sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    # 2,000 entries of 112 bytes in 16 buckets: 14,000 bytes each, give or take 5 deviations.
    assert sum(sizes) == 2000 * 112
    assert max(sizes) < 14000 + 5 * 112 * 11


def shuffle_of(n, seed):
    keys = shuffle_keys(seed, 17, np.arange(n)).tolist()
    return [index for _, index in sorted(zip(keys, range(n)))]


def test_every_permutation_is_as_likely_as_any_other():
    counts = collections.Counter(tuple(shuffle_of(4, seed)) for seed in range(4800))
    # 24 permutations, 200 of each expected. Chi-square with 23 degrees of freedom: above 60 once
    # in 30,000.
    assert len(counts) == 24
    assert sum((n - 200) ** 2 / 200.0 for n in counts.values()) < 60


def test_a_record_file_has_all_records_whatever_the_order_they_come_in(tmp_path):
    records = [b"record %d" % i for i in range(500)]
    keys = shuffle_keys(3, 99, np.arange(500)).tolist()
    seen = set()
    for name, step in (("a", 1), ("b", -1)):
        with shuffled_record_file(str(tmp_path / name)) as add:
            for key, record in list(zip(keys, records))[::step]:
                add(key, record)
        seen.add((tmp_path / name).read_bytes())
    assert len(seen) == 1
    written = list(tfrecord.read_records(str(tmp_path / "a")))
    assert sorted(written) == sorted(records)
    assert written != records
    assert sorted(os.listdir(str(tmp_path))) == ["a", "b"]


def test_an_ordered_record_file_keeps_the_order(tmp_path):
    with ordered_record_file(str(tmp_path / "a")) as add:
        for key, record in ((5, b"first"), (1, b"second"), (3, b"third")):
            add(key, record)
    assert list(tfrecord.read_records(str(tmp_path / "a"))) == [b"first", b"second", b"third"]


@pytest.mark.parametrize("record_file", [shuffled_record_file, ordered_record_file])
def test_what_fails_leaves_everything_as_it_was(tmp_path, record_file):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        with record_file(str(tmp_path / "a")) as add:
            for i in range(100):
                add(i, bytes(1 << 20))  # More than is kept in memory.
            raise KeyboardInterrupt
    assert os.listdir(str(tmp_path)) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
