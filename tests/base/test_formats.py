"""Packed files and texts of other encodings are named."""
import bz2
import io
import lzma
import tarfile
import zipfile

import pytest

from bert_nq.base import formats
from bert_nq.base.errors import UserError

LINE = '{"example_id": 1, "question_text": "is it?"}\n'


def zipped(content=LINE):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if content:
            archive.writestr("a.jsonl", content)
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("dev/a.jsonl")
        info.size = len(LINE)
        archive.addfile(info, io.BytesIO(LINE.encode()))
    return out.getvalue()


@pytest.mark.parametrize("data, name", [
    (zipped(), "zip"), (zipped(""), "zip"), (tarred(), "tar"),
    (bz2.compress(LINE.encode()), "bzip2"), (lzma.compress(LINE.encode()), "xz"),
    (bytes.fromhex("28b52ffd2404"), "zstd"), (bytes.fromhex("377abcaf271c0004"), "7z"),
    (bytes.fromhex("04224d186440"), "lz4"), (b"Rar!\x1a\x07\x01\x00", "rar"),
], ids=["zip", "empty zip", "tar", "bzip2", "xz", "zstd", "7z", "lz4", "rar"])
@pytest.mark.parametrize("is_text", [True, False])
def test_packed_files(data, name, is_text):
    with pytest.raises(UserError) as caught:
        formats.check(data[:formats.HEAD_BYTES], "a.jsonl", is_text)
    assert str(caught.value) == (
        "a.jsonl is a %s file: unpack it, and give what is in it" % name)


@pytest.mark.parametrize("encoding, name", [
    ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE"),
    ("utf-32", "UTF-32"), ("utf-32-le", "UTF-32LE"), ("utf-32-be", "UTF-32BE"),
])
def test_other_encodings(encoding, name):
    with pytest.raises(UserError) as caught:
        formats.check(LINE.encode(encoding), "a.jsonl")
    assert str(caught.value) == ("a.jsonl is text in %s, UTF-8 is wanted: convert it with "
                                 "'iconv -f %s -t UTF-8'" % (name[:6], name))


@pytest.mark.parametrize("data, named", [
    (b"PAR1\x15\x04", "a.jsonl is a Parquet file"),
    (b"version https://git-lfs.github.com/spec/v1\n", "a.jsonl is a pointer of Git LFS"),
])
def test_what_else_is_taken_for_a_shard(data, named):
    with pytest.raises(UserError, match=named):
        formats.check(data, "a.jsonl")


@pytest.mark.parametrize("data", [
    b"", b"{", LINE.encode(), "\ufeff".encode() + LINE.encode(), b"BZhang\n", b"PK\n", b"7z\n",
    "日本\n".encode(), b"\0", b"a\0b\n", b"[PAD]\n[unused0]\n",
])
def test_texts_in_utf_8(data):
    formats.check(data, "a.jsonl")


@pytest.mark.parametrize("length", [
    0, 1, 255, 0xFFFE, 0xFEFF, 0x9D1F, 0x8B1F, 40000, (1 << 28) - 1])
def test_the_length_of_a_record_is_nothing_else(length):
    formats.check(length.to_bytes(8, "little") + b"\x12\x34\x56\x78", "a.tfrecord", is_text=False)
