"""Large JSON objects, written as their members come, indented as SQuAD's official scripts do it."""
import contextlib
import json
from typing import Any, Callable, Iterator

from bert_nq.base import files

# json is several times as fast without `indent`: line breaks come in as a part of the separator.
_encode = json.JSONEncoder(separators=(",\n            ", ": ")).encode


@contextlib.contextmanager
def json_object(path: str) -> Iterator[Callable[[str, Any], None]]:
    """Gives a function that takes the keys and values of an object; the file is written or replaced
    when the block ends.

    Values are texts, numbers, or lists of flat objects.
    """
    with files.replacing(path) as out:
        out.write(b"{")
        separator = "\n    "

        def write(key: str, value: Any) -> None:
            nonlocal separator
            out.write(("%s%s: %s" % (separator, json.dumps(key), _indented(value))
                       ).encode("ascii"))
            separator = ",\n    "

        yield write
        out.write(b"}\n" if separator[0] == "\n" else b"\n}\n")


@contextlib.contextmanager
def file_by_id(path: str, of_entry: Callable[[Any], Any]) -> Iterator[Callable[[Any], None]]:
    """Gives a function that takes entries; the file, of their "id"s and what `of_entry` makes of
    them, is written or replaced when the block ends."""
    with json_object(path) as write:
        yield lambda entry: write(entry["id"], of_entry(entry))


def _indented(value: Any) -> str:
    """The JSON of a text, a number or a list of flat objects, indented by 4 as a member of an
    object."""
    text = _encode(value)
    if not isinstance(value, list) or not value:
        return text
    # Texts have no line breaks of their own in JSON, so these are those of the separator.
    inner = text[2:-2].replace("},\n            {", "\n        },\n        {\n            ")
    return "[\n        {\n            %s\n        }\n    ]" % inner
