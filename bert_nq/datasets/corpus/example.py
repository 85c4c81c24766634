"""A text of a corpus."""
from typing import NamedTuple, Tuple


class Example(NamedTuple):
    """The contexts of one item of a file: mostly one, of an article all of its paragraphs."""
    example_id: int  # the hash of the contexts: equal texts have equal ids
    text_id: str  # its file and number, "wiki.txt:17"
    contexts: Tuple[str, ...]  # each is cut into blocks by itself
    source: str  # "wiki.txt, text 17"
