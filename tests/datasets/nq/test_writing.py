"""Writing shards: their names, their bytes, and all of them or none."""
import gzip
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.writing import check_outputs, shard_paths, writing_shards
from tests.support.nq_pages import write_shard


def test_names():
    assert shard_paths("out/dev.jsonl.gz", 1) == ["out/dev.jsonl.gz"]
    assert shard_paths("dev.jsonl", 3) == ["dev-00.jsonl", "dev-01.jsonl", "dev-02.jsonl"]
    hundred_and_one = shard_paths("gs://b/dev.jsonl.gz", 101)
    assert hundred_and_one[::100] == ["gs://b/dev-000.jsonl.gz", "gs://b/dev-100.jsonl.gz"]


@pytest.mark.parametrize("name", ["dev.gz", "dev.json", "out/.jsonl", "out/", "dev.jsonl.bz2"])
def test_names_without_a_format(name):
    with pytest.raises(UserError) as caught:
        shard_paths(name, 1)
    assert str(caught.value) == ("the output %r must have a name that ends in .jsonl.gz or .jsonl"
                                 % name)


def write(paths, lines):
    with writing_shards([str(p) for p in paths]) as outputs:
        for i, line in enumerate(lines):
            outputs[i % len(outputs)].write(line)


def test_bytes_depend_only_on_the_lines(tmp_path):
    lines = [b"line %d\n" % i for i in range(1000)]
    write([tmp_path / "a.jsonl.gz"], lines)
    write([tmp_path / "b.jsonl.gz"], lines)
    data = (tmp_path / "a.jsonl.gz").read_bytes()
    assert data == (tmp_path / "b.jsonl.gz").read_bytes()
    # Magic, deflate, flags 0 (so no name follows), time 0.
    assert data[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
    assert gzip.decompress(data) == b"".join(lines)


def test_empty_shards(tmp_path):
    write([tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz", tmp_path / "c.jsonl"], [b"1\n"])
    assert gzip.decompress((tmp_path / "b.jsonl.gz").read_bytes()) == b""
    assert (tmp_path / "c.jsonl").read_bytes() == b""


@pytest.mark.parametrize("error", [UserError, KeyboardInterrupt, MemoryError])
def test_a_failure_leaves_everything_as_it_was(tmp_path, error):
    old, new = tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl"
    old.write_bytes(b"old")

    def lines():
        yield from [b"x" * 100000, b"y" * 100000]
        raise error("in the middle")

    with pytest.raises(error):
        write([old, new], lines())
    assert [p.name for p in tmp_path.iterdir()] == ["old.jsonl.gz"]
    assert old.read_bytes() == b"old"


def test_a_full_disk_shows_before_any_shard_is_replaced(tmp_path, monkeypatch):
    old = tmp_path / "old.jsonl"
    old.write_bytes(b"old")
    real_open = os.fdopen

    def open_full(handle, mode, buffering):
        # The data stay in the buffer until they are flushed, which fails.
        raw = real_open(handle, mode, buffering)
        if "full" in os.readlink("/proc/self/fd/%d" % raw.fileno()):
            os.dup2(os.open("/dev/full", os.O_WRONLY), raw.fileno())
        return raw

    monkeypatch.setattr(os, "fdopen", open_full)
    with pytest.raises(UserError, match="No space left on device"):
        write([tmp_path / "full.jsonl", old], [b"1\n", b"2\n"])
    assert [p.name for p in tmp_path.iterdir()] == ["old.jsonl"]
    assert old.read_bytes() == b"old"


def refusal(output, num_shards, inputs=()):
    with pytest.raises(UserError) as caught:
        check_outputs(str(output), num_shards, list(map(str, inputs)))
    return str(caught.value)


def test_outputs_that_are_inputs(tmp_path):
    path = write_shard(tmp_path / "nq-train-01.jsonl.gz", [])
    (tmp_path / "link").symlink_to(tmp_path)
    other_name = tmp_path / "link" / "nq-train-01.jsonl.gz"
    message = "%s is input and output at once: choose another output"
    assert refusal(other_name, 1, [path]) == message % other_name
    assert refusal(tmp_path / "nq-train.jsonl.gz", 2, [path]) == message % path


def test_an_output_that_is_a_folder(tmp_path):
    (tmp_path / "dev.jsonl").mkdir()
    assert refusal(tmp_path / "dev.jsonl", 1) == (
        "the output %s/dev.jsonl is a folder: give the name of a file" % tmp_path)


def test_shards_of_an_earlier_run_with_more_of_them(tmp_path):
    output = tmp_path / "dev.jsonl.gz"
    for path in shard_paths(str(output), 5):
        write_shard(path, [])
    check_outputs(str(output), 5, [])
    check_outputs(str(output), 1, [])
    assert refusal(output, 3) == (
        "%s/dev-03.jsonl.gz would be left beside the 3 new shards (2 such files): remove them or "
        "choose another output" % tmp_path)


def test_files_that_are_named_almost_like_shards(tmp_path):
    for name in ("dev-x.jsonl.gz", "dev-03.jsonl", "dev-03-04.jsonl.gz", "nq-dev-03.jsonl.gz"):
        write_shard(tmp_path / name, [])
    check_outputs(str(tmp_path / "dev.jsonl.gz"), 2, [])
    check_outputs(str(tmp_path / "missing" / "dev.jsonl.gz"), 2, [])


def test_shards_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_shard("dev-07.jsonl", [])
    assert refusal("dev.jsonl", 2).startswith("dev-07.jsonl would be left beside")
