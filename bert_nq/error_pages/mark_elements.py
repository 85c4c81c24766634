"""The elements that label a marked span of a text.

Before a mark's first word stands an empty <span class="begin KIND" id="KEY" data-label="LABEL">,
behind its last one an empty one of class "end". The style sheet shows the labels, so that the
text holds its own words alone. The words are in elements <mark>, whose classes are the kinds.
"""
from typing import Iterable

from bert_nq.error_pages import documents


def begin(key: str, kind: str, label: str) -> str:
    """The element before a span.

    Args:
      key: its id, unique in the file, of letters, digits and "-".
      kind: a class of the style sheet.
      label: any text.
    """
    return ('<span class="begin %s" id="%s" data-label="%s"></span>'
            % (kind, key, documents.text(label)))


def end(kind: str, label: str) -> str:
    """The element behind a span."""
    return '<span class="end %s" data-label="%s"></span>' % (kind, documents.text(label))


def words(text: str, kinds: Iterable[str]) -> str:
    """A text that all marks of these kinds hold, and no others."""
    escaped = documents.text(text)
    return ('<mark class="%s">%s</mark>' % (" ".join(sorted(kinds)), escaped) if kinds
            else str(escaped))
