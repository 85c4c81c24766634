"""Tables as text: for a terminal, and in Markdown."""
from typing import Iterable, Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns for a terminal: the first one aligned to the left, the numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(
        [cells[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(cells[1:], widths[1:])])
        for cells in rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its head."""
    head, rest = rows[0], rows[1:]
    return "\n".join(_line(cells) for cells in [head, ["---"] * len(head)] + list(rest))


def _line(cells: Iterable[str]) -> str:
    return "| %s |" % " | ".join(cells)


def escaped(text: str) -> str:
    """Text of a page, which is not trusted, with all Markdown and HTML in it escaped."""
    text = " ".join(text.split()).encode("utf8", "replace").decode("utf8")
    for character in "\\`*_[]<>|#&":
        text = text.replace(character, "\\" + character)
    return text
