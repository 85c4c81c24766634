"""A process in which TensorFlow is loaded, and copies of which become programs.

Loading TensorFlow takes seconds, and hundreds of the suite's programs need it; loading the library
takes half of one. A copy of a process that has loaded them begins like an interpreter that was
started anew: it has no thread, session or flag of its own yet, and its main module is the program.
`run` and `start` are for programs alone that a user starts with nothing special about the
interpreter; whatever is about the start of one is tested with a new interpreter. The programs and
workers that a program starts are copies as well.
The workers that tests start in their own process are copies too, see `copy_workers`.

There is a second server, in which importing TensorFlow ends the program: what comes before that is
tested with its copies.

Run as a program this is a server: each line of its standard input asks it to copy itself or for the
exit code of a copy, and is answered by a line of standard output.
"""
import atexit
import contextlib
import gc
import glob
import importlib
import importlib.abc
import json
import multiprocessing.context
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
from multiprocessing import connection, forkserver, popen_forkserver, reduction
from typing import Any, List, Optional

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# How a program's standard streams are opened: input, output, errors.
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_STREAMS = (os.O_RDONLY, _WRITE, _WRITE)


class _Server:
    """A server's process; it is started when it is first asked. `kind` is one of _LOAD."""

    def __init__(self, kind: str):
        self._kind = kind
        self._process: Optional[subprocess.Popen] = None
        self._lock = threading.Lock()

    def start(self, request: Any) -> int:
        """The process id of a program, which has opened its streams when this returns."""
        return self._ask(dict(request, ask="start"))

    def exit_code(self, pid: int, wait: bool) -> Optional[int]:
        """The exit code of a program that was started; None where it runs, unless it is to `wait`.
        """
        return self._ask({"ask": "wait" if wait else "poll", "pid": pid})

    def _ask(self, request):
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, os.path.abspath(__file__), self._kind],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True,
                    cwd=ROOT)
                atexit.register(self._process.kill)
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


_WITH, _WITHOUT = "with", "without"  # TensorFlow
_SERVERS = {kind: _Server(kind) for kind in (_WITH, _WITHOUT)}


class Program:
    """A program that was started, with what tests use of subprocess.Popen.

    Attributes: pid, args, stdout, stderr (text files where they are pipes), returncode.
    """

    def __init__(self, arguments: List[str], streams: List[str], cwd: Optional[str],
                 environment: Optional[dict], kind: str):
        self.args = [sys.executable] + arguments
        self.returncode: Optional[int] = None
        self._server = _SERVERS[kind]
        self._folder = tempfile.TemporaryDirectory()  # Of the sockets of its workers.
        self.pid = self._server.start({
            "arguments": arguments, "cwd": cwd or os.getcwd(), "streams": streams,
            "folder": self._folder.name, "environment": environment or dict(os.environ)})
        self.stdout: Any = None
        self.stderr: Any = None

    def poll(self) -> Optional[int]:
        return self._ended(wait=False)

    def wait(self, timeout: Optional[float] = None) -> int:
        if timeout is not None:
            end = time.time() + timeout
            while self._ended(wait=False) is None:
                if time.time() > end:
                    raise subprocess.TimeoutExpired(self.args, timeout)
                time.sleep(0.01)
        return self._ended(wait=True)

    def _ended(self, wait):
        if self.returncode is None:
            self.returncode = self._server.exit_code(self.pid, wait)
            if self.returncode is not None:
                self._folder.cleanup()
        return self.returncode

    def send_signal(self, number: int):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def communicate(self, timeout: Optional[float] = None) -> tuple:
        """What it said to the end; None for a stream that is no pipe or was read to its end."""
        said: dict = {}
        pipes = {name: pipe for name, pipe in (("out", self.stdout), ("err", self.stderr))
                 if pipe and not pipe.closed}

        def read(name, pipe):
            said[name] = pipe.read()

        readers = [threading.Thread(target=read, args=item, daemon=True) for item in pipes.items()]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join()
        for pipe in pipes.values():
            pipe.close()
        return said.get("out"), said.get("err")


