"""What has been fetched into a folder, and that only one run at a time fetches into it."""
import contextlib
import fcntl
import json
import os
import threading
from typing import Dict, Iterator, NamedTuple

from bert_nq import files
from bert_nq.errors import UserError

NAME = "nq-downloads.json"
_LOCK_NAME = ".nq-downloads.lock"


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
        if not os.path.exists(self.path):
            return
        with files.open_binary(self.path) as f:
            text = f.read()
        try:
            for local, fields in json.loads(text.decode("utf8"))["files"].items():
                self.entries[local] = Entry(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise UserError("%s is not a record of downloads (%s): remove it, and the files are "
                            "checked anew" % (self.path, e)) from e

    def put(self, local: str, entry: Entry) -> None:
        """Writes an entry to disk, whole or not at all."""
        with self._lock:
            self.entries[local] = entry
            content = {name: e._asdict() for name, e in sorted(self.entries.items())}
            with files.replacing(self.path) as out:
                out.write(json.dumps({"files": content}, indent=1).encode("utf8") + b"\n")


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Creates the folder and keeps other runs out of it; the kernel ends that with the process.

    Raises:
      UserError: another run is at work in it.
    """
    files.make_folder(folder)
    path = os.path.join(folder, _LOCK_NAME)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as e:
        raise UserError("cannot write %s: %s" % (path, e.strerror or e)) from e
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError("another download into %s is running: wait for it, or give another "
                            "folder" % folder) from None
        except OSError as e:
            raise UserError("%s cannot be locked: %s" % (path, e.strerror or e)) from e
        yield
    finally:
        os.close(handle)
