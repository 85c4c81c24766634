"""The encoding of documents."""
import codecs

import pytest
from webencodings.labels import LABELS

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.html_pages.encoding import decode

CAFE = "<p>caf\u00e9 \u20ac"


@pytest.mark.parametrize("data", [
    codecs.BOM_UTF8 + CAFE.encode("utf8"),
    codecs.BOM_UTF16_LE + CAFE.encode("utf-16-le"),
    codecs.BOM_UTF16_BE + CAFE.encode("utf-16-be"),
    CAFE.encode("utf-16-le"), CAFE.encode("utf-16-be"),
    CAFE.encode("utf8"),
    CAFE.encode("cp1252"),
    # A mark is believed before anything else.
    codecs.BOM_UTF8 + b"<meta charset=latin1>" + CAFE.encode("utf8"),
])
def test_without_a_declaration(data):
    assert decode(data, "x").endswith(CAFE)


@pytest.mark.parametrize("declaration, encoding", [
    ("<meta charset=utf-8>", "utf8"),
    ("<META  CharSet = 'windows-1252' />", "cp1252"),
    ("<meta charset=ISO-8859-1>", "cp1252"),  # so it is on the web
    ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-15">', "iso8859-15"),
    ('<?xml version="1.0" encoding="ISO-8859-15"?>', "iso8859-15"),
    ("<meta charset=utf-16>", "utf8"),  # which it is not, as it can be read
    ("<!-- <meta charset=koi8-r> --><meta charset=utf-8>", "utf8"),
    ("<meta charset=no-such>", "utf8"),
])
def test_declarations(declaration, encoding):
    assert decode((declaration + CAFE).encode(encoding), "x") == declaration + CAFE


def test_japanese():
    text = "<meta charset=shift_jis>\u65e5\u672c"
    assert decode(text.encode("shift_jis"), "x") == text


@pytest.mark.parametrize("label", list(LABELS) + ["iso-2022-kr", "hz-gb-2312", "idna", "base64",
                                                  "undefined", "\u00e9"])
def test_every_name_of_an_encoding_can_be_said(label):
    declared = ("<meta charset='%s'>a" % label).encode("latin-1")
    assert decode(declared, "x").endswith("a")


def test_korean():
    text = "<meta charset=iso-2022-kr>\ud55c\uad6d"
    assert decode(text.encode("iso2022_kr"), "x") == text


def test_what_the_server_says_is_believed_before_the_document():
    assert decode(b"<meta charset=utf-8>\xe9", "x", "latin1").endswith("\u00e9")


def test_an_encoding_that_is_wrong_and_one_that_is_unknown():
    with pytest.raises(BadExampleError) as e:
        decode(b"<meta charset=utf-8>" + "\u00e9\u00e8 ".encode("latin1") * 10, "x.html")
    assert str(e.value) == ("x.html: it is not utf-8, as it says: byte 20 is no character of that; "
                            "convert it to UTF-8 or name its encoding")
    with pytest.raises(BadExampleError) as e:
        decode(b"x", "x.html", "klingon")
    assert str(e.value) == ("x.html: there is no encoding 'klingon': give one such as utf-8 or "
                            "windows-1252")


def test_a_single_damaged_character_is_shown_as_one():
    assert decode(b"<meta charset=utf-8>" + b"a" * 400 + b"\xe9", "x").endswith("a\ufffd")
