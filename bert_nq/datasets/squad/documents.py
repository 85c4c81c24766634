"""JSON files of questions: SQuAD's {"data": [...]}, or a list of articles or rows.

A paragraph or a row is in memory at a time.
"""
from typing import Any, Dict, Iterator, List, Optional

from bert_nq.base.json_stream import JSONStream
from bert_nq.datasets.squad import records
from bert_nq.datasets.squad.items import Item

# Of an article whose title comes after its paragraphs, so many of these are held until it is found.
_HELD_PARAGRAPHS = 1000


def questions(stream: JSONStream) -> Iterator[Item]:
    """Yields the questions of a JSON text.

    Raises:
      NotJSONError: it is no JSON from there on.
    """
    if stream.skip("["):
        yield from _members(stream)
    elif stream.skip("{"):
        yield from _object(stream, "data")
    else:
        yield from records.questions(stream.value())
    stream.end()


def _members(stream: JSONStream) -> Iterator[Item]:
    """Yields the questions of a list of articles or rows that was opened."""
    for _ in stream.members("]"):
        if stream.skip("{"):
            yield from _object(stream)
        else:
            yield from records.questions(stream.value())


def _object(stream: JSONStream, list_key: Optional[str] = None) -> Iterator[Item]:
    """Yields the questions of an object that was opened; it may have a list of more objects."""
    fields: Dict[str, Any] = {}
    is_list = False
    held: List[Any] = []
    for _ in stream.members("}"):
        key = stream.key()
        if key == list_key and stream.skip("["):
            is_list = True
            yield from _members(stream)
        elif key == "paragraphs" and stream.skip("["):
            is_list = True
            for _ in stream.members("]"):
                held.append(stream.value())
                if "title" in fields or len(held) > _HELD_PARAGRAPHS:
                    yield from _of_paragraphs(held, fields)
                    held = []
        else:
            fields[key] = stream.value()
    yield from _of_paragraphs(held, fields)
    if not is_list:
        yield from records.questions(fields)


def _of_paragraphs(paragraphs: List[Any], article: Dict[str, Any]) -> Iterator[Item]:
    for paragraph in paragraphs:
        yield from records.of_paragraph(paragraph, article.get("title"))
