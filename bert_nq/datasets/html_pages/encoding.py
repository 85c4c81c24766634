"""The encoding of a document from the web, found as browsers find it.

In this order: a byte order mark, what the server said, what the document says of itself (<meta>, or
the declaration of XML), UTF-8 if the bytes are that, windows-1252. Names of encodings mean what the
WHATWG's standard says they mean on the web (latin-1 is windows-1252), for which webencodings has
the table.
"""
import codecs
import re
from typing import Optional

import webencodings

from bert_nq.base.errors import BadExampleError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
          (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEAD_BYTES = 1 << 12  # in which a document says its encoding; the standard has 1024
_COMMENT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_XML = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)["']""")
_META = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)""", re.IGNORECASE)
# The standard has browsers refuse these, since scripts were hidden in them. None run here.
_NOT_ON_THE_WEB = {"iso-2022-kr": "iso2022_kr", "csiso2022kr": "iso2022_kr", "hz-gb-2312": "hz"}
# One damaged character in so many may be shown as U+FFFD. With more, the encoding is another one.
_CHARACTERS_PER_FAULT = 200


def decode(data: bytes, source: str, charset: Optional[str] = None) -> str:
    """The text of a document.

    Args:
      data: the document.
      source: its file, for messages.
      charset: the encoding that the server or the user names.

    Raises:
      BadExampleError: it is not in the encoding that is named, or there is no such encoding.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark):], name, "its byte order mark says", source)
    if charset:
        return _decoded(data, _known(charset, source), "was given", source)
    name = _utf16(data) or _declared(data)
    if name:
        return _decoded(data, name, "it says", source)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _known(charset: str, source: str) -> str:
    name = _codec(charset)
    if name is None:
        raise BadExampleError("%s: there is no encoding %.40r: give one such as utf-8 or "
                              "windows-1252" % (source, charset))
    return name


def _codec(label: str) -> Optional[str]:
    """Python's name of an encoding; None where there is none, or Python does not have it."""
    encoding = webencodings.lookup(label)
    name = encoding.codec_info.name if encoding else ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return _NOT_ON_THE_WEB.get(label.strip().lower())


def _utf16(data: bytes) -> Optional[str]:
    """UTF-16 without a mark, by the zeros of the "<" and what follows, which no other text has."""
    head = data[:8]
    if len(head) == 8 and not any(head[1::2]) and all(head[::2]):
        return "utf-16-le"
    if len(head) == 8 and not any(head[::2]) and all(head[1::2]):
        return "utf-16-be"
    return None


def _declared(data: bytes) -> Optional[str]:
    """The encoding that the document names; None where it says nothing, or nothing that can be."""
    head = _COMMENT.sub(b"", data[:_HEAD_BYTES])
    found = _XML.search(head) or _META.search(head)
    name = found and _codec(found.group(1).decode("latin-1"))
    # Whoever has read "utf-16" in single bytes knows that it is not.
    return "utf-8" if name and name.startswith("utf-16") else name or None


def _decoded(data: bytes, encoding: str, how: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as e:
        at = e.start
    text = data.decode(encoding, "replace")
    if text.count("\ufffd") * _CHARACTERS_PER_FAULT > len(text):
        raise BadExampleError("%s: it is not %s, as %s: byte %d is no character of that; convert "
                              "it to UTF-8 or name its encoding" % (source, encoding, how, at))
    return text
