"""Markdown turned into a page, by way of HTML."""
from typing import Optional, Union

from bert_nq.datasets.html_pages.encoding import decode
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.parsing import parse_html


def parse_markdown(data: Union[bytes, str], source: str, charset: Optional[str] = None) -> Page:
    """The page of a text in Markdown: CommonMark with tables; its HTML counts as such.

    Args:
      data: the text.
      source: its file, for messages.
      charset: its encoding, where one is known from elsewhere.

    Raises:
      BadExampleError: it has no words, or bytes that no encoding explains.
    """
    from markdown_it import MarkdownIt
    text = decode(data, source, charset) if isinstance(data, bytes) else data
    return parse_html(MarkdownIt("commonmark").enable("table").render(_without_front_matter(text)),
                      source)


def _without_front_matter(text: str) -> str:
    """The text behind the settings that some writers of sites put first, between lines of ---."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return text
    ends = [i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")]
    return "\n".join(lines[ends[0] + 1:]) if ends and ":" in lines[1] else text
