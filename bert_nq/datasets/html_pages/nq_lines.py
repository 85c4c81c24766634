"""Pages written as lines of Natural Questions' original format."""
import json
from typing import Any, Dict, Sequence

import orjson

from bert_nq.datasets.html_pages import words
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Annotation

_NOWHERE = {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1}


def nq_line(page: Page, question: str, example_id: int,
            annotations: Sequence[Annotation] = ()) -> bytes:
    """A page with a question as a line of an NQ shard, without the line's end.

    Decoded, it is `page.example(question, example_id)` with the annotations.

    Args:
      page: the page.
      question: any text.
      example_id: signed, 64 bits.
      annotations: their long answers are candidates of the page.
    """
    return _to_json({
        "document_html": page.html.decode("utf8"),
        "document_title": page.title,
        "document_url": page.source if page.source.startswith(("https://", "http://")) else "",
        "document_tokens": [
            {"token": token, "start_byte": start, "end_byte": end, "html_token": is_tag}
            for token, is_tag, start, end in zip(page.tokens, page.is_html, page.start_bytes,
                                                 page.end_bytes)],
        "long_answer_candidates": [
            dict(_span(page, start, end), top_level=top_level)
            for start, end, top_level in page.candidates],
        "annotations": [_annotation(page, a, i) for i, a in enumerate(annotations)],
        "question_text": question,
        "question_tokens": words.words(question),
        "example_id": example_id})


def _to_json(record: Dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:  # lone surrogates, as in names of files that are not UTF-8
        return json.dumps(record).encode("ascii")


def _span(page: Page, start: int, end: int) -> Dict[str, Any]:
    return {"start_token": start, "end_token": end, "start_byte": page.start_bytes[start],
            "end_byte": page.end_bytes[end - 1]}


def _annotation(page: Page, annotation: Annotation, annotation_id: int) -> Dict[str, Any]:
    index = annotation.candidate_index
    place = _span(page, *page.candidates[index][:2]) if index >= 0 else _NOWHERE
    return {"annotation_id": annotation_id,
            "long_answer": dict(place, candidate_index=index),
            "short_answers": [_span(page, *span) for span in annotation.short_answers],
            "yes_no_answer": annotation.yes_no_answer}
