"""Lines of text files, whatever the sizes of the chunks that are read."""
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import lines


@given(st.lists(st.text("ab \r\n", max_size=8).map(str.encode), max_size=6), st.integers(1, 9))
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
