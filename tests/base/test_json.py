"""JSON is read, or refused with the reason: whole texts, lines, and value by value."""
import gzip
import io
import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import files, json_stream
from bert_nq.base.errors import UserError
from bert_nq.base.json_lines import parse_line
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError, parse

FAULTS = [
    (b"", "Expecting value at character 0"),
    (b"{'a': 1}", "Expecting property name enclosed in double quotes at character 1"),
    (b'{"a": 1', "Expecting ',' delimiter at character 7"),
    (b'{"\xc3\xa9": 1 2', "Expecting ',' delimiter at character 8"),  # characters, not bytes
    (b'["abc', "Unterminated string starting at character 1"),
    (b"1 2", "Extra data at character 2"),
    (b'"\xff"', "byte 0xff at 1 is not UTF-8"),
    (b'"ab\xc3', "byte 0xc3 at 3 is not UTF-8"),
    (b"\x1f\x8b\x08", "byte 0x8b at 1 is not UTF-8"),
    (b"[" * 100000, "nested too deeply"),
]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize("text, reason", FAULTS)
def test_a_text_that_is_no_json(text, reason):
    with pytest.raises(NotJSONError) as caught:
        parse(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize("text, reason", FAULTS)
def test_a_line_that_is_no_json(text, reason):
    with pytest.raises(UserError) as caught:
        parse_line(text)
    assert str(caught.value) == "not JSON: " + reason


@pytest.mark.parametrize("text, reason", [f for f in FAULTS if f[0] != b"\x1f\x8b\x08"])
def test_a_file_that_is_no_json(tmp_path, text, reason):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    for options, end in (({}, ": remove it"), (dict(must_exist=True, remedy=""), ""),
                         (dict(remedy="make it again"), ": make it again")):
        with pytest.raises(UserError) as caught:
            files.read_json(str(path), **options)
        assert str(caught.value) == "%s is not JSON (%s)%s" % (path, reason, end)


@pytest.mark.parametrize("text, reason", [
    (gzip.compress(b"{}"), "is a gzip file: unpack it"),
    ("{}".encode("utf-16"), "is text in UTF-16, UTF-8 is wanted"),
    (b" " * ((1 << 27) + 1), "has more than 128 MB"),
], ids=["gzip", "UTF-16", "large"])
def test_a_file_that_is_no_small_text(tmp_path, text, reason):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(UserError, match="^%s %s" % (re.escape(str(path)), reason)):
        files.read_json(str(path))


def test_a_pipe_is_read_once_at_most(tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    for read in (files.read_json, files.fingerprint):  # Neither waits for a writer.
        with pytest.raises(UserError, match="pipe is a pipe, and is read more than once: write"):
            read(path)


def test_a_file_that_does_not_exist(tmp_path):
    path = str(tmp_path / "a.json")
    assert files.read_json(path) is None
    with pytest.raises(UserError, match="cannot read %s: No such file" % path):
        files.read_json(path, must_exist=True)


@given(VALUES)
def test_what_json_writes_is_read(value):
    text = json.dumps(value).encode("ascii")
    assert parse(text) == parse(b"\xef\xbb\xbf" + text) == value
    if b"e+" not in text and not _has_large_integers(value):
        assert parse_line(text) == value


def _has_large_integers(value):
    """orjson reads integers of more than 64 bits as floats."""
    if isinstance(value, (list, dict)):
        return any(map(_has_large_integers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and abs(value) >= 2 ** 63


@pytest.mark.parametrize("text, value", [(b"NaN", "nan"), (b"-Infinity", "-inf"),
                                         (b'"\\ud800"', "\ud800"), (b" [] \n", "[]")])
def test_values_beyond_strict_json(text, value):
    assert str(parse(text)) == str(parse_line(text)) == value


def stream(text, chunk=3):
    return JSONStream(io.BytesIO(text), chunk)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans(),
       st.integers(1, 9))
def test_a_list_value_by_value(values, indent, ascii_only, chunk):
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    values_in = stream(text.encode("utf8", "surrogatepass" if ascii_only else "replace"), chunk)
    values_in.expect("[")
    found = [values_in.value() for _ in values_in.members("]")]
    values_in.end()
    assert found == json.loads(text.encode("utf8", "replace").decode("utf8"))


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=5), st.integers(1, 9))
def test_an_object_key_by_key(content, chunk):
    read = stream(b"\xef\xbb\xbf" + json.dumps(content).encode("ascii"), chunk)
    read.expect("{")
    found = {}
    for _ in read.members("}"):
        key = read.key()
        found[key] = read.value()
    read.end()
    assert found == content


def test_a_number_may_go_on_in_the_next_chunk():
    assert stream(b"1234567").value() == 1234567
    assert stream(b"12.5e+3 ").value() == 12500.0


@pytest.mark.parametrize("text, reason", [
    (b"[1 2]", "Expecting ',' delimiter at character 3"),
    (b"[1, ]", "Expecting value at character 4"),
    (b"[1, 2", "Expecting ',' delimiter at character 5"),
    (b"[1, 2,", "Expecting value at character 6"),
    (b"{}", "Expecting '[' delimiter at character 0"),
    (b"", "Expecting '[' delimiter at character 0"),
    (b"[] 1", "Extra data at character 3"),
    (b'[1, "ab', "Unterminated string starting at character 4"),
    (b'[1, "abcdef\xff"]', "byte 0xff at 11 is not UTF-8"),
    (b'[1, "\xc3', "byte 0xc3 at 5 is not UTF-8"),
    (b"[1, " + b"[" * 100000, "nested too deeply"),
])
@pytest.mark.parametrize("chunk", [1, 4, 1 << 20])
def test_a_fault_of_a_stream_is_told_with_its_place_in_the_file(text, reason, chunk):
    read = stream(text, chunk)
    with pytest.raises(NotJSONError) as caught:
        read.expect("[")
        for _ in read.members("]"):
            read.value()
        read.end()
    assert str(caught.value) == reason


@pytest.mark.parametrize("text", [
    b"[" + b"1" * 2001, b'["' + b"a" * 2000, bytes(3000), b"[nu" * 2000])
def test_a_value_of_a_stream_has_a_longest_length(monkeypatch, text):
    monkeypatch.setattr(json_stream, "MOST_BYTES", 1000)
    file = io.BytesIO(text)
    read = JSONStream(file, 10)
    with pytest.raises(NotJSONError, match="more than 0 MB of one value at character|Expecting"):
        read.skip("[")
        read.value()
    assert file.tell() < 2000


def test_a_key_that_is_no_string():
    read = stream(b"{ 1: 2}")
    read.expect("{")
    with pytest.raises(NotJSONError, match="Expecting property name .* quotes at character 2"):
        for _ in read.members("}"):
            read.key()
