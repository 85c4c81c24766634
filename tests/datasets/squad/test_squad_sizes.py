"""SQuAD files that are endless, or can be read but once, end in a line and take little memory."""
import gzip
import os

import pytest

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.datasets.squad.forms import form_of
from bert_nq.datasets.squad.reading import READING
from bert_nq.scoring.whole_files import read_bytes


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_table_with_an_endless_line(tmp_path, monkeypatch, compress):
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    path = tmp_path / "dev.csv"
    path.write_bytes(compress(b"id,context,question,answers\n" + b"a" * 2000))
    with pytest.raises(UserError, match="dev.csv, line 2 has more than 0 MB without a line's end"):
        list(READING.read(str(path), None))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_file_that_is_read_whole(tmp_path, monkeypatch, compress):
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    path = tmp_path / "p.json"
    path.write_bytes(compress(b" " * 1000))
    assert read_bytes(str(path)) == b" " * 1000
    path.write_bytes(compress(b" " * 1001))
    with pytest.raises(UserError, match="p.json has more than 0 MB, so it is not the file"):
        read_bytes(str(path))


def test_a_pipe_is_refused(tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    with pytest.raises(UserError, match="is a pipe, and is read more than once"):
        form_of(path)
