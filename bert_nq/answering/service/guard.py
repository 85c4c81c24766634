"""The guard before the application: whom it answers, how much it reads, how long it takes."""
import asyncio
import json
from typing import Any, Awaitable, Callable, Dict, FrozenSet, List, Optional, Tuple

from bert_nq.answering.service.limits import Limits

LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))

_HEADERS = (
    (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"), (b"cross-origin-resource-policy", b"same-origin"),
    # The page has a policy of its own besides.
    (b"content-security-policy", b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"))

Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]


class Guard:
    """An ASGI application around another.

    It reads the whole body of a request before the application sees it, so that one too large, too
    slow, or one too many is refused in a sentence, whatever it claims of its length. Where it is
    bound to this machine alone, it answers to names of this machine alone: a page of another host
    whose name was made to lead here cannot ask it about the pages of a folder.

    Attributes:
      under_way: how many questions are being answered.
      num_answered: how many have been.
    """

    def __init__(self, app: Any, limits: Limits, hosts: Optional[FrozenSet[str]] = LOOPBACK_NAMES):
        """
        Args:
          app: the application.
          limits: of bodies, time and requests at once.
          hosts: the names by which it may be called; None for any.
        """
        self._app, self._limits, self._hosts = app, limits, hosts
        self.under_way = self.num_answered = 0

    async def __call__(self, scope: Dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with_headers = _with_headers(self._counting(scope, send))
        fault = self._fault(scope)
        if fault:
            await refuse(with_headers, *fault)
            return
        self.under_way += scope["method"] == "POST"
        try:
            await self._in_time(scope, receive, with_headers)
        finally:
            self.under_way -= scope["method"] == "POST"

    async def _in_time(self, scope: Dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers, or says that it takes too long and gives up."""
        has_begun = is_over = False

        async def sending(message: Dict[str, Any]) -> None:
            nonlocal has_begun
            if not is_over:
                has_begun = True
                await send(message)

        task = asyncio.ensure_future(self._answer(scope, receive, sending))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._limits.seconds)
            if done:
                task.result()
                return
            # What the application says about its end would be a second response.
            is_over = True
            if not has_begun:
                await refuse(send, 504, "the answer took longer than %g seconds: ask about a "
                             "shorter page, or start the service with a larger --time_limit"
                             % self._limits.seconds)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    def _counting(self, scope: Dict[str, Any], send: Send) -> Send:
        async def sending(message: Dict[str, Any]) -> None:
            if message.get("status") == 200 and scope["method"] == "POST":
                self.num_answered += 1
            await send(message)
        return sending

    async def _answer(self, scope: Dict[str, Any], receive: Receive, send: Send) -> None:
        body = await _read(receive, self._limits.body_bytes)
        if body is None:
            await refuse(send, 413, self._too_large())
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Dict[str, Any]:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)

    def _fault(self, scope: Dict[str, Any]) -> Optional[Tuple[int, str]]:
        """Why a request is refused by its head."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts is not None and _without_port(host) not in self._hosts:
            return 421, "this service answers to %s alone, not to %r" % (
                " and ".join(sorted(self._hosts)), host)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limits.body_bytes:
            return 413, self._too_large()
        if scope["method"] == "POST" and self.under_way >= self._limits.requests:
            return 503, ("%d questions are being answered, which is the most: ask again in a "
                         "moment" % self.under_way)
        return None

    def _too_large(self) -> str:
        return "the request is larger than %s, which is the most: give a smaller page" % (
            size_words(self._limits.body_bytes))


def size_words(num_bytes: int) -> str:
    """20971520 is "20 MB"."""
    for unit, name in ((1 << 20, "MB"), (1 << 10, "kB")):
        if num_bytes >= unit:
            return "%.3g %s" % (num_bytes / unit, name)
    return "%d bytes" % num_bytes


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Sends an error: {"error": a sentence}."""
    body = json.dumps({"error": sentence}).encode("ascii")
    headers: List[Tuple[bytes, bytes]] = [(b"content-type", b"application/json"),
                                          (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _without_port(host: str) -> str:
    """The name in a Host header: "[::1]:8000" is "[::1]"."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _with_headers(send: Send) -> Send:
    async def sending(message: Dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = dict(message, headers=list(message.get("headers", ())) + list(_HEADERS))
        await send(message)
    return sending


async def _read(receive: Receive, most_bytes: int) -> Optional[bytes]:
    """The body of a request; None where it is larger."""
    parts, num_bytes = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        num_bytes += len(part)
        if num_bytes > most_bytes:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
