"""A fast decoder of lines of NQ's original format, for decoding.py.

A page is half a megabyte of JSON, and most of it is HTML and byte offsets that nothing here reads.
msgspec checks their syntax and makes no objects of them, which takes half the time of parsing.

`parse` gives up on a line that is not exactly as in the dataset. decoding.py then decodes it slowly
and says what is wrong with it, so that there is one set of rules and messages. Python 3.7 has no
msgspec; there, `parse` always gives up.
"""
import codecs
from typing import Any, List, NamedTuple, Optional

import orjson

try:
    import msgspec
except ImportError:
    msgspec = None

_CHUNK = 1 << 14


class TypedPage(NamedTuple):
    """The fields of a page, which have the right types; its spans are not checked yet."""
    example_id: Any
    question: str
    title: str
    tokens: List[str]
    is_html: List[bool]
    start_tokens: List[int]  # of the candidates
    end_tokens: List[int]
    top_levels: List[bool]
    annotations: Any  # as in the JSON, None if there are none


if msgspec is None:
    _decode = None
else:
    # gc=False: no object of these classes can be part of a cycle.
    class _Token(msgspec.Struct, gc=False):
        token: str
        html_token: bool

    class _Candidate(msgspec.Struct, gc=False):
        start_token: int
        end_token: int
        top_level: bool

    class _Record(msgspec.Struct, gc=False):
        example_id: Any
        question_text: str
        document_tokens: List[_Token]
        long_answer_candidates: List[_Candidate]
        document_title: Optional[str] = None
        annotations: msgspec.Raw = msgspec.Raw(b"null")

    _decode = msgspec.json.Decoder(_Record).decode


def parse(line: bytes) -> Optional[TypedPage]:
    """The fields of a line of the original format; None where it is not exactly as in NQ."""
    if _decode is None:
        return None
    try:
        record = _decode(line)
        # By the parser that decoding.py uses, so that numbers beyond 64 bits are equal.
        annotations = orjson.loads(bytes(record.annotations))
    except (ValueError, RecursionError):
        return None
    if not _is_utf8(line):
        return None
    tokens, candidates = record.document_tokens, record.long_answer_candidates
    return TypedPage(record.example_id, record.question_text, record.document_title or "",
                     [t.token for t in tokens], [t.html_token for t in tokens],
                     [c.start_token for c in candidates], [c.end_token for c in candidates],
                     [c.top_level for c in candidates], annotations)


def _is_utf8(line: bytes) -> bool:
    """Whether all of a line is UTF-8; msgspec checks only the strings that it keeps."""
    if line.isascii():
        return True
    # In parts that stay in the processor's cache: four times as fast as all at once.
    view, at = memoryview(line), 0
    try:
        while at < len(line):
            part = view[at:at + _CHUNK]
            at += codecs.utf_8_decode(part, "strict", at + _CHUNK >= len(line))[1]
    except UnicodeDecodeError:
        return False
    return True
