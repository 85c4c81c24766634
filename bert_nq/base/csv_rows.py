"""Rows of CSV, or of values between tabs, whose first line names the columns."""
import csv
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Union


class NotCSVError(ValueError):
    """The text is no table of the kind that is wanted; the message says why."""


def rows(text: Iterable[bytes], reject: Callable[[List[str]], Optional[str]]
         ) -> Iterator[Union[Dict[str, str], str]]:
    """Yields each row by the names of its columns, or a message on one that has too few or many.

    Args:
      text: the lines of a file in UTF-8; quoted fields may hold ends of lines.
      reject: given the names of the columns, what is wrong with them, or None.

    Raises:
      NotCSVError: it is none, or none from there on, or `reject` has an objection.
    """
    csv.field_size_limit(1 << 30)  # By default 128 kB; a long page has more.
    lines = _lines(text)
    names = next(lines, "")
    delimiter = "\t" if "\t" in names and "," not in names else ","
    columns = next(csv.reader([names], delimiter=delimiter), [])
    objection = reject(columns)
    if objection:
        raise NotCSVError("%s: its first line is %.60r" % (objection, names.strip()))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as e:
            raise NotCSVError("not CSV at line %d: %s" % (reader.line_num + 1, e)) from e
        if row is None:
            return
        if row and len(row) != len(columns):
            yield ("the row that ends at line %d has %d columns and not %d"
                   % (reader.line_num + 1, len(row), len(columns)))
        elif row:
            yield dict(zip(columns, row))


def _lines(text: Iterable[bytes]) -> Iterator[str]:
    """Yields lines as text, with their ends, which may be within a quoted field."""
    for number, line in enumerate(text, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as e:
            raise NotCSVError("line %d is not UTF-8" % number) from e
