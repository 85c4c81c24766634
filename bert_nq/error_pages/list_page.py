"""The list of all questions: one HTML file with the rows as data, which a script shows by parts."""
from typing import IO, Any, Iterator, Sequence

from markupsafe import Markup

from bert_nq.error_pages import documents

_CHUNK = 500  # rows of a data element


def write(out: IO[bytes], package: str, rows: Sequence[str], **values: Any) -> None:
    """Writes the file.

    Args:
      out: takes the bytes.
      package: has the template index.html.j2, which extends list_frame.html.j2.
      rows: JSON, in their order.
      **values: of the template.
    """
    document = documents.template("index.html.j2", package).generate(
        chunks=_chunks(rows), num_listed=format(len(rows), ","), **values)
    for part in document:
        out.write(documents.encode(part))


def _chunks(rows: Sequence[str]) -> Iterator[Markup]:
    """Rows as JSON lists, with no character in them that could end their element."""
    for start in range(0, len(rows), _CHUNK):
        content = "[%s]" % ",\n".join(rows[start:start + _CHUNK])
        for character in "<>&":
            content = content.replace(character, "\\u%04x" % ord(character))
        yield Markup(content)