def start(arguments: List[str], stdout: Any = None, stderr: Any = None, cwd: Optional[str] = None,
          env: Optional[dict] = None) -> Program:
    """Starts a program, `arguments` being its file and what is behind it, as subprocess.Popen does.

    Args:
      stdout, stderr: a file, subprocess.PIPE, which is read as text, subprocess.DEVNULL, or None:
        those of this process.
    """
    streams, pipes, read = [os.devnull], [], []
    for wanted, number in ((stdout, 1), (stderr, 2)):
        pipe = None
        if wanted == subprocess.PIPE:
            reads, number = os.pipe()
            pipes.append(number)
            pipe = open(reads)
        elif wanted not in (None, subprocess.DEVNULL):
            number = wanted.fileno()
        read.append(pipe)
        streams.append(os.devnull if wanted == subprocess.DEVNULL
                       else "/proc/%d/fd/%d" % (os.getpid(), number))
    program = Program(arguments, streams, cwd, env, _WITH)
    for pipe in pipes:
        os.close(pipe)
    program.stdout, program.stderr = read
    return program


def run(arguments: List[str], cwd: Optional[str] = None, input: str = "",
        timeout: Optional[float] = None, tensorflow: bool = True) -> subprocess.CompletedProcess:
    """Runs a program, `arguments` being its file and what is behind it, as subprocess.run does.

    Without `tensorflow`, importing it ends the program with "TensorFlow!" and exit code 1.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("stdin", "stdout", "stderr")]
        with open(paths[0], "w") as f:
            f.write(input)
        program = Program(arguments, paths, cwd, None, _WITH if tensorflow else _WITHOUT)
        try:
            code = program.wait(timeout)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
            raise
        out, err = (_read(path) for path in paths[1:])
    return subprocess.CompletedProcess(program.args, code, out, err)


def copy_workers():
    """Has the workers of this process, a test's, copied from one that has loaded everything.

    It is started by the first of them. The current folder must be the root of the repository.
    """
    forkserver.set_forkserver_preload(["tests.support.loaded"])
    multiprocessing.context.SpawnProcess._Popen = staticmethod(popen_forkserver.Popen)


def load():
    """Loads all that a program or worker may need, TensorFlow too."""
    _load(_WITH)


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
        try:
            forkserver.main(listener._listener._socket.fileno(), ended, [])
        finally:
            os._exit(0)
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


def _load_with_tensorflow():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as programs have it
    import sqlite3  # noqa: F401 - before TensorFlow 2.21, which has one of its own

    import matplotlib.axes
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg  # noqa: F401
    import sentencepiece  # noqa: F401 - before TensorFlow 1.15, behind which its trainer crashes
    import tensorflow.compat.v1 as tf
    getattr(getattr(tf, "estimator", None), "tpu", None)  # Loaded when it is asked for.


class _NoTensorFlow(importlib.abc.MetaPathFinder):
    """Ends whoever imports TensorFlow."""

    def find_spec(self, fullname, path, target=None):
        del path, target
        if fullname == "tensorflow":
            raise SystemExit("TensorFlow!")


def _load_without_tensorflow():
    sys.meta_path.insert(0, _NoTensorFlow())


_LOAD = {_WITH: _load_with_tensorflow, _WITHOUT: _load_without_tensorflow}


def _load(kind):
    """Loads what takes long, and takes away the flags that TensorFlow defines.

    Programs parse theirs before they load it.
    """
    from absl import app, flags  # The flags of app are those of every program.
    del app
    known = set(flags.FLAGS)
    _LOAD[kind]()
    _load_library()
    for name in set(flags.FLAGS) - known:
        delattr(flags.FLAGS, name)


def _load_library():
    """Loads all of the library that has no flags, as far as there is what it needs."""
    for path in sorted(glob.glob(os.path.join(ROOT, "bert_nq", "*", "**", "*.py"), recursive=True)):
        _, room, *names = os.path.relpath(path, ROOT)[:-len(".py")].split(os.sep)
        if room != "cli" and names[-1] != "__init__":
            with contextlib.suppress(ImportError, SystemExit):  # an extra, or TensorFlow
                importlib.import_module(".".join(["bert_nq", room, *names]))


def _serve(kind):
    """Answers requests; in a copy that is to be a program, returns the request."""
    _load(kind)
    gc.collect()
    gc.freeze()  # Or each copy's collector would walk over, and so copy, all that is loaded.
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        if request["ask"] == "start":
            opened = [os.open(stream, mode, 0o600)
                      for stream, mode in zip(request["streams"], _STREAMS)]
            answer = os.fork()
            if answer == 0:
                for number, stream in enumerate(opened):
                    os.dup2(stream, number)
            for stream in opened:
                os.close(stream)
            if answer == 0:
                return request
        else:
            answer = _exit_code(request["pid"], os.WNOHANG if request["ask"] == "poll" else 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)


def _exit_code(pid, how=0):
    """Waits for the end of a process; its exit code as subprocess has it, None where it runs."""
    ended, status = os.waitpid(pid, how)
    if not ended:
        return None
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _copy_programs(folder):
    """Has subprocess.call copy programs from a process like this one, which it makes here.

    Returns:
      None in this process, and in a copy the request that it is for.
    """
    ours, theirs = socket.socketpair()
    if os.fork():
        theirs.close()
        subprocess.call = _Caller(ours, folder, subprocess.call)
        return None
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines = theirs.makefile("r")
    while True:
        try:
            streams = reduction.recvfds(theirs, len(_STREAMS))
        except EOFError:  # The program has ended.
            os._exit(0)
        request = json.loads(lines.readline())
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            lines.close()
            theirs.close()
            return request
        for stream in streams:
            os.close(stream)
        theirs.sendall(b"%d\n" % _exit_code(pid))


class _Caller:
    """subprocess.call: what is a program in Python becomes a copy, all else what it was."""

    def __init__(self, server, folder, otherwise):
        self._server = server
        self._folder = folder
        self._answers = server.makefile("r")
        self._otherwise = otherwise

    def __call__(self, command, stdout=None, stderr=None, **options):
        if options or command[0] != sys.executable or not command[1].endswith(".py"):
            return self._otherwise(command, stdout=stdout, stderr=stderr, **options)
        out = 1 if stdout is None else stdout.fileno()
        err = 2 if stderr is None else out if stderr == subprocess.STDOUT else stderr.fileno()
        reduction.sendfds(self._server, [0, out, err])
        request = {"arguments": command[1:], "cwd": os.getcwd(), "folder": self._folder,
                   "environment": dict(os.environ)}
        self._server.sendall(json.dumps(request).encode() + b"\n")
        return int(self._answers.readline())


def _become(request):
    """Makes this process one in which Python has just been told to run a program."""
    while request:
        request, wanted = _copy_programs(request["folder"]), request
    path = wanted["arguments"][0]
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    random.seed()
    sys.modules["numpy"].random.seed()
    sys.argv = wanted["arguments"]
    sys.path[0] = os.path.dirname(path)
    _copy_workers(os.path.join(wanted["folder"], "workers-%d" % os.getpid()))
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    with open(path, "rb") as f:
        return compile(f.read(), path, "exec"), main.__dict__


def _execute(code, namespace):
    """Runs a program; ends the process without taking apart all that is loaded, which takes long.
    """
    try:
        exec(code, namespace)
        status = 0
    except SystemExit as e:
        if not isinstance(e.code, (int, type(None))):
            raise
        status = e.code or 0
    threading._shutdown()  # Waits for threads.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                sys.exit(status)  # The interpreter says it in its own way.
    os._exit(status)


if __name__ == "__main__":
    _execute(*_become(_serve(sys.argv[1])))
