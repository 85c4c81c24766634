"""Opening, finding and safely replacing files, local or (through fsspec) remote."""
import contextlib
import fcntl
import glob
import io
import json
import os
import secrets
import stat
from typing import IO, Any, Iterable, Iterator, List, Sequence, Tuple

import google_crc32c

from bert_nq.base import formats, json_text
from bert_nq.base.errors import UserError
from bert_nq.base.guarding import Guarded, cannot

# The longest line, the longest value of a JSON file that is read value by value, and the largest
# file that is read as a whole: ten times the largest page of Natural Questions, and more than any
# config or vocabulary. Whatever is longer is a mistake or malice, and would take all memory.
MOST_BYTES = 1 << 27

_TAIL_BYTES = 1 << 16  # the end of a file that its fingerprint covers
_CHUNK_BYTES = 1 << 20
_TEMPORARY = ".tmp"
_HADOOP_SCHEMES = ("hdfs", "webhdfs")


def is_remote(path: str) -> bool:
    """Whether `path` is a URL such as gs://bucket/name rather than a local path."""
    return "://" in path


def _file_system(path: str):
    """A new instance of the remote file system of `path`.

    Not fsspec's cached one: a transaction is state of the instance, and two of them would mix.
    """
    try:
        from fsspec.core import url_to_fs
        return url_to_fs(path, skip_instance_cache=True)[0]
    except ImportError as e:
        raise UserError("%s: remote paths need fsspec: pip install 'bert_nq[remote]' and the file "
                        "system's own package (gcsfs, s3fs): %s" % (path, e)) from None
    except ValueError as e:
        raise UserError("%s: %s" % (path, e)) from None


def expand(patterns: str, what: str = "input") -> List[str]:
    """Files named by a comma list of paths and globs; the matches of each glob are sorted.

    Args:
      patterns: the comma list.
      what: the kind of file, as messages call it.

    Raises:
      UserError: a pattern matches nothing (the message shows it), or a folder was given.
    """
    paths = []
    for pattern in filter(None, (p.strip() for p in patterns.split(","))):
        if is_remote(pattern):
            root = _remote_root(pattern)
            with _reading(pattern):
                matches = [root + m for m in _file_system(pattern).glob(pattern)]
        elif os.path.exists(pattern):
            matches = [pattern]
        else:
            matches = glob.glob(pattern)
        if not matches:
            raise UserError("no %s file matches %r (looked from %s)"
                            % (what, pattern, os.getcwd()))
        paths.extend(sorted(matches))
    if not paths:
        raise UserError("no %s file given" % what)
    folders = [path for path in paths if not is_remote(path) and os.path.isdir(path)]
    if folders:
        raise UserError("%s is a folder: give the %s files in it, as in '%s'"
                        % (folders[0], what, os.path.join(folders[0], "*")))
    return paths


def expand_once(patterns: str, what: str) -> List[str]:
    """`expand`; the same file twice is an error."""
    paths = expand(patterns, what)
    seen = set()
    for path in paths:
        if path in seen:
            raise UserError("%s is named twice in %r" % (path, patterns))
        seen.add(path)
    return paths


def _remote_root(path: str) -> str:
    """The beginning of a URL that is missing from the paths that `glob` returns.

    hdfs://HOST:PORT/PATH is returned as /PATH, gs://BUCKET/PATH as BUCKET/PATH.
    """
    scheme, rest = path.split("://", 1)
    return "%s://%s" % (scheme, rest.split("/")[0] if scheme in _HADOOP_SCHEMES else "")


def check_output(output: str, inputs: Sequence[str]) -> None:
    """Refuses an output that is a folder or one of the inputs, before anything is written.

    Raises:
      UserError: it is one. Whether a remote path is a folder is not checked.
    """
    if _real(output) in map(_real, inputs):
        raise UserError("%s is input and output at once: choose another output" % output)
    if os.path.isdir(output):
        raise UserError("the output %s is a folder: give the name of a file" % output)


