"""The wanted fields of a line of NQ, decoded straight into what they are for.

A page is half a megabyte of JSON, and most of it is HTML and byte offsets that nothing here reads.
msgspec checks their syntax and makes no objects of them, which takes half the time of parsing.

It is a short cut and no second opinion: `parse` gives up on whatever is not exactly as in the
dataset, and nq.decoding then reads the line in its own way and says what is wrong with it. Python
3.7 has no msgspec; there, it always gives up.
"""
import codecs
from typing import Any, List, NamedTuple, Optional

import orjson

try:
    import msgspec
except ImportError:
    msgspec = None

_CHUNK = 1 << 14


class Page(NamedTuple):
    """A page whose fields have the right types; no span in it has been checked."""
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
    # None of these can be part of a cycle, so the garbage collector need not look at them.
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


def parse(line: bytes) -> Optional[Page]:
    """Reads a line of the original format; None where it is not just as expected."""
    if _decode is None:
        return None
    try:
        record = _decode(line)
        # The parser of the other way, so that numbers beyond 64 bits become the same here.
        annotations = orjson.loads(bytes(record.annotations))
    except (ValueError, RecursionError):
        return None
    if not _is_utf8(line):
        return None
    tokens, candidates = record.document_tokens, record.long_answer_candidates
    return Page(record.example_id, record.question_text, record.document_title or "",
                [t.token for t in tokens], [t.html_token for t in tokens],
                [c.start_token for c in candidates], [c.end_token for c in candidates],
                [c.top_level for c in candidates], annotations)


def _is_utf8(line: bytes) -> bool:
    """Whether all of a line is UTF-8; msgspec looks at the strings it keeps only."""
    if line.isascii():
        return True
    # By parts that stay in the processor's cache: four times as fast as at once.
    view, at = memoryview(line), 0
    try:
        while at < len(line):
            part = view[at:at + _CHUNK]
            at += codecs.utf_8_decode(part, "strict", at + _CHUNK >= len(line))[1]
    except UnicodeDecodeError:
        return False
    return True
