"""A process in which TensorFlow is loaded, and copies of which become programs.

Loading TensorFlow takes seconds, and hundreds of the suite's programs need it; loading the library
takes half of one. A copy of a process that has loaded them begins like an interpreter that was
started anew: it has no thread, session or flag of its own yet, and its main module is the program.
The programs and workers that a program starts are copies as well, and so are the workers that tests
start in their own process. program_copies asks for both.

There is a second server, in which importing TensorFlow ends the program: what comes before that is
tested with its copies.

Run as a program this is a server: each line of its standard input asks it to copy itself, for the
exit code of a copy or for workers, and is answered by a line of standard output.
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
import threading
import types
from multiprocessing import connection, forkserver, popen_forkserver, reduction

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# How a program's standard streams are opened: input, output, errors.
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_STREAMS = (os.O_RDONLY, _WRITE, _WRITE)
_WITH, _WITHOUT = KINDS = "with", "without"  # TensorFlow


def _serve_workers(address, stdout=1):
    """Has the workers that processes ask for at `address` copied from a process like this one.

    That process is a new one, the server of multiprocessing's start method "forkserver", which
    otherwise would begin with a new interpreter. It ends when this one does.

    Args:
      address: the path of its socket.
      stdout: the stream of this process that is its standard output.
    """
    listener = connection.Listener(address, "AF_UNIX")
    ended, alive = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(alive)
        os.dup2(stdout, 1)
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
    gc.collect()
    gc.freeze()  # Or each copy's collector would walk over, and so copy, all that is loaded.


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
        elif request["ask"] == "workers":
            _serve_workers(request["address"], stdout=2)  # The other one has the answers.
            answer = None
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
    _serve_workers(os.path.join(wanted["folder"], "workers-%d" % os.getpid()))
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
