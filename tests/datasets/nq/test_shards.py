"""Reading shards: both formats, compressed or not, and all kinds of damage."""
import gzip
import os

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.lines import read_sources
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.simplify import simplify
from tests.support.nq_pages import make_line, make_page, write_shard

PAGES = [make_page("<P> town %d </P>" % i, example_id=i) for i in range(4)]


def read_ids(paths, skip=False):
    bad_input = BadInput(skip=skip)
    return [e.example_id for e in shards.read_examples(paths, bad_input)], bad_input.skipped


def failure(paths):
    with pytest.raises(BadExampleError) as caught:
        read_ids(paths)
    return str(caught.value)


def test_formats_and_compressions_mix(tmp_path):
    paths = [
        write_shard(tmp_path / "a.jsonl", [PAGES[0], simplify(PAGES[1])]),
        write_shard(tmp_path / "b.jsonl.gz", [PAGES[2]]),
        # Gzip is recognised by its first bytes, whatever the name.
        write_shard(tmp_path / "c.jsonl", [gzip.compress(make_line(PAGES[3]))]),
    ]
    assert read_ids(paths) == ([0, 1, 2, 3], 0)


def test_lines_are_numbered_and_blank_ones_left_out(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [b"one\n", b"\n", b"  \r\n", b"two\r\n", b"three"])
    assert list(read_sources(path)) == [
        (path + ", line 1", b"one\n"), (path + ", line 4", b"two\r\n"),
        (path + ", line 5", b"three")]


def test_gzip_of_several_members_is_read_to_its_end(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [gzip.compress(make_line(p)) for p in PAGES])
    assert read_ids([path]) == ([0, 1, 2, 3], 0)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_an_empty_shard_has_no_pages(tmp_path, name):
    assert read_ids([write_shard(tmp_path / name, [])]) == ([], 0)


def test_an_examples_source_is_its_file_and_line(tmp_path):
    path = write_shard(tmp_path / "a.jsonl.gz", PAGES)
    examples = shards.read_examples([path], BadInput())
    assert [e.source for e in examples] == ["%s, line %d" % (path, n) for n in (1, 2, 3, 4)]


def test_a_bad_line_stops_the_reading(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [PAGES[0], b"{]\n", PAGES[1]])
    assert failure([path]) == (
        "%s, line 2: not JSON: Expecting property name enclosed in double quotes at character 1 "
        "(--on_bad_input=skip goes on without it)" % path)


def test_bad_lines_are_skipped_and_counted(tmp_path, capsys):
    path = write_shard(tmp_path / "a.jsonl", [PAGES[0]] + [b"{]\n"] * 7 + [PAGES[1]])
    assert read_ids([path], skip=True) == ([0, 1], 7)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 6
    assert told[0].startswith("skipped: %s, line 2: not JSON" % path)
    assert told[5] == "skipped: more; they are counted in the summary"


def cut(path, left):
    with open(path, "r+b") as f:
        f.truncate(left)


# Whether the cut lies in the header, in the data or in the checksum at the end.
@pytest.mark.parametrize("left", [3, 8, 40, -1, -7])
def test_gzip_that_is_cut_off(tmp_path, left):
    path = write_shard(tmp_path / "a.jsonl.gz", PAGES)
    other = write_shard(tmp_path / "b.jsonl.gz", PAGES[:1])
    cut(path, left if left > 0 else os.path.getsize(path) + left)
    message = failure([path, other])
    assert message.startswith("%s, after line " % path)
    assert "the gzip data are cut off or damaged" in message
    ids, skipped = read_ids([path, other], skip=True)
    assert skipped == 1
    assert ids[-1] == 0, "reading goes on with the next shard"


def test_gzip_with_a_wrong_checksum(tmp_path):
    path = write_shard(tmp_path / "a.jsonl.gz", PAGES)
    with open(path, "r+b") as f:
        f.seek(-8, os.SEEK_END)
        f.write(b"\0\0\0\0")
    assert failure([path]).startswith("%s, after line " % path)


def test_gzip_with_rubbish_inside(tmp_path):
    path = write_shard(tmp_path / "a.jsonl.gz", PAGES)
    with open(path, "r+b") as f:
        f.seek(30)
        f.write(b"\xff" * 30)
    assert failure([path]).startswith("%s, after line 0: the gzip data are cut off" % path)


def test_expanding_globs_and_lists(tmp_path):
    a, b, c = (write_shard(tmp_path / name, []) for name in ("a.jsonl", "b.jsonl", "c.jsonl.gz"))
    assert shards.expand_shards("%s, %s/*.jsonl" % (c, tmp_path)) == [c, a, b]


def test_the_same_shard_twice(tmp_path):
    a = write_shard(tmp_path / "a.jsonl", [])
    with pytest.raises(UserError, match="a.jsonl is named twice in "):
        shards.expand_shards("%s,%s/*" % (a, tmp_path))


def test_a_glob_that_matches_nothing(tmp_path):
    with pytest.raises(UserError) as caught:
        shards.expand_shards("%s/*.gz" % tmp_path)
    assert str(caught.value) == ("no NQ shard file matches '%s/*.gz' (looked from %s)"
                                 % (tmp_path, os.getcwd()))


def test_a_folder(tmp_path):
    with pytest.raises(UserError) as caught:
        shards.expand_shards(str(tmp_path))
    assert str(caught.value) == ("%s is a folder: give the NQ shard files in it, as in '%s/*'"
                                 % (tmp_path, tmp_path))