def absolute(path: str) -> str:
    """An absolute path; a remote path is returned unchanged."""
    return path if is_remote(path) else os.path.abspath(path)


def _real(path: str) -> str:
    return path if is_remote(path) else os.path.realpath(path)


def open_binary(path: str) -> IO[bytes]:
    """Opens `path` for reading bytes.

    Raises:
      UserError: it cannot be opened; the operating system's reason is in the message.
    """
    with _reading(path):
        raw = (_file_system(path).open(path, "rb") if is_remote(path)
               else open(path, "rb", buffering=0))
    return io.BufferedReader(Guarded(raw, path))


def read_head(path: str) -> bytes:
    """The first bytes of a file, formats.HEAD_BYTES where there are so many.

    Raises:
      UserError: it cannot be read, or is no file.
    """
    check_no_pipes([path])
    with open_binary(path) as f:
        return f.read(formats.HEAD_BYTES)


def read_whole(path: str) -> bytes:
    """All of a small text file, such as a config or a vocabulary.

    Raises:
      UserError: it cannot be read, is no small file, or is packed or in another encoding.
    """
    check_no_pipes([path])
    with open_binary(path) as f:
        data = read_at_most(f, path)
    formats.check(data[:formats.HEAD_BYTES], path)
    return data


def read_at_most(stream: IO[bytes], path: str) -> bytes:
    """The rest of an opened file, decompressed or not.

    Raises:
      UserError: it cannot be read, or has more than MOST_BYTES, of which no more is read.
    """
    parts, num_bytes = [], 0
    for part in iter(lambda: stream.read(_CHUNK_BYTES), b""):
        parts.append(part)
        num_bytes += len(part)
        if num_bytes > MOST_BYTES:
            raise UserError("%s has more than %d MB, so it is not the file that is wanted"
                            % (path, MOST_BYTES >> 20))
    return b"".join(parts)


def check_no_pipes(paths: Iterable[str]) -> None:
    """Refuses pipes where files are read more than once: the second time would wait for ever.

    Raises:
      UserError: one of `paths` is a pipe, such as bash makes of <(...).
    """
    for path in paths:
        with contextlib.suppress(OSError):  # Whoever opens it says why it cannot be read.
            if not is_remote(path) and stat.S_ISFIFO(os.stat(path).st_mode):
                raise UserError("%s is a pipe, and is read more than once: write its content to a "
                                "file, and give that" % path)


@contextlib.contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise cannot("read", path, e) from e


def make_folder(path: str) -> None:
    """Creates the folder `path` and its parents where they are missing; no-op for remote paths."""
    if path and not is_remote(path):
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as e:
            raise UserError("cannot create the folder %s: %s" % (path, e.strerror or e)) from e


def fingerprint(path: str, with_time: bool = True) -> str:
    """A string that changes when the file does, found without reading all of it.

    Made of size, modification time, and a checksum of the last 64 kB; a gzip file ends in the
    checksum of its whole content, so that this covers it. For a remote file it is fsspec's `ukey`.

    Args:
      path: the file.
      with_time: False leaves out the modification time, so that a copy has the same fingerprint.

    Raises:
      UserError: it cannot be read.
    """
    if is_remote(path):
        with _reading(path):
            return str(_file_system(path).ukey(path))
    check_no_pipes([path])
    with open_binary(path) as f:
        num_bytes = f.seek(0, os.SEEK_END)
        f.seek(max(0, num_bytes - _TAIL_BYTES))
        time = "%d-" % os.fstat(f.fileno()).st_mtime_ns if with_time else ""
        return "%d-%s%08x" % (num_bytes, time, google_crc32c.value(f.read()))


def size(path: str) -> int:
    """Size of a file in bytes.

    Raises:
      UserError: it cannot be read.
    """
    with _reading(path):
        return _file_system(path).size(path) if is_remote(path) else os.path.getsize(path)


def crc32c(path: str) -> str:
    """CRC-32C of the bytes of a file; 8 hex digits.

    Raises:
      UserError: it cannot be read.
    """
    crc = 0
    with open_binary(path) as f:
        for chunk in iter(lambda: f.read(_CHUNK_BYTES), b""):
            crc = google_crc32c.extend(crc, chunk)
    return "%08x" % crc


