"""The fields of a page in NQ's two formats: one description, for all that reads pages.

    original     document_tokens      (and document_html, to which their byte offsets refer)
    simplified   document_text        (no byte offsets)

The fast decoder (typed_decoding) and the plain one (decoding) have their types from here, so that
they take and refuse the same pages. A part that a program does not need does not stop it:
prediction needs no annotations, and only what writes or shows pages their HTML and byte offsets.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import json_fields
from bert_nq.base.errors import BadExampleError
from bert_nq.base.json_fields import FLAG, INTEGER, TEXT, Field, Fields, select

_BYTES = {"start_byte": Field(INTEGER, required=False), "end_byte": Field(INTEGER, required=False)}
_TOKENS = {"start_token": Field(INTEGER), "end_token": Field(INTEGER)}
_INDEX = {"candidate_index": Field(INTEGER, required=False)}

TOKEN: Fields = dict({"token": Field(TEXT), "html_token": Field(FLAG)}, **_BYTES)
CANDIDATE: Fields = dict(_TOKENS, top_level=Field(FLAG), **_BYTES)


def _annotations(span: Fields) -> Dict[str, Field]:
    # Where there is no long answer, people leave out what would say which it is.
    return {"annotations": Field(required=False, nullable=True, kind=[{
        "long_answer": Field(dict(span, **_INDEX)),
        "short_answers": Field([span], required=False),
        "yes_no_answer": Field(TEXT, required=False)}])}


# Beside these: example_id, which numbers.parse_id reads, and one of document_tokens and _text.
PAGE: Fields = dict({
    "question_text": Field(TEXT),
    "document_title": Field(TEXT, required=False, nullable=True),
    "document_url": Field(TEXT, required=False, nullable=True),
    "document_html": Field(TEXT, required=False, nullable=True),
    "document_text": Field(TEXT),
    "document_tokens": Field([TOKEN]),
    "long_answer_candidates": Field([CANDIDATE])}, **_annotations(dict(_TOKENS, **_BYTES)))

# The parts of a page of the original format that an Example has, without and with annotations.
READ: Fields = dict(
    select(PAGE, "question_text", "document_title"),
    document_tokens=Field([select(TOKEN, "token", "html_token")]),
    long_answer_candidates=Field([select(CANDIDATE, "start_token", "end_token", "top_level")]))
READ_ANNOTATED: Fields = dict(READ, **_annotations(_TOKENS))


class AnnotationFields(NamedTuple):
    """The fields of an annotation, of right types; None for one that is missing."""
    start_token: int  # of the long answer
    end_token: int
    candidate_index: Optional[int]
    short_answers: Optional[List[Tuple[int, int]]]  # (start_token, end_token) of each
    yes_no_answer: Optional[str]


def check(record: Dict[str, Any], fields: Fields, source: str) -> None:
    """Raises BadExampleError, which names a field of an object, where one of `fields` is wrong."""
    fault = json_fields.find_fault(record, fields)
    if fault is not None:
        raise BadExampleError("%s: %s" % (source, fault))


def columns(record: Dict[str, Any], field: str, names: Sequence[str],
            source: str) -> List[List[Any]]:
    """The values of some fields of the objects in a list of the page, one list for each name.

    Args:
      record: a parsed line.
      field: the list's, "document_tokens".
      names: fields of its objects; each must be there.
      source: names the line in messages.

    Raises:
      BadExampleError: there is no such list, or one of the fields is missing or wrong.
    """
    kind, = PAGE[field].kind
    wanted = {name: kind[name]._replace(required=True) for name in names}
    values = json_fields.read_columns(record, field, wanted)
    if values is None:
        check(record, {field: Field([wanted])}, source)
        raise AssertionError("%s: %s is right but was not read" % (source, field))
    return values


def annotations_of(record: Dict[str, Any], source: str) -> List[AnnotationFields]:
    """The annotations of a page; none where it has no such field.

    Raises:
      BadExampleError: a field of one is missing or wrong.
    """
    check(record, select(READ_ANNOTATED, "annotations"), source)
    return list(map(_fields_of, record.get("annotations") or ()))


def _fields_of(annotation: Dict[str, Any]) -> AnnotationFields:
    long_answer, spans = annotation["long_answer"], annotation.get("short_answers")
    return AnnotationFields(
        long_answer["start_token"], long_answer["end_token"], long_answer.get("candidate_index"),
        None if spans is None else [(s["start_token"], s["end_token"]) for s in spans],
        annotation.get("yes_no_answer"))


def byte_offsets_of(record: Dict[str, Any],
                    source: str) -> Optional[Tuple[List[int], List[int]]]:
    """The start bytes and the exclusive end bytes of the document's tokens, in its HTML.

    Returns:
      None where it has none: in the simplified format, or if no token of a page has any.

    Raises:
      BadExampleError: some tokens have none, or one is no integer.
    """
    tokens = record.get("document_tokens", ())
    names = ("start_byte", "end_byte")
    if not any(name in token for token in tokens for name in names):
        return None
    starts, ends = columns(record, "document_tokens", names, source)
    return starts, ends
