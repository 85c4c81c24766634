"""Converts the original NQ format to the simplified one, by the official rules.

The tokens become one text, to be split on the single blank; HTML and byte offsets are dropped. The
training set shrinks to a tenth. Rules: text_utils.simplify_nq_example of the natural-questions
package.
"""
from typing import Any, Dict

from bert_nq.base.errors import BadExampleError
from bert_nq.base.json_fields import select
from bert_nq.datasets.nq import page_fields

# The fields that the simplified format has as well, but for the id.
_COPIED = select(page_fields.PAGE, "question_text", "document_url", "long_answer_candidates",
                 "annotations")


def simplify(record: Dict[str, Any], source: str = "record") -> Dict[str, Any]:
    """Makes a simplified copy of a parsed line; returns `record` itself if it is simplified.

    Args:
      record: a parsed line of either format; it is not modified.
      source: names the line in messages.

    Returns:
      question_text, example_id, document_url, document_text, long_answer_candidates, annotations.

    Raises:
      BadExampleError: a field is missing or has the wrong type, or there are no tokens: even an
        empty text stands for one token.
    """
    if "document_tokens" not in record and "document_text" in record:
        return record
    texts, = page_fields.columns(record, "document_tokens", ["token"], source)
    page_fields.check(record, _COPIED, source)
    if "example_id" not in record:
        raise BadExampleError("%s: the field 'example_id' is missing" % source)
    tokens = [text.replace(" ", "_") for text in texts]
    text = " ".join(tokens)
    if len(text.split(" ")) != len(tokens):
        raise BadExampleError("%s: %d tokens cannot be written as one text"
                              % (source, len(tokens)))
    return {
        "question_text": record["question_text"],
        "example_id": record["example_id"],
        # A user's own page may have no address, a test set no annotations.
        "document_url": record.get("document_url", ""),
        "document_text": text,
        "long_answer_candidates": list(map(_without_bytes, record["long_answer_candidates"])),
        "annotations": list(map(_simplify_annotation, record.get("annotations") or ())),
    }


def _without_bytes(span: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in span.items() if name not in ("start_byte", "end_byte")}


def _simplify_annotation(annotation: Dict[str, Any]) -> Dict[str, Any]:
    return dict(annotation,
                long_answer=_without_bytes(annotation["long_answer"]),
                short_answers=list(map(_without_bytes, annotation.get("short_answers") or ())))
