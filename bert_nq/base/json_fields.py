"""Descriptions of JSON objects by their fields, and the search for a field that does not fit.

    SPAN = {"start_token": Field(INTEGER), "end_token": Field(INTEGER)}
    find_fault(value, {"whole": Field(SPAN), "parts": Field([SPAN])})

gives "parts[1].end_token is null, an integer is wanted". A kind of value is a `Type`, an
object's description like SPAN, or a list of one kind: that of its items. Fields that a description
does not have are not looked at.
"""
import json
import operator
from typing import Any, Dict, List, NamedTuple, Optional, Union


class Type(NamedTuple):
    """A type of values that are neither objects nor lists."""
    python: type  # of the parsed value, no subclass: true is no integer
    name: str  # as messages have it


class Field(NamedTuple):
    """A field of an object."""
    kind: Any  # a Kind
    required: bool = True
    nullable: bool = False  # whether null stands for a missing value


Fields = Dict[str, Field]
Kind = Union[Type, Fields, List[Any]]

TEXT = Type(str, "a string")
FLAG = Type(bool, "true or false")
INTEGER = Type(int, "an integer of 64 bits")
# Greater ones are floats for some parsers of JSON, and integers for others.
LEAST_INTEGER, GREATEST_INTEGER = -2 ** 63, 2 ** 63 - 1

_MOST_CHARACTERS = 40  # of a value in a message


def find_fault(value: Any, kind: Kind, path: str = "") -> Optional[str]:
    """The first fault of a parsed JSON value, in a line that names the field; None if it fits.

    Args:
      value: of any type.
      kind: what it should be.
      path: its place in the whole, "annotations[0]"; "" for the whole.
    """
    if isinstance(kind, Type):
        return None if all_fit([value], kind) else _wanted(value, path, kind.name)
    if isinstance(kind, list):
        if type(value) is not list:
            return _wanted(value, path, "a list")
        faults = (find_fault(item, kind[0], "%s[%d]" % (path, i)) for i, item in enumerate(value))
        return next(filter(None, faults), None)
    if type(value) is not dict:
        return _wanted(value, path, "an object")
    prefix = path + "." if path else ""
    return next(filter(None, (_fault_of_field(value, name, field, prefix + name)
                              for name, field in kind.items())), None)


def select(fields: Fields, *names: str) -> Fields:
    """Some of the fields."""
    return {name: fields[name] for name in names}


def all_fit(values: List[Any], kind: Type) -> bool:
    """Whether `find_fault` has none to tell of any value; quick."""
    if not set(map(type, values)) <= {kind.python}:
        return False
    return (kind is not INTEGER or not values
            or min(values) >= LEAST_INTEGER and max(values) <= GREATEST_INTEGER)


def read_columns(record: Dict[str, Any], name: str, fields: Fields) -> Optional[List[List[Any]]]:
    """The values of fields of the objects in a long list: a list for each of `fields`; quick.

    Args:
      record: the object that has the list.
      name: its field with the list.
      fields: required ones, of `Type`s.

    Returns:
      None where there is no such list or it does not fit; `find_fault` says why.
    """
    items = record.get(name)
    if type(items) is not list:
        return None
    try:
        columns = [list(map(operator.itemgetter(field), items)) for field in fields]
    except (KeyError, TypeError):
        return None
    fits = (all_fit(column, field.kind) for column, field in zip(columns, fields.values()))
    return columns if all(fits) else None


def _fault_of_field(record: Dict[str, Any], name: str, field: Field, path: str) -> Optional[str]:
    if name not in record:
        return "the field '%s' is missing" % path if field.required else None
    value = record[name]
    return None if value is None and field.nullable else find_fault(value, field.kind, path)


def _wanted(value: Any, path: str, wanted: str) -> str:
    return "%s is %s, %s is wanted" % (path or "the value", _shown(value), wanted)


def _shown(value: Any) -> str:
    """The value as JSON, cut short; of lists and objects only that they are such."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value[:_MOST_CHARACTERS] if isinstance(value, str) else value)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "..."
