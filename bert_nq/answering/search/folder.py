"""The pages of a folder, and the place of its index."""
import hashlib
import os
from typing import Callable, Dict, NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.base.guarding import cannot

INDEX_NAME = ".bert_nq_index.sqlite"


class Stamp(NamedTuple):
    """What tells, without reading it, that a file has not changed."""
    size: int
    mtime_ns: int


def find_pages(folder: str, is_page: Callable[[str], bool]) -> Dict[str, Stamp]:
    """{path relative to the folder: stamp} of all pages in a folder and those in it, in order.

    Hidden files and folders are left out, and folders behind symbolic links, which may lead back.

    Raises:
      UserError: it is no folder, or one of those in it cannot be read.
    """
    if not os.path.isdir(folder):
        raise UserError("there is no folder %s" % folder)
    found = {}
    for here, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = os.path.join(here, name)
            if name.startswith(".") or not is_page(name) or not os.path.isfile(path):
                continue
            try:
                status = os.stat(path)
            except FileNotFoundError:
                continue  # removed since it was listed
            found[os.path.relpath(path, folder)] = Stamp(status.st_size, status.st_mtime_ns)
    return dict(sorted(found.items()))


def _refuse(error: OSError) -> None:
    raise cannot("read", str(error.filename), error) from error


def index_path(folder: str) -> str:
    """Where the index of a folder is kept: in it or, where that may not be written, in the user's
    cache, by a name that stands for the folder."""
    if os.access(folder, os.W_OK):
        return os.path.join(folder, INDEX_NAME)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return os.path.join(cache, "bert_nq", "index-%s.sqlite" % name)
