"""The server: a socket, uvicorn, and an end in good order.

It needs uvicorn, of the extra [serve].
"""
import ipaddress
import signal
import socket
import threading
from typing import Any, Callable

import uvicorn

from bert_nq.base.errors import UserError

# How long an answer that is under way may take when the service is told to stop.
_SECONDS_TO_STOP = 30
_SECONDS_BETWEEN_LOOKS = 1  # at whether the server has ended by itself


def listen(host: str, port: int) -> socket.socket:
    """A socket that requests come to.

    Args:
      host: a name or an address of this machine.
      port: 0 for one that is free.

    Raises:
      UserError: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as e:
        raise UserError("--host=%s is no name or address of this machine: %s" % (host, e)) from e
    made = socket.socket(family, kind, protocol)
    try:
        # Otherwise the port is held for a minute after the last service has ended.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as e:
        made.close()
        raise UserError("cannot listen at %s, port %d: %s; choose another --port or --host"
                        % (host, port, e.strerror)) from e
    return made


def address_of(bound: socket.socket) -> str:
    """Where a browser finds the service, such as http://127.0.0.1:8000/."""
    host, port = bound.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1" if bound.family == socket.AF_INET else "::1"
    return "http://%s:%d/" % ("[%s]" % host if ":" in host else host, port)


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


class Server:
    """Serves an application in a thread until `stop`."""

    def __init__(self, app: Any, bound: socket.socket):
        """
        Args:
          app: of ASGI.
          bound: made by `listen`; closed at the end.
        """
        self._socket = bound
        self._server = uvicorn.Server(uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="on",
            timeout_keep_alive=15, loop="asyncio"))
        # In a thread other than the main one uvicorn leaves signals alone, in all its versions.
        self._thread = threading.Thread(target=self._server.run, name="server",
                                        kwargs={"sockets": [bound]})
        self._told_to_stop = threading.Event()

    def start(self) -> None:
        """Begins to serve. Requests that come earlier wait in the socket."""
        self._thread.start()

    def stop(self) -> None:
        """Takes no more requests; those under way are answered. May be called by a signal."""
        self._server.should_exit = True
        self._told_to_stop.set()

    def wait(self) -> None:
        """Waits until `stop` was called, and all that was under way is answered."""
        while self._thread.is_alive() and not self._told_to_stop.wait(_SECONDS_BETWEEN_LOOKS):
            pass
        self._thread.join(_SECONDS_TO_STOP)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join()


def serve(app: Any, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or Ctrl-C, and answers what was asked before.

    Args:
      app: of ASGI.
      bound: made by `listen`.
      ready: called when requests are taken.
    """
    server = Server(app, bound)
    before = [(number, signal.signal(number, lambda *_: server.stop()))
              for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        server.start()
        ready()
        server.wait()
    finally:
        for number, handler in before:
            signal.signal(number, handler)
