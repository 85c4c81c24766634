"""A process in which TensorFlow is loaded, and copies of which become programs.

Loading TensorFlow takes seconds, and hundreds of the suite's programs need it. A copy of a process
that has loaded it begins like an interpreter that was started anew: it has no thread, session or
flag of its own yet, and its main module is the program. `run` is for programs alone that a user
starts with nothing special about the interpreter; whatever is about the start of one is tested with
a new interpreter.

Run as a program this is the server: it reads a request from each line of its standard input, copies
itself, and writes the exit code to standard output when the copy has ended.
"""
import atexit
import json
import multiprocessing.context
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import types
from multiprocessing import connection, forkserver, popen_forkserver
from typing import Any, List, Optional

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class _Server:
    """The server's process; it is started when it is first asked."""

    def __init__(self):
        self._process: Optional[subprocess.Popen] = None
        self._lock = threading.Lock()

    def run(self, request: Any, timeout: Optional[float]) -> int:
        """The exit code of a program; raises TimeoutExpired, and kills it, where it takes longer.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            self._write(request)
            pid = int(self._process.stdout.readline())
            timer = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL)) if timeout else None
            if timer:
                timer.start()
            code = int(self._process.stdout.readline())
            if timer:
                timer.cancel()
                if code == -signal.SIGKILL:
                    raise subprocess.TimeoutExpired(request["arguments"], timeout)
            return code

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, universal_newlines=True, cwd=ROOT)
        atexit.register(self._process.kill)

    def _write(self, request):
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()


_SERVER = _Server()


def run(arguments: List[str], cwd: Optional[str] = None, input: str = "",
        timeout: Optional[float] = None) -> subprocess.CompletedProcess:
    """Runs a program, `arguments` being its file and what is behind it, as subprocess.run does."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("stdin", "stdout", "stderr")]
        with open(paths[0], "w") as f:
            f.write(input)
        code = _SERVER.run({"arguments": arguments, "cwd": cwd or os.getcwd(), "streams": paths,
                            "environment": dict(os.environ)}, timeout)
        out, err = (_read(path) for path in paths[1:])
    return subprocess.CompletedProcess([sys.executable] + arguments, code, out, err)


def _copy_workers(address):
    """Has the program's workers copied as well, from a process like this one, not started anew.

    It is the server of multiprocessing's start method "forkserver", which otherwise would begin
    with a new interpreter. It ends when this process does.
    """
    listener = connection.Listener(address, "AF_UNIX")
    ended, alive = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(alive)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        forkserver.main(listener._listener._socket.fileno(), ended, [])
    os.close(ended)
    server = forkserver._forkserver
    server._forkserver_address, server._forkserver_alive_fd = address, alive
    server._forkserver_pid = pid
    listener._listener._unlink.cancel()
    listener._listener._socket.close()
    multiprocessing.context.SpawnProcess._Popen = staticmethod(popen_forkserver.Popen)


def _read(path):
    with open(path) as f:
        return f.read()


def _load():
    """Loads what takes long, and takes away the flags that TensorFlow defines.

    Programs parse theirs before they load it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as programs have it
    from absl import app, flags  # The flags of app are those of every program.
    del app
    known = set(flags.FLAGS)
    import matplotlib.axes
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg  # noqa: F401
    import sentencepiece  # noqa: F401 - before TensorFlow 1.15, behind which its trainer crashes
    import tensorflow.compat.v1 as tf
    getattr(tf.estimator, "tpu", None)  # Loaded when it is asked for.
    for name in set(flags.FLAGS) - known:
        delattr(flags.FLAGS, name)


def _serve():
    """Answers requests; in a copy that is to be a program, returns the request."""
    _load()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            return json.loads(line)
        _tell(answers, pid)
        _, status = os.waitpid(pid, 0)
        _tell(answers, -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
    os._exit(0)


def _tell(answers, number):
    answers.write("%d\n" % number)
    answers.flush()


def _become(request):
    """Makes this process one in which Python has just been told to run a program."""
    path = request["arguments"][0]
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (stream, mode) in enumerate(zip(request["streams"], modes)):
        os.dup2(os.open(stream, mode, 0o600), number)
    random.seed()
    sys.modules["numpy"].random.seed()
    sys.argv = request["arguments"]
    sys.path[0] = os.path.dirname(path)
    _copy_workers(os.path.join(os.path.dirname(request["streams"][0]), "workers"))
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    with open(path, "rb") as f:
        return compile(f.read(), path, "exec"), main.__dict__


if __name__ == "__main__":
    exec(*_become(_serve()))
