"""The pages of a folder, and the place of its index."""
import hashlib
import os
from typing import Dict, Iterable, NamedTuple

from bert_nq.base.guarding import cannot

INDEX_NAME = ".bert_nq_index.sqlite"


class Stamp(NamedTuple):
    """The facts of a file by which it is known, unread, to be as it was."""
    size: int
    mtime_ns: int


def stamps(folder: str, paths: Iterable[str]) -> Dict[str, Stamp]:
    """{path relative to the folder: stamp} of files, in order; what has gone is left out.

    Args:
      folder: the folder.
      paths: of files in it.

    Raises:
      UserError: a file cannot be looked at.
    """
    found = {}
    for path in paths:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue  # removed since it was listed
        except OSError as e:
            raise cannot("read", path, e) from e
        found[os.path.relpath(path, folder)] = Stamp(status.st_size, status.st_mtime_ns)
    return dict(sorted(found.items()))


def index_path(folder: str) -> str:
    """Where the index of a folder is kept: in it or, where that may not be written, in the user's
    cache, by a name that stands for the folder."""
    if os.access(folder, os.W_OK):
        return os.path.join(folder, INDEX_NAME)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return os.path.join(cache, "bert_nq", "index-%s.sqlite" % name)
