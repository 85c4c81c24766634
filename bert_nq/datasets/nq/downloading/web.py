"""HTTP requests, with errors that say whether a retry may help."""
import datetime
import email.utils
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from typing import Callable, Dict, List, NamedTuple, Optional

from bert_nq.base.errors import UserError

_TRANSIENT_STATUS = {408, 425, 429}
_LONGEST_RETRY_AFTER = 600.0  # seconds
_MOST_BYTES = 1 << 24  # of a small response; a listing of a thousand files has a fiftieth of it
_CHUNK_BYTES = 1 << 16
_WHOLE_NUMBER = re.compile(r"[0-9]{1,19}")


class Policy(NamedTuple):
    """Timeouts and retries; times are in seconds."""
    timeout: float = 60.0  # the longest wait for the next byte
    retries: int = 5  # the most retries in a row that bring no new bytes
    first_wait: float = 1.0  # before the first retry; doubles with each retry in a row
    longest_wait: float = 60.0

    def wait(self, failures: int, retry_after: Optional[float]) -> float:
        """Seconds to wait after `failures` in a row, at least 1; `retry_after` is the server's."""
        if retry_after is not None:
            return min(retry_after, _LONGEST_RETRY_AFTER)
        return min(self.first_wait * 2 ** (failures - 1), self.longest_wait)


class RefusedError(UserError):
    """The server refuses for good."""


class TransientError(Exception):
    """A failure that a retry may fix.

    Attributes:
      retry_after: seconds that the server asks to wait, or None.
    """

    def __init__(self, message: str, retry_after: Optional[float] = None):
        super().__init__(message)
        self.retry_after = retry_after


class ChangedError(TransientError):
    """The object differs from the one that a part was fetched from, or lacks the range."""


def reason(error: BaseException) -> str:
    """A readable reason for an error, one line, in the operating system's words if it has some."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return reason(inner)
    return one_line(getattr(error, "strerror", None) or str(error)) or type(error).__name__


def one_line(text: str) -> str:
    """What a server has said, for a message: in one line that is not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def whole_number(text: Optional[str]) -> Optional[int]:
    """The number that a header has, if it is one and not negative."""
    text = (text or "").strip()
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def open_url(url: str, timeout: float,
             headers: Optional[Dict[str, str]] = None) -> http.client.HTTPResponse:
    """Sends a GET and returns a response with status 2xx; uses the environment's proxies.

    Raises:
      RefusedError: a permanent status such as 403 or 404, an untrusted certificate, or an address
        that is none.
      ChangedError: the status is 412 or 416.
      TransientError: the connection fails, or the server is busy or broken: 5xx, 408, 425, 429.
    """
    try:
        request = urllib.request.Request(url, headers=headers or {})
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as e:
        with e:
            raise _answered(url, e) from None
    except urllib.error.URLError as e:
        if isinstance(e.reason, ssl.SSLCertVerificationError):
            raise RefusedError("%s: its certificate is not trusted: %s" % (url, reason(e))) from e
        raise TransientError(reason(e)) from e
    except (OSError, http.client.HTTPException) as e:
        raise TransientError(reason(e)) from e
    except ValueError as e:  # Of the address, or of that which the server sends to.
        raise RefusedError("%s: %s" % (url, reason(e))) from e


def _answered(url: str, error: urllib.error.HTTPError) -> Exception:
    text = one_line("%d %s" % (error.code, error.reason))
    if error.code in (412, 416):
        return ChangedError(text)
    if error.code >= 500 or error.code in _TRANSIENT_STATUS:
        return TransientError(text, _retry_after(error.headers.get("Retry-After")))
    return RefusedError("%s: the server answers %s" % (url, text))


def _retry_after(value: Optional[str]) -> Optional[float]:
    """The seconds of a Retry-After header, which holds a number or a date."""
    if not value:
        return None
    number = whole_number(value)
    if number is not None:
        return float(number)
    try:
        when = email.utils.parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.timezone.utc)
        return max(0.0, when.timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def read(url: str, policy: Policy, sleep: Callable[[float], object] = time.sleep) -> bytes:
    """The whole body of a small response, with retries.

    Raises:
      RefusedError, TransientError: as `open_url`; the latter after the last retry, or where the
        server asks to wait longer than `policy.timeout`. The former also where the body is large,
        or does not come whole within that time.
    """
    failures = 0
    while True:
        try:
            with open_url(url, policy.timeout) as response:
                return _body(url, response, policy.timeout)
        except TransientError as e:
            failures += 1
            seconds = policy.wait(failures, e.retry_after)
            if failures > policy.retries or seconds > policy.timeout:
                raise
            sleep(seconds)


def _body(url: str, response: http.client.HTTPResponse, timeout: float) -> bytes:
    end = time.monotonic() + timeout
    length = whole_number(response.headers.get("Content-Length"))
    parts: List[bytes] = []
    num_bytes = 0
    while length is None or num_bytes < length:
        try:
            part = response.read1(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as e:
            raise TransientError(reason(e)) from e
        if not part and length is not None:
            raise TransientError("the connection ended %d bytes early" % (length - num_bytes))
        if not part:
            break
        parts.append(part)
        num_bytes += len(part)
        if num_bytes > _MOST_BYTES:
            raise RefusedError("%s: the answer has more than %d MB" % (url, _MOST_BYTES >> 20))
        if time.monotonic() > end:
            raise RefusedError("%s: only %d bytes of the answer have come in %.3g s"
                               % (url, num_bytes, timeout))
    return b"".join(parts)
