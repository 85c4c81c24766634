"""Lines of text files, whatever the sizes of the chunks that are read."""
import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import files, lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError


@given(st.lists(st.text("ab \r\n", max_size=8).map(str.encode), min_size=1, max_size=6),
       st.integers(1, 9))
def test_lines_end_only_at_line_feeds_and_blank_ones_are_skipped(tmp_path_factory, members, size):
    path = tmp_path_factory.mktemp("lines") / "a.gz"
    path.write_bytes(b"".join(map(gzip.compress, members)))
    text = b"".join(members)
    parts = text.split(b"\n")
    expected = [(number, part + b"\n") for number, part in enumerate(parts[:-1], 1)]
    expected = [(n, line) for n, line in expected + [(len(parts), parts[-1])] if line.strip()]
    default, lines._BUFFER = lines._BUFFER, size
    try:
        assert list(lines.read_lines(str(path))) == expected
    finally:
        lines._BUFFER = default


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_the_bytes_read_add_up_to_the_file(tmp_path, compress):
    content = compress(b"some line or other\n" * 50000)
    (tmp_path / "a").write_bytes(content)
    reported = []
    numbered = lines.read_lines(str(tmp_path / "a"), reported.append)
    next(numbered)
    assert 0 < sum(reported) <= len(content)
    assert len(list(numbered)) == 49999
    assert sum(reported) == len(content)
    assert min(reported) >= 0


def message(path):
    with pytest.raises(UserError) as caught:
        list(lines.read_lines(str(path)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_gzip_file_is_a_broken_one(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b"")
    with pytest.raises(BadExampleError, match="^%s has 0 bytes, which no gzip file has: fetch"
                       % re.escape(str(path))):
        list(lines.read_lines(str(path)))
    told = []
    bad_input = BadInput(skip=True, show=told.append)
    assert list(lines.checked_lines(str(path), bad_input)) == []
    assert bad_input.skipped == len(told) == 1
    path.write_bytes(gzip.compress(b""))  # That one is whole, as is a text of no bytes.
    (tmp_path / "a.jsonl").write_bytes(b"")
    assert list(lines.read_lines(str(path))) == list(lines.read_lines(str(path)[:-3])) == []


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("end", [b"\n", b"", b"\nafter\n"])
def test_a_line_has_a_longest_length(tmp_path, monkeypatch, compress, end):
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    path = tmp_path / "a"
    path.write_bytes(compress(b"first\n" + b"x" * 999 + b"\n"))
    assert [len(line) for _, line in lines.read_lines(str(path))] == [6, 1000]
    path.write_bytes(compress(b"first\n" + b"x" * 1001 + end))
    numbered = lines.read_lines(str(path))
    assert next(numbered) == (1, b"first\n")
    with pytest.raises(UserError, match=", line 2 has more than 0 MB without a line's end") as e:
        next(numbered)
    # It is no page that is passed over: what stands behind it would be lost.
    assert not isinstance(e.value, BadExampleError)


def test_memory_for_a_line_has_a_limit(tmp_path):
    """Eight gigabytes in one line, of which a small part is decompressed."""
    resource, subprocess, sys = map(pytest.importorskip, ("resource", "subprocess", "sys"))
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b'{"a": "') + gzip.compress(b"a" * (1 << 26)) * 128)
    code = ("from bert_nq.base import lines\n"
            "try:\n    list(lines.read_lines(%r))\n"
            "except Exception as e:\n    print(e)\n" % str(path))
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
    assert done.stdout.decode().startswith("%s, line 1 has more than 128 MB without" % path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path, compress):
    path = tmp_path / "a"
    path.write_bytes(compress(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n"))
    assert list(lines.read_lines(str(path))) == [(1, b"{}\n"), (2, b"\xef\xbb\xbf{}\n")]
    path.write_bytes(compress(b"\xef\xbb\xbf"))
    assert list(lines.read_lines(str(path))) == []


def test_archives_and_other_encodings_are_named_within_gzip_too(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(gzip.compress(b"{}\n")))
    assert message(path) == "%s is a gzip file: unpack it, and give what is in it" % path
    path.write_bytes(gzip.compress("{}\n".encode("utf-16")))
    assert message(path).startswith("%s is text in UTF-16, UTF-8 is wanted" % path)
    path.write_bytes(b"PK\x03\x04" + bytes(60))
    assert message(path).startswith("%s is a zip file" % path)


def test_a_read_error_names_the_file():
    assert message("/proc/self/mem") == "cannot read /proc/self/mem: Input/output error"
