"""Decodes one line of an NQ shard, original or simplified format, to a checked `Example`."""
import re
from typing import Any, Dict, List, Optional, Tuple

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_lines import parse_line
from bert_nq.base.numbers import parse_id
from bert_nq.datasets.nq import typed_decoding
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span

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
      BadExampleError: not JSON, not NQ, a field is missing, or a span is out of range.
    """
    example = _decode_fast(line, source)
    return example_of(load_json(line, source), source) if example is None else example


def _decode_fast(line: bytes, source: str) -> Optional[Example]:
    """The example by way of typed_decoding; None for a line that is bad or unusual in any way."""
    page = typed_decoding.parse(line)
    if page is None:
        return None
    spans = zip(page.start_tokens, page.end_tokens)
    if not all(0 <= start < end <= len(page.tokens) for start, end in spans):
        return None
    candidates = list(map(Candidate, page.start_tokens, page.end_tokens, page.top_levels))
    try:
        annotations = [_annotation(a, candidates, source) for a in page.annotations or ()]
        example_id = _example_id(page.example_id, source)
    except (BadExampleError, KeyError, TypeError, AttributeError):
        return None
    return Example(example_id, page.question, page.title, page.tokens, page.is_html, candidates,
                   annotations, source)


def example_of(record: Dict[str, Any], source: str) -> Example:
    """`decode_example` for a line that is parsed already."""
    try:
        tokens, is_html = document_of(record, source)
        candidates = [_candidate(c, i, len(tokens), source)
                      for i, c in enumerate(record["long_answer_candidates"])]
        return Example(
            example_id=_example_id(record["example_id"], source),
            question=_text(record, "question_text", source),
            title=record.get("document_title") or "",
            tokens=tokens,
            is_html=is_html,
            candidates=candidates,
            annotations=[_annotation(a, candidates, source)
                         for a in record.get("annotations") or ()],
            source=source)
    except KeyError as e:
        raise BadExampleError("%s: the field %s is missing" % (source, e)) from e
    except (TypeError, AttributeError) as e:
        raise BadExampleError("%s: a field has the wrong type: %s" % (source, e)) from e


def document_of(record: Dict[str, Any], source: str) -> Tuple[List[str], List[bool]]:
    """The document's tokens and, for each, whether it is a tag; of a record of either format."""
    if "document_tokens" in record:
        tokens = record["document_tokens"]
        texts = [t["token"] for t in tokens]
        if not set(map(type, texts)) <= {str}:
            raise BadExampleError("%s: a document token is not a string" % source)
        return texts, [bool(t["html_token"]) for t in tokens]
    if "document_text" in record:
        # Split at blanks only: tokens contain other white space.
        texts = _text(record, "document_text", source).split(" ")
        return texts, [t[:1] == "<" and _TAG.fullmatch(t) is not None for t in texts]
    raise BadExampleError("%s: neither document_tokens (original format) nor document_text "
                          "(simplified format): is this an NQ shard?" % source)


def _example_id(value, source: str) -> int:
    try:
        return parse_id(value)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e


def _text(record: Dict[str, Any], field: str, source: str) -> str:
    value = record[field]
    if not isinstance(value, str):
        raise BadExampleError("%s: %s is not a string" % (source, field))
    return value


def _tokens(span: Dict[str, Any]) -> Tuple[int, int]:
    start, end = span["start_token"], span["end_token"]
    if type(start) is not int or type(end) is not int:
        raise TypeError("token numbers are %r and %r" % (start, end))
    return start, end


def _candidate(c: Dict[str, Any], index: int, num_tokens: int, source: str) -> Candidate:
    start, end = _tokens(c)
    if not 0 <= start < end <= num_tokens:
        raise BadExampleError("%s: candidate %d is tokens [%d, %d), the document has %d"
                              % (source, index, start, end, num_tokens))
    return Candidate(start, end, bool(c["top_level"]))


def _annotation(a: Dict[str, Any], candidates: List[Candidate], source: str) -> Annotation:
    yes_no = a.get("yes_no_answer", "NONE").upper()
    if yes_no not in ("YES", "NO", "NONE"):
        raise BadExampleError("%s: yes_no_answer %r is none of YES, NO, NONE"
                              % (source, a["yes_no_answer"]))
    long_answer = a["long_answer"]
    start, end = _tokens(long_answer)
    if start < 0 or end < 0:
        return Annotation(-1, (), yes_no)
    index = long_answer["candidate_index"]
    if not isinstance(index, int):  # NaN and Infinity could not be compared or shown with %d.
        raise TypeError("candidate_index is %r" % (index,))
    if not 0 <= index < len(candidates):
        raise BadExampleError("%s: candidate_index %d, the page has %d candidates"
                              % (source, index, len(candidates)))
    candidate = candidates[index]
    if (start, end) != candidate[:2]:
        raise BadExampleError("%s: the long answer is tokens [%d, %d), its candidate %d [%d, %d)"
                              % (source, start, end, index, candidate[0], candidate[1]))
    short_answers = tuple(Span(*_tokens(s)) for s in a["short_answers"])
    for s in short_answers:
        if not candidate.start_token <= s.start_token < s.end_token <= candidate.end_token:
            raise BadExampleError(
                "%s: the short answer is tokens [%d, %d), outside its long answer [%d, %d)"
                % (source, s[0], s[1], candidate[0], candidate[1]))
    return Annotation(index, short_answers, yes_no)
