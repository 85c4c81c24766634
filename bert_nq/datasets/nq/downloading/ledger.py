"""What has been fetched into a folder."""
import os
import threading
from typing import Dict, NamedTuple

from bert_nq.base import files
from bert_nq.base.errors import UserError

NAME = "nq-downloads.json"


class Entry(NamedTuple):
    """A file as it was when it was checked last."""
    url: str
    size: int
    crc32c: str  # base64, as in the storage API
    mtime_ns: int  # 0 if a check failed: whoever comes next must look again


class Ledger:
    """The file nq-downloads.json of a folder: paths below it, and what is known of them.

    Attributes:
      entries: by path. Change them through `put` alone, which threads may call at once.
    """

    def __init__(self, folder: str):
        """Reads the ledger; that of a folder without one is empty.

        Raises:
          UserError: it is not one of ours.
        """
        self.path = os.path.join(folder, NAME)
        self.entries: Dict[str, Entry] = {}
        self._lock = threading.Lock()
        content = files.read_json(self.path)
        if content is None:
            return
        try:
            for local, fields in content["files"].items():
                self.entries[local] = Entry(**fields)
        except (KeyError, TypeError, AttributeError) as e:
            raise UserError("%s is not a record of downloads (%s): remove it, and the files are "
                            "checked anew" % (self.path, e)) from e

    def put(self, local: str, entry: Entry) -> None:
        """Writes an entry to disk, whole or not at all."""
        with self._lock:
            self.entries[local] = entry
            content = {name: e._asdict() for name, e in self.entries.items()}
            files.write_json(self.path, {"files": content})
