"""A fast decoder of lines of NQ's original format, for decoding.py.

A page is half a megabyte of JSON, and most of it is HTML and byte offsets that nothing here reads.
msgspec checks their syntax and makes no objects of them, which takes half the time of parsing. The
types that it wants are those of page_fields.

`parse` gives up on a line that is not exactly as in the dataset. decoding.py then decodes it slowly
and says what is wrong with it, so that there is one set of rules and messages. Python 3.7 has no
msgspec; there, `parse` always gives up.
"""
import codecs
import typing
from typing import Any, List, NamedTuple, Optional, Union

from bert_nq.base.json_fields import (
    GREATEST_INTEGER,
    INTEGER,
    LEAST_INTEGER,
    Field,
    Fields,
    Kind,
    Type,
)
from bert_nq.datasets.nq import page_fields
from bert_nq.datasets.nq.page_fields import AnnotationFields

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
    annotations: List[AnnotationFields]  # none where they were not asked for


def _struct(name: str, fields: Fields, *members: Any) -> Any:
    """A class of msgspec for objects of a description; `members` are more fields, as it has them.

    What is missing is None where it may be null, else UNSET.
    """
    members += tuple(_member(*item) for item in fields.items())
    # No object of these classes can be part of a cycle.
    return msgspec.defstruct(name, members, gc=False, kw_only=True)


def _member(name: str, field: Field) -> Any:
    kind = _class_of(name, field.kind)
    if field.nullable:
        return name, Optional[kind], None
    return (name, kind) if field.required else (name, Union[kind, msgspec.UnsetType], msgspec.UNSET)


def _class_of(name: str, kind: Kind) -> Any:
    if isinstance(kind, list):
        return List[_class_of(name, kind[0])]
    if isinstance(kind, dict):
        return _struct(name, kind)
    assert isinstance(kind, Type)
    if kind is INTEGER:
        # By its name, for Python 3.7 does not have it.
        annotated = getattr(typing, "Annotated")  # noqa: B009
        return annotated[int, msgspec.Meta(ge=LEAST_INTEGER, le=GREATEST_INTEGER)]
    return kind.python


if msgspec is None:
    _decode_page = _decode_example = None
else:
    _decode_page, _decode_example = (
        msgspec.json.Decoder(_struct("page", fields, ("example_id", Any))).decode
        for fields in (page_fields.READ, page_fields.READ_ANNOTATED))


def parse(line: bytes, annotated: bool = True) -> Optional[TypedPage]:
    """The fields of a line of the original format; None where it is not exactly as in NQ.

    Args:
      line: UTF-8 JSON.
      annotated: whether the annotations are wanted; if not, they may be anything.
    """
    decode = _decode_example if annotated else _decode_page
    if decode is None:
        return None
    try:
        record = decode(line)
    except (ValueError, RecursionError):
        return None
    if not _is_utf8(line):
        return None
    tokens, candidates = record.document_tokens, record.long_answer_candidates
    return TypedPage(record.example_id, record.question_text, record.document_title or "",
                     [t.token for t in tokens], [t.html_token for t in tokens],
                     [c.start_token for c in candidates], [c.end_token for c in candidates],
                     [c.top_level for c in candidates],
                     list(map(_fields_of, record.annotations or ())) if annotated else [])


def _fields_of(annotation: Any) -> AnnotationFields:
    long_answer, spans = annotation.long_answer, _or_none(annotation.short_answers)
    return AnnotationFields(
        long_answer.start_token, long_answer.end_token, _or_none(long_answer.candidate_index),
        None if spans is None else [(s.start_token, s.end_token) for s in spans],
        _or_none(annotation.yes_no_answer))


def _or_none(value: Any) -> Any:
    return None if value is msgspec.UNSET else value


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
