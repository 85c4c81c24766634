"""Lock files that allow one run at a time; the system frees them when their holder is killed."""
import contextlib
import fcntl
import os
from typing import Iterator

from bert_nq.base import files
from bert_nq.base.errors import UserError


@contextlib.contextmanager
def locked(path: str, waits: bool = False) -> Iterator[None]:
    """Holds the lock file `path` for the block and removes it at the end.

    The system frees the lock of a killed process; the file that it leaves behind does no harm.

    Args:
      path: of the file.
      waits: whether to wait until no other process holds it.

    Raises:
      UserError: another process holds it and `waits` is false, or the file cannot be written.
    """
    while True:
        files.make_folder(os.path.dirname(path))
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # The previous run has just removed the folder.
        except OSError as e:
            raise UserError("cannot write %s: %s" % (path, e.strerror)) from e
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise UserError("another run holds %s: wait until it has ended" % path) from None
        # The previous run may have removed the file between `open` and `flock`.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.stat(path), os.fstat(handle)):
                break
        os.close(handle)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):  # Its folder was removed.
            os.unlink(path)
        os.close(handle)
