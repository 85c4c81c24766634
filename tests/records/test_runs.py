"""Runs: records sorted by their keys, in memory and over spills on disk, and merged."""
import collections
import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.features.draws import shuffle_keys
from bert_nq.records import runs

KEYS = st.integers(0, 2 ** 64 - 1) | st.integers(0, 3)
ENTRIES = st.lists(st.tuples(KEYS, st.binary(max_size=6)), max_size=30)
BUCKET = 1 << 64 - runs.BUCKET_BITS  # Keys that a bucket has.


def write_run(path, entries, **options):
    with open(str(path), "wb") as out:
        writer = runs.RunWriter(out, **options)
        for entry in entries:
            writer.add(*entry)
        writer.finish()
    return runs.Run(str(path))


def shuffled(some_runs, num_shards=1, **options):
    """The records of each shard."""
    return [list(runs.merge_shuffled(some_runs, *runs.buckets_of(shard, num_shards), **options))
            for shard in range(num_shards)]


@given(st.lists(ENTRIES, max_size=4), st.sampled_from([0, 10, 50, 10 ** 6]),
       st.sampled_from([1, 100, 10 ** 6]))
def test_a_merge_sorts_by_key_and_record(tmp_path_factory, lists, written_at, read_at):
    folder = tmp_path_factory.mktemp("runs")
    some_runs = [write_run(folder / str(i), entries, memory_bytes=written_at)
                 for i, entries in enumerate(lists)]
    expected = [record for _, record in sorted(entry for entries in lists for entry in entries)]
    assert shuffled(some_runs, memory_bytes=read_at) == [expected]
    assert shuffled(some_runs[::-1], memory_bytes=read_at) == [expected]


@given(ENTRIES, st.integers(1, 9))
def test_shards_are_ranges_of_keys(tmp_path_factory, entries, num_shards):
    run = write_run(tmp_path_factory.mktemp("runs") / "a", entries)
    by_shard = [[record for key, record in sorted(entries)
                 if runs.shard_of(key, num_shards) == shard] for shard in range(num_shards)]
    assert shuffled([run], num_shards) == by_shard


@given(st.integers(1, 1000))
def test_buckets_are_divided_among_shards(num_shards):
    bounds = [runs.buckets_of(shard, num_shards) for shard in range(num_shards)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == runs.BUCKETS
    assert [end for _, end in bounds[:-1]] == [first for first, _ in bounds[1:]]
    assert {end - first for first, end in bounds} <= {runs.BUCKETS // num_shards,
                                                      runs.BUCKETS // num_shards + 1}
    for shard, (first, end) in enumerate(bounds):
        assert runs.shard_of(first * BUCKET, num_shards) == shard
        assert runs.shard_of(end * BUCKET - 1, num_shards) == shard


def test_spills_are_written_when_the_memory_is_full():
    out = io.BytesIO()
    writer = runs.RunWriter(out, memory_bytes=100)
    for key in (3 * BUCKET, 0, 1):
        writer.add(key, bytes(40))
        # 120 bytes are more than 100: the third record makes a spill, of 3 * (8 + 4 + 40) bytes.
    assert len(out.getvalue()) == 156
    writer.add(5, b"y")
    assert len(out.getvalue()) == 156
    writer.finish()
    # The fourth record, two indexes, the number of spills.
    assert len(out.getvalue()) == 156 + 13 + 2 * 8 * (runs.BUCKETS + 1) + 8


def test_a_merge_holds_the_buckets_that_fit(tmp_path, monkeypatch):
    """Four buckets of 112 bytes: two fit in 300, and the last two in another 300."""
    run = write_run(tmp_path / "a", [(i * BUCKET, bytes(100)) for i in range(4)])
    assert run.bucket_sizes()[:5].tolist() == [112, 112, 112, 112, 0]
    asked = []
    read = run.read
    monkeypatch.setattr(run, "read", lambda *buckets: asked.append(buckets) or read(*buckets))
    assert len(list(runs.merge_shuffled([run], 0, 4, memory_bytes=300))) == 4
    assert asked == [(0, 2), (2, 4)]
    # One bucket at least, however little memory there is.
    asked.clear()
    assert len(list(runs.merge_shuffled([run], 0, 4, memory_bytes=1))) == 4
    assert asked == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_runs_of_one_input_are_merged_in_order_and_inputs_follow_each_other(tmp_path):
    first = write_run(tmp_path / "a", [(0, b"a0"), (1, b"a1"), (6, b"a6")], memory_bytes=0)
    second = write_run(tmp_path / "b", [(2, b"b2"), (3, b"b3")])
    other = write_run(tmp_path / "c", [(0, b"c0")])
    empty = write_run(tmp_path / "d", [])
    merged = runs.merge_ordered([[second, first], [empty], [other]])
    assert list(merged) == [b"a0", b"a1", b"b2", b"b3", b"a6", b"c0"]


def shuffle_of(n, seed):
    keys = shuffle_keys(seed, 17, np.arange(n)).tolist()
    return [index for _, index in sorted(zip(keys, range(n)))]


def test_every_permutation_is_as_likely_as_any_other():
    counts = collections.Counter(tuple(shuffle_of(4, seed)) for seed in range(4800))
    # 24 permutations, 200 of each expected. Chi-square with 23 degrees of freedom: above 60 once
    # in 30,000.
    assert len(counts) == 24
    assert sum((n - 200) ** 2 / 200.0 for n in counts.values()) < 60


@pytest.mark.parametrize("num_shards", [3, 4])
def test_shards_of_random_keys_are_of_nearly_equal_size(tmp_path, num_shards):
    keys = shuffle_keys(3, 99, np.arange(4000)).tolist()
    run = write_run(tmp_path / "a", [(key, b"%d" % i) for i, key in enumerate(keys)])
    sizes = list(map(len, shuffled([run], num_shards)))
    assert sum(sizes) == 4000
    # Five standard deviations of a binomial with p = 1 / num_shards: below 5 * sqrt(4000 / 4).
    assert max(abs(size - 4000 / num_shards) for size in sizes) < 158
    assert os.listdir(str(tmp_path)) == ["a"]
