"""A context as harmless HTML, with spans of it marked."""
from typing import Dict, List, NamedTuple, Sequence

from markupsafe import Markup

from bert_nq.error_pages import mark_elements


class Mark(NamedTuple):
    """Characters [start, end) to be marked, at least one; mark_elements has what shows them."""
    key: str  # unique in the file, of letters, digits and "-"
    kind: str  # a class of the style sheet
    label: str
    start: int
    end: int


def render(text: str, marks: Sequence[Mark] = ()) -> Markup:
    """The HTML of a text, all of whose characters are shown.

    Args:
      text: any text.
      marks: spans within it, which may overlap.
    """
    ordered = sorted(marks, key=lambda mark: (mark.start, -mark.end))
    begins: Dict[int, List[Mark]] = {}
    ends: Dict[int, List[Mark]] = {}
    for mark in ordered:
        begins.setdefault(mark.start, []).append(mark)
        ends.setdefault(mark.end, []).insert(0, mark)
    edges = sorted({0, len(text)} | set(begins) | set(ends))
    out = []
    for start, end in zip(edges, edges[1:] + [len(text)]):
        out += [mark_elements.end(mark.kind, mark.label) for mark in ends.get(start, ())]
        out += [mark_elements.begin(mark.key, mark.kind, mark.label)
                for mark in begins.get(start, ())]
        if start < end:
            out.append(mark_elements.words(
                text[start:end].replace("\r", " "),
                {mark.kind for mark in ordered if mark.start <= start and end <= mark.end}))
    return Markup("".join(out))
