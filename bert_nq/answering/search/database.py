"""The SQLite file of an index: its tables, and its errors as a person reads them."""
import contextlib
import os
import sqlite3
import sys
from typing import Iterator

from bert_nq.base import files
from bert_nq.base.errors import UserError

_APPLICATION_ID = 0x6E716978  # "nqix": tells an index from other databases
# Another number where tables, or what they hold of a page, have changed: an index of another
# version is made anew.
_VERSION = 1
_OLDEST_SQLITE = (3, 27)  # the first whose tokenizer knows remove_diacritics 2
_SECONDS_TO_WAIT = 30  # for another process that writes

_TABLES = (
    # The path is as the file system has it, relative to the folder. The page's rows in `passage`
    # are first_row <= rowid < end_row. `error` says why a file is no page.
    """CREATE TABLE page(
        id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, checksum TEXT,
        title TEXT NOT NULL, first_row INTEGER NOT NULL, end_row INTEGER NOT NULL, error TEXT)""",
    """CREATE VIRTUAL TABLE passage USING fts5(
        about, text, page UNINDEXED, candidate UNINDEXED,
        tokenize = "porter unicode61 remove_diacritics 2")""",
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB)",
)


def connect(path: str) -> sqlite3.Connection:
    """Opens an index, or makes an empty one. Threads must take turns with the connection.

    Raises:
      UserError: SQLite lacks the full-text search, or the file is none of ours or broken.
    """
    _check_sqlite()
    files.make_folder(os.path.dirname(os.path.abspath(path)))
    with told(path):
        # Without isolation_level, transactions begin and end where the code says.
        connection = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None,
                                     check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _check_sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    except sqlite3.OperationalError as e:
        raise UserError(_wanted("it has no FTS5 (%s)" % e)) from e
    finally:
        connection.close()
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise UserError(_wanted("it is older than %d.%d" % _OLDEST_SQLITE))


def _wanted(fault: str) -> str:
    remedy = "use a Python with another one, such as conda's or uv's"
    if "tensorflow" in sys.modules:  # See base.early_sqlite.
        remedy = "import sqlite3 before tensorflow, which may have one of its own, or " + remedy
    return ("the index of pages needs SQLite's full-text search, and the SQLite %s of this Python "
            "will not do: %s; %s" % (sqlite3.sqlite_version, fault, remedy))


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    application, version = _number(connection, "application_id"), _number(connection,
                                                                          "user_version")
    if (application, version) == (_APPLICATION_ID, _VERSION):
        return
    with transaction(connection):
        # Another process may have made the tables meanwhile.
        application = _number(connection, "application_id")
        if (application, _number(connection, "user_version")) == (_APPLICATION_ID, _VERSION):
            return
        if application == _APPLICATION_ID:
            for table in ("page", "passage", "setting"):
                connection.execute("DROP TABLE IF EXISTS %s" % table)
        elif connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise UserError("%s is a database of something else: choose another --index" % path)
        for table in _TABLES:
            connection.execute(table)
        connection.execute("PRAGMA application_id = %d" % _APPLICATION_ID)
        connection.execute("PRAGMA user_version = %d" % _VERSION)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return connection.execute("PRAGMA %s" % pragma).fetchone()[0]


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All that the block writes, or nothing of it; what it reads is of one moment.

    Args:
      connection: to the index.
      kind: IMMEDIATE for a block that writes, DEFERRED for one that only reads.
    """
    connection.execute("BEGIN " + kind)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def told(path: str) -> Iterator[None]:
    """Turns SQLite's errors in the block into a `UserError` that names the file."""
    try:
        yield
    except sqlite3.OperationalError as e:
        if "locked" in str(e):
            raise UserError("the index %s is being written by another process: wait until it has "
                            "ended" % path) from e
        raise UserError("cannot use the index %s: %s; is there room on the disk, and may it be "
                        "written? --index names another file" % (path, e)) from e
    except sqlite3.DatabaseError as e:
        raise UserError("%s is no index, or a broken one (%s): remove it, and it will be made "
                        "again, or choose another --index" % (path, e)) from e


def storable(text: str) -> str:
    """Text as UTF-8 can hold it: halves of a surrogate pair become question marks."""
    return text.encode("utf8", "replace").decode("utf8")
