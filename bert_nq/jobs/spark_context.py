"""A Spark context for this library: started quietly, with the library on its workers.

pyspark is imported by functions alone: everything else does without it.
"""
import contextlib
import hashlib
import logging
import os
import re
import shutil
import socket
import sys
import tempfile
import time
import zipfile
from typing import Callable, Dict, Iterator, Optional, Tuple

import bert_nq
from bert_nq.base import files
from bert_nq.base.errors import BadExampleError, UserError

_STANDALONE = "spark://"
_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 20.0


@contextlib.contextmanager
def started(master: Optional[str], settings: Dict[str, str], verbose: bool = False) -> Iterator:
    """A SparkContext for the block, to whose workers this very library is sent.

    Args:
      master: "spark://HOST:PORT", "local[*]" and so on; None: as spark-submit or
        spark-defaults.conf say.
      settings: of Spark, by name.
      verbose: whether Spark's own messages are shown.

    Raises:
      UserError: Spark or Java is missing, or the cluster cannot be reached.
    """
    _check_installed()
    if master:
        _check_master(master)
        if master.startswith("local"):  # Else it would take whatever "python3" is.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory(prefix="bert_nq-spark-") as folder:
        context = _start(master, settings, None if verbose else os.path.join(folder, "log"))
        try:
            library = _zip_library(folder)
            if library:
                context.addPyFile(library)
            yield context
        finally:
            context.stop()


def _started_by_spark_submit() -> bool:
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _check_installed() -> None:
    try:
        import pyspark
    except ImportError as e:
        raise UserError("Spark is missing (%s): pip install 'bert_nq[spark]', or start the program "
                        "with spark-submit" % e) from None
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    if not _started_by_spark_submit() and not shutil.which(java):
        raise UserError("Spark %s needs Java %s, and there is no %s: install it (apt-get install "
                        "default-jre-headless), or set JAVA_HOME to where it is" % (
                            pyspark.__version__,
                            "8, 11 or 17" if pyspark.__version__.startswith("3.") else
                            "17 or later", java))


def _check_master(master: str) -> None:
    """Tells in a moment that no master of a cluster answers; Spark takes a minute."""
    if not master.startswith(_STANDALONE):
        return
    reason = "it is written spark://HOST:PORT"
    for address in master[len(_STANDALONE):].split(","):  # Several where some stand by.
        host, _, port = address.rpartition(":")
        if not (host and port.isdigit()):
            continue
        try:
            socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
            return
        except OSError as e:
            reason = e.strerror or str(e)
    raise UserError("no Spark master answers at --master=%s: %s" % (master, reason))


def _start(master: Optional[str], settings: Dict[str, str], log: Optional[str]):
    import pyspark
    conf = pyspark.SparkConf().setAppName("bert_nq")
    if master:
        conf.setMaster(master)
    for name, value in settings.items():
        conf.set(name, value)
    try:
        # Java's standard error is set for good when it starts, which spark-submit has done before.
        with _stderr_to(log) if log else contextlib.nullcontext():
            context = pyspark.SparkContext(conf=conf)
    except Exception as e:  # noqa: B902 - of many types, and all about the cluster
        if "master URL must be set" in str(e):
            raise UserError("--master is needed, such as spark://HOST:7077 or local[*], or start "
                            "the program with spark-submit") from e
        raise UserError("Spark cannot be started: %s (--verbose shows all that it says)"
                        % _first_line(e)) from e
    if log:
        context.setLogLevel("ERROR")
        logging.getLogger("py4j").setLevel(logging.ERROR)  # It tells of each connection closed.
    return context


@contextlib.contextmanager
def _stderr_to(path: str) -> Iterator[None]:
    """Sends the standard error of this process, and of those that it starts, to a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(path, "ab") as log:
            os.dup2(log.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _zip_library(folder: str) -> Optional[str]:
    """Writes this library as a zip file; None where it runs from one, which Spark knows then."""
    root = os.path.dirname(os.path.abspath(bert_nq.__file__))
    if not os.path.isdir(root):
        return None
    path = os.path.join(folder, "bert_nq-library.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for directory, _, names in os.walk(root):
            for name in names:
                if name.endswith(".py"):
                    source = os.path.join(directory, name)
                    out.write(source, os.path.relpath(source, os.path.dirname(root)))
    return path


def send_file(context, path: str, folder: str) -> str:
    """Sends a small file to all workers; returns the name for pyspark.SparkFiles.get.

    Args:
      context: a SparkContext.
      path: the file, such as a vocabulary.
      folder: where a copy is left, under a name that tells it from other files of its name.
    """
    with files.open_binary(path) as f:
        content = f.read()
    name = "bert_nq-%s-%s" % (hashlib.sha256(content).hexdigest()[:16], os.path.basename(path))
    copy = os.path.join(os.path.abspath(folder), name)
    with files.replacing(copy) as out:
        out.write(content)
    context.addFile(copy)
    return name


class Watch:
    """Says, once, that no worker has done anything for a while."""

    def __init__(self, context, note: Callable[[str], None]):
        self._tracker = context.statusTracker()
        self._note = note
        self._at_work = time.monotonic()

    def look(self) -> None:
        """To be called again and again."""
        if self._active_tasks():
            self._at_work = time.monotonic()
        elif time.monotonic() - self._at_work > _IDLE_SECONDS:
            self._at_work = float("inf")
            self._note("waiting for workers: are there any, with free cores and memory? The "
                       "master's web page says it")

    def _active_tasks(self) -> int:
        stages = filter(None, map(self._tracker.getStageInfo, self._tracker.getActiveStageIds()))
        return sum(stage.numActiveTasks for stage in stages)


def failure(error: UserError, what: str) -> str:
    """The message of a task that has failed: an exception would have Spark do it again.

    Args:
      error: of the worker that this runs on.
      what: all machines must see, such as "inputs and outputs".
    """
    if isinstance(error, BadExampleError):
        return str(error)
    return "%s (on the worker %s; all machines must see %s)" % (error, socket.gethostname(), what)


_TRACEBACK = "Traceback (most recent call last):"
_PYTHON_ERROR = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception)): (.*)$", re.MULTILINE)


def spark_errors() -> Tuple[type, ...]:
    """The types of exception that Spark raises when a job is given up."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    return Py4JError, PySparkException


def explained(error: Exception) -> Exception:
    """The exception to raise in place of one that Spark raised when a job was given up.

    Returns:
      A `UserError` where the cluster is at fault; a RuntimeError with the worker's traceback where
      the code is.
    """
    text = _message(error)
    if _TRACEBACK not in text:
        return UserError("Spark gave up: %s (--verbose shows all that it says)"
                         % _first_line(error))
    trace = text[text.index(_TRACEBACK):].split("\n\tat ")[0].strip()
    name, message = (_PYTHON_ERROR.findall(trace) or [("", "")])[-1]
    if name in ("ModuleNotFoundError", "ImportError"):
        return UserError("the Python of a worker lacks a package (%s): install it there, or send "
                         "an environment along, see docs/spark.md" % message)
    if "different version" in message:
        return UserError("%s; set PYSPARK_PYTHON to a Python that all machines have" % message)
    return RuntimeError("on a worker:\n" + trace)


def _message(error: Exception) -> str:
    java = getattr(error, "java_exception", None)
    return (java.toString() if java is not None else str(error)) or type(error).__name__


def _first_line(error: Exception) -> str:
    return _message(error).strip().splitlines()[0]
