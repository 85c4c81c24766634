"""Flag files: the flags of a run, a line each, which --flagfile=FILE repeats.

They are absl's, with two things more: a value may be written as bash's $'...', as names with line
feeds or bytes that are not UTF-8 need it; and whatever is wrong with a file is told with its name
and line.
"""
import os
from typing import Iterator, List, Sequence, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import quoting

_MOST_BYTES = 1 << 20
_DEEPEST = 50  # files, each named by the one before


def expanded(arguments: Sequence[str], flag_values: flags.FlagValues) -> List[str]:
    """The arguments of a program with the lines of files in place of --flagfile=FILE.

    Args:
      arguments: without the program's name.
      flag_values: of the program.

    Raises:
      UserError: a file cannot be read, or has a line that is no flag of the program.
    """
    lenient = any(_name(argument) == "undefok" for argument in arguments)
    result: List[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            return result + [argument] + rest
        if _name(argument) != "flagfile":
            result.append(argument)
            continue
        path = argument.partition("=")[2]
        if "=" not in argument:
            if not rest:
                raise UserError("--flagfile needs the name of a file: --flagfile=FILE")
            path = rest.pop(0)
        for where, line in _lines(path, ()):
            _check(where, line, flag_values, lenient)
            result.append(line)
    return result


def _name(argument: str) -> str:
    """Of a flag: --name=value and -name are of "name"; else ""."""
    return argument.partition("=")[0].lstrip("-") if argument.startswith("-") else ""


def _lines(path: str, readers: Tuple[str, ...]) -> Iterator[Tuple[str, str]]:
    """(place, flag) of the lines of a file and of the files that it names.

    Args:
      path: the file.
      readers: the files that name it, the first one first.
    """
    path = os.path.expanduser(path)
    if path in readers:
        raise UserError("%s reads itself: %s" % (path, " names ".join(readers + (path,))))
    if len(readers) == _DEEPEST:
        raise UserError("%s: more than %d flag files that name each other" % (path, _DEEPEST))
    for number, line in enumerate(_text(path).split("\n"), 1):
        line = line.strip()
        if not line or line.startswith(("#", "//")):
            continue
        name, equals, value = line.partition("=")
        value = quoting.from_flag_file(value)
        if _name(line) == "flagfile":
            yield from _lines(value, readers + (path,))
        else:
            yield "%s, line %d" % (path, number), name + equals + value


def _text(path: str) -> str:
    with files.open_binary(path) as f:
        try:
            content = f.read(_MOST_BYTES + 1)
        except OSError as e:
            raise UserError("cannot read %s: %s" % (path, e.strerror or e)) from e
    if len(content) > _MOST_BYTES:
        raise UserError("%s has more than 1 MB: it is no flag file" % path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UserError("%s, line %d: not UTF-8: save the flag file as UTF-8"
                        % (path, content.count(b"\n", 0, e.start) + 1)) from e


def _check(where: str, line: str, flag_values: flags.FlagValues, lenient: bool) -> None:
    name = _name(line)
    if not name or "\0" in line:
        raise UserError("%s: %r is no flag: flags are written --name=value" % (where, line[:60]))
    known = name in flag_values or (name.startswith("no") and name[2:] in flag_values)
    if not (known or lenient or name == "undefok"):
        raise UserError("%s: this program has no flag --%s" % (where, name[:60]))


def write(flag_values: Sequence[flags.Flag], path: str) -> None:
    """Writes or replaces a flag file.

    Args:
      flag_values: the flags in their order; those without a value are left out.
      path: the file.
    """
    lines = [line for flag in flag_values if flag.value is not None for line in _written(flag)]
    with files.replacing(path) as out:
        out.write("".join(line + "\n" for line in lines).encode("utf8"))


def _written(flag: flags.Flag) -> Iterator[str]:
    if isinstance(flag, flags.MultiFlag):
        values = ["--%s=%s" % (flag.name, value) for value in flag.value]
    else:
        values = list(filter(None, [flag.serialize()]))
    for text in values:
        name, equals, value = text.partition("=")
        yield name + equals + quoting.for_flag_file(value)
