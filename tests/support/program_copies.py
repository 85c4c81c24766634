"""Programs and workers copied from a process which has loaded TensorFlow: see program_server.

`run` and `start` are for programs alone that a user starts with nothing special about the
interpreter; whatever is about the start of one is tested with a new interpreter.
"""
import atexit
import json
import multiprocessing.context
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import forkserver, popen_forkserver
from typing import Any, List, Optional

from tests.support import program_server


class _Server:
    """A server's process; it is started when it is first asked. `kind` is one of KINDS."""

    def __init__(self, kind: str):
        self._kind = kind
        self._process: Optional[subprocess.Popen] = None
        self._lock = threading.Lock()

    def start(self, request: Any) -> int:
        """The process id of a program, which has opened its streams when this returns."""
        return self._ask(dict(request, ask="start"))

    def start_workers(self, address: str):
        """Has workers copied from now on for those who ask at `address`, the path of a socket."""
        self._ask({"ask": "workers", "address": address})

    def exit_code(self, pid: int, wait: bool) -> Optional[int]:
        """The exit code of a program that was started; None where it runs, unless it is to `wait`.
        """
        return self._ask({"ask": "wait" if wait else "poll", "pid": pid})

    def _ask(self, request):
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, program_server.__file__, self._kind],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True,
                    cwd=program_server.ROOT)
                atexit.register(self._process.kill)
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


_WITH, _WITHOUT = program_server.KINDS
_SERVERS = {kind: _Server(kind) for kind in program_server.KINDS}


def copy_workers():
    """Has the workers of this process, a test's, copied as well.

    The first of them starts the server; the current folder must then be the repository's root.
    """
    server = forkserver._forkserver
    folder = tempfile.TemporaryDirectory()

    def ensure_running():
        if server._forkserver_address is None:
            address = os.path.join(folder.name, "workers")
            _SERVERS[_WITH].start_workers(address)
            server._forkserver_address = address
            # Each worker is handed it. Elsewhere it keeps the server alive; here our server does.
            server._forkserver_alive_fd = os.open(os.devnull, os.O_RDONLY)

    server.ensure_running = ensure_running
    multiprocessing.context.SpawnProcess._Popen = staticmethod(popen_forkserver.Popen)


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
            "folder": self._folder.name,
            "environment": dict(os.environ) if environment is None else environment})
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


def _read(path):
    with open(path) as f:
        return f.read()
