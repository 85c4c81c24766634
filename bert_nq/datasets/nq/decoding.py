"""Decodes one line of an NQ shard, original or simplified format, to a checked `Example`."""
import re
from typing import Any, Dict, List, Optional, Tuple

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_fields import select
from bert_nq.base.json_lines import parse_line
from bert_nq.base.numbers import parse_id
from bert_nq.datasets.nq import page_fields, typed_decoding
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span
from bert_nq.datasets.nq.page_fields import AnnotationFields

# A tag in the simplified format, which has no html_token field: <P>, </Td>, or <Td_colspan="2">,
# with underscores in place of the blanks of the original format.
_TAG = re.compile(r"</?[A-Za-z][^>]*>")


def load_json(line: bytes, source: str) -> Dict[str, Any]:
    """Parses one line as a JSON object; `source` names it in the error.

    Raises:
      BadExampleError: it is no JSON, or no object.
    """
    try:
        record = parse_line(line)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e
    if not isinstance(record, dict):
        raise BadExampleError("%s: a JSON object is wanted, this is a %s"
                              % (source, type(record).__name__))
    return record


def decode_example(line: bytes, source: str) -> Example:
    """Decodes one line of either format and checks every span in it.

    Args:
      line: UTF-8 JSON.
      source: its file and number, "nq-train-00.jsonl.gz, line 3", for messages.

    Raises:
      BadExampleError: not JSON, not NQ, a field is missing or of a wrong type, or a span is out of
        range.
    """
    example = _decode_fast(line, source, True)
    return example_of(load_json(line, source), source) if example is None else example


def decode_page(line: bytes, source: str) -> Example:
    """`decode_example` without annotations, which may be missing or anything."""
    example = _decode_fast(line, source, False)
    return page_of(load_json(line, source), source) if example is None else example


def _decode_fast(line: bytes, source: str, annotated: bool) -> Optional[Example]:
    """The example by way of typed_decoding; None for a line that is bad or unusual in any way."""
    page = typed_decoding.parse(line, annotated)
    if page is None:
        return None
    spans = zip(page.start_tokens, page.end_tokens)
    if not all(0 <= start < end <= len(page.tokens) for start, end in spans):
        return None
    candidates = list(map(Candidate, page.start_tokens, page.end_tokens, page.top_levels))
    try:
        annotations = _checked_annotations(page.annotations, candidates, source)
        example_id = _example_id(page.example_id, source)
    except BadExampleError:
        return None
    return Example(example_id, page.question, page.title, page.tokens, page.is_html, candidates,
                   annotations, source)


def example_of(record: Dict[str, Any], source: str) -> Example:
    """`decode_example` for a line that is parsed already."""
    page = page_of(record, source)
    annotations = page_fields.annotations_of(record, source)
    return page._replace(annotations=_checked_annotations(annotations, page.candidates, source))


def page_of(record: Dict[str, Any], source: str) -> Example:
    """`decode_page` for a line that is parsed already."""
    tokens, is_html = document_of(record, source)
    if "example_id" not in record:
        raise BadExampleError("%s: the field 'example_id' is missing" % source)
    page_fields.check(record, select(page_fields.READ, "question_text", "document_title"), source)
    spans = page_fields.columns(record, "long_answer_candidates",
                                ("start_token", "end_token", "top_level"), source)
    candidates = [_candidate(Candidate(*fields), i, len(tokens), source)
                  for i, fields in enumerate(zip(*spans))]
    return Example(_example_id(record["example_id"], source), record["question_text"],
                   record.get("document_title") or "", tokens, is_html, candidates, [], source)


def document_of(record: Dict[str, Any], source: str) -> Tuple[List[str], List[bool]]:
    """The document's tokens and, for each, whether it is a tag; of a record of either format."""
    if "document_tokens" in record:
        texts, tags = page_fields.columns(record, "document_tokens", ("token", "html_token"),
                                          source)
        return texts, tags
    if "document_text" in record:
        page_fields.check(record, select(page_fields.PAGE, "document_text"), source)
        # Split at blanks only: tokens contain other white space.
        texts = record["document_text"].split(" ")
        return texts, [t[:1] == "<" and _TAG.fullmatch(t) is not None for t in texts]
    raise BadExampleError("%s: neither document_tokens (original format) nor document_text "
                          "(simplified format): is this an NQ shard?" % source)


def _example_id(value: Any, source: str) -> int:
    try:
        return parse_id(value)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e


def _candidate(candidate: Candidate, index: int, num_tokens: int, source: str) -> Candidate:
    if not 0 <= candidate.start_token < candidate.end_token <= num_tokens:
        raise BadExampleError("%s: long_answer_candidates[%d] is tokens [%d, %d), the document "
                              "has %d" % ((source, index) + candidate[:2] + (num_tokens,)))
    return candidate


def _checked_annotations(annotations: List[AnnotationFields], candidates: List[Candidate],
                         source: str) -> List[Annotation]:
    return [_annotation(a, candidates, source, "annotations[%d]." % i)
            for i, a in enumerate(annotations)]


def _annotation(a: AnnotationFields, candidates: List[Candidate], source: str,
                path: str) -> Annotation:
    yes_no = "NONE" if a.yes_no_answer is None else a.yes_no_answer.upper()
    if yes_no not in ("YES", "NO", "NONE"):
        raise BadExampleError("%s: %syes_no_answer %.40r is none of YES, NO, NONE"
                              % (source, path, a.yes_no_answer))
    start, end, index = a[:3]
    if start < 0 or end < 0:
        return Annotation(-1, (), yes_no)
    if index is None or a.short_answers is None:
        raise BadExampleError("%s: the field '%s%s' is missing" % (
            source, path, "long_answer.candidate_index" if index is None else "short_answers"))
    if not 0 <= index < len(candidates):
        raise BadExampleError("%s: %slong_answer.candidate_index is %d, the page has %d candidates"
                              % (source, path, index, len(candidates)))
    candidate = candidates[index]
    if (start, end) != candidate[:2]:
        raise BadExampleError("%s: %slong_answer is tokens [%d, %d), its candidate %d [%d, %d)"
                              % (source, path, start, end, index, candidate[0], candidate[1]))
    for i, (start, end) in enumerate(a.short_answers):
        if not candidate.start_token <= start < end <= candidate.end_token:
            raise BadExampleError(
                "%s: %sshort_answers[%d] is tokens [%d, %d), outside its long answer [%d, %d)"
                % (source, path, i, start, end, candidate[0], candidate[1]))
    return Annotation(index, tuple(Span(*s) for s in a.short_answers), yes_no)