def write_json(path: str, content: Any) -> None:
    """Writes or replaces a JSON file."""
    with replacing(path) as out:
        out.write(json.dumps(content, indent=1, sort_keys=True).encode("ascii") + b"\n")


def read_json(path: str, must_exist: bool = False, remedy: str = "remove it") -> Any:
    """The content of a JSON file, None if there is no such file.

    Args:
      path: the file.
      must_exist: whether it is an error if there is no such file.
      remedy: what to do about a file that is not JSON; ends the message.

    Raises:
      UserError: it cannot be read, or is not JSON.
    """
    with _reading(path):
        exists = _file_system(path).exists(path) if is_remote(path) else os.path.lexists(path)
    if not (exists or must_exist):
        return None
    text = read_whole(path)
    try:
        return json_text.parse(text)
    except json_text.NotJSONError as e:
        raise UserError("%s is not JSON (%s)%s" % (path, e, remedy and ": " + remedy)) from e


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Opens a binary file that replaces `path` atomically when the block ends without an error.

    Data go to a temporary file in the same folder, which is flushed to disk and then renamed:
    whenever the process is killed, `path` holds either its old content or all of the new one. The
    temporary file of a killed process is removed by the next one that replaces `path`.

    Raises:
      UserError: the file cannot be written.
    """
    if is_remote(path):
        try:
            with _replacing_remote(path) as out:
                yield out
        except OSError as e:
            raise cannot("write", path, e) from e
        return
    folder, name = os.path.split(os.path.abspath(path))
    make_folder(folder)
    try:
        _remove_abandoned(folder, name)
        handle, temporary = _new_temporary(folder, name)
    except OSError as e:
        raise cannot("write", path, e) from e
    try:
        with io.BufferedWriter(Guarded(os.fdopen(handle, "wb", 0), path, "write")) as out:
            yield out
            out.flush()
            with _writing(path):
                os.fsync(out.fileno())
        with _writing(path):
            os.replace(temporary, path)
    except BaseException:
        _unlink(temporary)
        raise


@contextlib.contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise cannot("write", path, e) from e


@contextlib.contextmanager
def _replacing_remote(path: str) -> Iterator[IO[bytes]]:
    file_system = _file_system(path)
    if path.split("://")[0] not in _HADOOP_SCHEMES:
        with file_system.transaction, file_system.open(path, "wb") as out:
            yield out
        return
    # Hadoop has renames but no transactions (fsspec's fail there).
    folder, name = path.rsplit("/", 1)
    temporary = "%s/.%s.%s%s" % (folder, name, secrets.token_hex(4), _TEMPORARY)
    try:
        with file_system.open(temporary, "wb") as out:
            yield out
        if file_system.exists(path):
            file_system.rm_file(path)  # Hadoop's rename does not replace an existing file.
        file_system.mv(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            file_system.rm_file(temporary)
        raise


def _new_temporary(folder: str, name: str) -> Tuple[int, str]:
    """(handle, path) of a new temporary file, locked for as long as its writer lives."""
    while True:
        path = os.path.join(folder, ".%s.%s%s" % (name, secrets.token_hex(4), _TEMPORARY))
        # Not from tempfile, whose files only their owner can read: 0o666 leaves it to the umask.
        # (The umask can be read only by changing it, which would affect all threads.)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if _lock(handle) and os.path.exists(path):
            return handle, path
        os.close(handle)  # Another process took the file for abandoned before it was locked.


def _remove_abandoned(folder: str, name: str) -> None:
    """Removes temporary files of `name` whose writers were killed: those that nobody locks."""
    for path in glob.glob(os.path.join(glob.escape(folder),
                                       "." + glob.escape(name) + ".*" + _TEMPORARY)):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDWR)
            if _lock(handle):
                os.unlink(path)
            os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # The file system has no locks.
    return True


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
