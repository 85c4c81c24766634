"""HTTP requests, with errors that say whether a retry may help."""
import datetime
import email.utils
import http.client
import ssl
import time
import urllib.error
import urllib.request
from typing import Callable, Dict, NamedTuple, Optional

from bert_nq.base.errors import UserError

_TRANSIENT_STATUS = {408, 425, 429}
_LONGEST_RETRY_AFTER = 600.0  # seconds


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
    """A readable reason for an error, in the operating system's words where it has some."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return reason(inner)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def open_url(url: str, timeout: float,
             headers: Optional[Dict[str, str]] = None) -> http.client.HTTPResponse:
    """Sends a GET and returns a response with status 2xx; uses the environment's proxies.

    Raises:
      RefusedError: a permanent status such as 403 or 404, or an untrusted certificate.
      ChangedError: the status is 412 or 416.
      TransientError: the connection fails, or the server is busy or broken: 5xx, 408, 425, 429.
    """
    request = urllib.request.Request(url, headers=headers or {})
    try:
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


def _answered(url: str, error: urllib.error.HTTPError) -> Exception:
    text = "%d %s" % (error.code, error.reason)
    if error.code in (412, 416):
        return ChangedError(text)
    if error.code >= 500 or error.code in _TRANSIENT_STATUS:
        return TransientError(text, _retry_after(error.headers.get("Retry-After")))
    return RefusedError("%s: the server answers %s" % (url, text))


def _retry_after(value: Optional[str]) -> Optional[float]:
    """The seconds of a Retry-After header, which holds a number or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return max(0.0, when.timestamp() - time.time())


def read(url: str, policy: Policy, sleep: Callable[[float], object] = time.sleep) -> bytes:
    """The whole body of a small response, with retries.

    Raises:
      RefusedError, TransientError: as `open_url`; the latter after the last retry.
    """
    failures = 0
    while True:
        try:
            with open_url(url, policy.timeout) as response:
                try:
                    return response.read()
                except (OSError, http.client.HTTPException) as e:
                    raise TransientError(reason(e)) from e
        except TransientError as e:
            failures += 1
            if failures > policy.retries:
                raise
            sleep(policy.wait(failures, e.retry_after))
