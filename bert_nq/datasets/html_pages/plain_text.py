"""Plain text turned into a page: paragraphs are separated by blank lines."""
import os
import re
from typing import Optional, Union

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.html_pages.builder import Builder
from bert_nq.datasets.html_pages.encoding import decode
from bert_nq.datasets.html_pages.page import Page


def parse_text(data: Union[bytes, str], source: str, charset: Optional[str] = None) -> Page:
    """The page of a plain text; its title is the name of its file.

    Args:
      data: the text.
      source: its file, for messages.
      charset: its encoding, where one is known from elsewhere.

    Raises:
      BadExampleError: it has no words, or bytes that no encoding explains.
    """
    text = decode(data, source, charset) if isinstance(data, bytes) else data
    builder = Builder()
    for paragraph in re.split(r"\n\s*\n|\f", text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.text(paragraph)
        builder.paragraph_break()
    if not builder.num_words:
        raise BadExampleError("%s: there is no text in it" % source)
    return builder.page(title_of(source), source)


def title_of(source: str) -> str:
    """A title for a page that has none: the name of its file, without its endings."""
    name = os.path.basename(source.rstrip("/"))
    stem = re.sub(r"(?:\.[A-Za-z]{1,8}){1,2}$", "", name) or name
    return " ".join(stem.replace("_", " ").split())
