"""Cutting shards into chunks of lines."""
import os

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.nq.shards import READING
from bert_nq.jobs import chunks
from tests.support.nq_pages import make_line, make_page, write_shard

PAGE = make_page("<P> Tovin is a town . </P>")


def read(path):
    return list(chunks.read_chunks(str(path), READING, "x-0123", BadInput()))


@pytest.mark.parametrize("num_pages, sizes", [
    (0, []), (1, [1]), (31, [31]), (32, [32]), (33, [32, 1]), (64, [32, 32]), (70, [32, 32, 6])])
def test_chunks_are_of_32_pages(tmp_path, num_pages, sizes):
    path = write_shard(tmp_path / "x.jsonl.gz", [PAGE for i in range(num_pages)])
    found = read(path)
    assert [len(c.items) for c in found] == sizes
    assert [c.name for c in found] == ["x-0123-%06d" % i for i in range(len(sizes))]
    assert sum((c.numbers for c in found), []) == list(range(1, num_pages + 1))
    assert sum((c.items for c in found), []) == [make_line(PAGE) for i in range(num_pages)]
    if num_pages:
        assert sum(c.num_bytes for c in found) == os.path.getsize(path)


def test_chunks_of_large_pages_are_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 100)
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"".join(b"%s\n" % (b"x" * (n - 1)) for n in (98, 2, 40, 58, 2, 250, 2)))
    assert [c.numbers for c in read(path)] == [[1, 2], [3, 4, 5], [6], [7]]


def test_blank_lines_are_numbered_but_left_out(tmp_path):
    path = write_shard(tmp_path / "x.jsonl", [b"\n", PAGE, b"  \n", b"\n", PAGE, b"oops\n"])
    chunk, = read(path)
    assert chunk.numbers == [2, 5, 6]
    assert str(chunk) == "%s, lines 2 to 6" % path
