"""Text that a shell or a flag file reads back as it was, whatever is in it."""
import re
import shlex

_NAMED = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r"\$'((?:[^'\\]|\\.)*)'")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)")


def for_shell(text: str) -> str:
    """A word that a shell takes for `text`."""
    return shlex.quote(text) if text.isprintable() else escaped(text)


def one_line(message: str) -> str:
    """A message in which names with line feeds, and what else moves the cursor, are escaped."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"),
                        message)


def for_flag_file(value: str) -> str:
    """What stands behind `--name=` in a flag file: the value, or, where lines end or are stripped
    otherwise, the value as bash's $'...' has it."""
    plain = value.isprintable() and value == value.strip() and not value.startswith("$'")
    return value if plain else escaped(value)


def escaped(text: str) -> str:
    r"""$'...' with escapes, printable whatever the text is: bytes that are no UTF-8 are \xff."""
    return "$'%s'" % "".join(map(_escape, text))


def _escape(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character.isprintable():
        return character
    # Python has bytes of names that are not UTF-8 as surrogates.
    return "".join("\\x%02x" % byte for byte in character.encode("utf8", "surrogateescape"))


def from_flag_file(value: str) -> str:
    """The value that `for_flag_file` has written."""
    found = _ESCAPED.fullmatch(value)
    if not found:
        return value
    return _ESCAPE.sub(_unescape, found.group(1).encode("utf8")).decode("utf8", "surrogateescape")


def _unescape(found) -> bytes:
    escape = found.group(1)
    if len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(escape, escape)
