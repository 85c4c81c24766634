"""A folder that appears under its name once all its files are written."""
import contextlib
import os
import shutil
from typing import Iterator, Sequence

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError


def check(path: str, marker: str, own: Sequence[str], inputs: Sequence[str]) -> None:
    """Checks that a new folder may take the place of `path`.

    Args:
      path: the folder to come.
      marker: the name of a file that every earlier folder of this kind holds.
      own: all names that such a folder may hold.
      inputs: paths of files that must survive.

    Raises:
      UserError: `path` is a file, is remote, holds an input, or holds something else.
    """
    if files.is_remote(path):
        raise UserError("%s: the site is written to a local folder alone" % path)
    if not os.path.lexists(path):
        return
    if not os.path.isdir(path) or os.path.islink(path):
        raise UserError("%s is not a folder: give another --output_dir" % path)
    held = set(os.listdir(path))
    if held and (marker not in held or not held <= set(own)):
        raise UserError("%s holds something else (%s): give an empty or a new folder"
                        % (path, sorted(held - set(own) or held)[0]))
    folder = os.path.realpath(path) + os.sep
    for name in inputs:
        if not files.is_remote(name) and os.path.realpath(name).startswith(folder):
            raise UserError("%s is in %s, which is about to be replaced: give another folder"
                            % (name, path))


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Gives the path of a new folder that takes the place of `path` when the block ends.

    If the block raises, `path` stays as it was. Leftovers of a killed run are removed by the next;
    if it was killed while the new folder took the old one's place, the next puts the old one back.

    Raises:
      UserError: a file cannot be written, or another run is writing the same folder.
    """
    path = os.path.abspath(path)
    above, name = os.path.split(path)
    new, old = (os.path.join(above, ".%s.%s" % (name, end)) for end in ("tmp", "old"))
    with locking.locked(os.path.join(above, ".%s.lock" % name)):
        try:
            _clear(path, new, old)
            os.makedirs(new)
            yield new
            if os.path.isdir(path):
                os.rename(path, old)
            os.rename(new, path)
        except OSError as e:
            raise UserError("cannot write %s: %s" % (e.filename or path, e.strerror or e)) from e
        finally:
            _clear(path, new, old)


def _clear(path: str, new: str, old: str) -> None:
    """Removes what is left beside `path`, and nothing that was under this name and is no more."""
    if os.path.isdir(old) and not os.path.lexists(path):
        with contextlib.suppress(OSError):  # Then it stays where it is, whole.
            os.rename(old, path)
    for left in (new, old):
        if left == new or os.path.lexists(path):
            shutil.rmtree(left, ignore_errors=True)
