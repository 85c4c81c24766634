"""The record of the files fetched into a folder."""
import os
import threading
from typing import Dict, NamedTuple

from bert_nq.base import files
from bert_nq.base.errors import UserError

NAME = "nq-downloads.json"


class Entry(NamedTuple):
    """A file as it was at its last check."""
    url: str
    size: int  # bytes
    crc32c: str  # base64, as in the storage API
    mtime_ns: int  # modification time; 0 if the check failed, so that the next run reads the file


class Ledger:
    """The file nq-downloads.json of a folder.

    Attributes:
      entries: {path below the folder: entry}. Changed only by `put`, which is thread-safe.
    """

    def __init__(self, folder: str):
        """Reads the ledger; it is empty if the folder has none.

        Raises:
          UserError: the file is not a ledger.
        """
        self.path = os.path.join(folder, NAME)
        self.entries: Dict[str, Entry] = {}
        self._lock = threading.Lock()
        content = files.read_json(self.path)
        if content is None:
            return
        try:
            for local, fields in content["files"].items():
                self.entries[local] = _checked(Entry(**fields))
        except (KeyError, TypeError, AttributeError) as e:
            raise UserError("%s is not a record of downloads (%s): remove it, and the files are "
                            "checked anew" % (self.path, e)) from e

    def put(self, local: str, entry: Entry) -> None:
        """Sets an entry and writes the ledger to disk, atomically."""
        with self._lock:
            self.entries[local] = entry
            content = {name: e._asdict() for name, e in self.entries.items()}
            files.write_json(self.path, {"files": content})


def _checked(entry: Entry) -> Entry:
    """The entry itself; TypeError where a field is of another type."""
    for field, value in entry._asdict().items():
        wanted = Entry.__annotations__[field]
        if type(value) is not wanted:
            raise TypeError("%s is %.40r, not %s" % (field, value, wanted.__name__))
    return entry
