"""A JSON object to the questions in it: an article, a paragraph, or a row with one question."""
import json
from typing import Any, Dict, Iterator, List

from bert_nq.datasets.squad import items
from bert_nq.datasets.squad.items import Item

Record = Dict[str, Any]

_KINDS = ("no question: neither paragraphs (an article of SQuAD) nor qas (a paragraph of SQuAD or "
          "MRQA), nor context and question (a row)")


class _FormError(Exception):
    """The answers have a form that is not known; the message says which."""


def questions(record: Any) -> Iterator[Item]:
    """Yields the questions of an object of any kind; MRQA's header has none."""
    if not isinstance(record, dict):
        yield items.fault("a JSON object is wanted, this is %s" % shown(record))
    elif "paragraphs" in record:
        yield from _of_article(record)
    elif "qas" in record:
        yield from of_paragraph(record, record.get("title"))
    elif "question" in record or "context" in record:
        yield of_row(record)
    elif "header" not in record:
        yield items.fault(_KINDS, record.get("id"))


def shown(value: Any) -> str:
    """A value as messages show it."""
    return "%.60s" % json.dumps(value)


def _of_article(article: Record) -> Iterator[Item]:
    if not isinstance(article["paragraphs"], list):
        yield items.fault("paragraphs is %s, not a list" % shown(article["paragraphs"]))
        return
    for paragraph in article["paragraphs"]:
        yield from of_paragraph(paragraph, article.get("title"))


def of_paragraph(paragraph: Any, title: Any) -> Iterator[Item]:
    """Yields the questions about one context."""
    if not isinstance(paragraph, dict) or not isinstance(paragraph.get("qas"), list):
        yield items.fault("a paragraph has no list qas: it is %s" % shown(paragraph))
        return
    context = paragraph.get("context")
    for qa in paragraph["qas"]:
        if not isinstance(qa, dict):
            yield items.fault("a question is %s, not a JSON object" % shown(qa))
        else:
            yield _of_qa(qa, title, context)


def _of_qa(qa: Record, title: Any, context: Any) -> Item:
    if "detected_answers" in qa:  # MRQA, whose official scorer goes by qid
        question_id = qa.get("qid", qa.get("id"))
    else:
        question_id = qa.get("id", qa.get("qid"))
    try:
        answers = (_detected(qa["detected_answers"], context) if "detected_answers" in qa
                   else answers_of(qa.get("answers")))
    except _FormError as e:
        return items.fault(str(e), question_id)
    item = items.question(question_id, title, context, qa.get("question"), answers,
                          qa.get("is_impossible"))
    if "detected_answers" in qa and _are_texts(qa.get("answers")):
        item["references"] = qa["answers"]
    return item


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def of_row(row: Record) -> Item:
    """The question of a row; without is_impossible, an empty list of answers says it."""
    try:
        answers = answers_of(row.get("answers"))
    except _FormError as e:
        return items.fault(str(e), row.get("id"))
    is_impossible = row.get("is_impossible")
    if is_impossible is None and row.get("answers") is not None:
        is_impossible = not answers
    return items.question(row.get("id"), row.get("title"), row.get("context"), row.get("question"),
                          answers, is_impossible)


def answers_of(answers: Any) -> List[Item]:
    """A list of answers from SQuAD's list of objects, from run_qa's object of lists, or from texts
    alone."""
    if answers is None:
        return []
    if isinstance(answers, dict):
        texts, starts = answers.get("text"), answers.get("answer_start")
        if not isinstance(texts, list) or not isinstance(starts, list):
            raise _FormError("answers is %s, without lists text and answer_start" % shown(answers))
        if len(texts) != len(starts):
            raise _FormError("answers has %d of text and %d of answer_start"
                             % (len(texts), len(starts)))
        return list(map(items.answer, texts, starts))
    if not isinstance(answers, list):
        raise _FormError("answers is %s, not a list" % shown(answers))
    found = []
    for answer in answers:
        if isinstance(answer, dict):
            found.append(items.answer(answer.get("text"), answer.get("answer_start")))
        elif isinstance(answer, str):
            found.append(items.answer(answer, None))
        else:
            raise _FormError("answer %d is %s, not a JSON object"
                             % (len(found) + 1, shown(answer)))
    return found


def _detected(detected: Any, context: Any) -> List[Item]:
    """MRQA's answers: spans of characters whose ends are inclusive, [[1152, 1173]].

    Their texts are those of the context: MRQA's own may differ from it in case.
    """
    found = []
    for answer in detected if isinstance(detected, list) else [detected]:
        spans = answer.get("char_spans") if isinstance(answer, dict) else None
        if not isinstance(spans, list):
            raise _FormError("a detected answer has no list char_spans: it is %s" % shown(answer))
        for span in spans:
            if not (isinstance(span, list) and len(span) == 2
                    and all(type(char) is int for char in span)):
                raise _FormError("a span of char_spans is %s, not [first, last]" % shown(span))
            first, last = span
            is_inside = isinstance(context, str) and 0 <= first <= last < len(context)
            text = context[first:last + 1] if is_inside else answer.get("text")
            found.append(items.answer(text, first))
    return found
