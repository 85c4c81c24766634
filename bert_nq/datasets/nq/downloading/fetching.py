"""Fetches one file over HTTP: resumes, retries, checks it and moves it into place."""
import http.client
import re
import threading
from typing import Callable, NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import parts, web
from bert_nq.datasets.nq.downloading.catalogue import DataFile

_CHUNK = 1 << 18  # bytes


class StoppedError(Exception):
    """The fetch was asked to stop; its part is kept."""


class Fetched(NamedTuple):
    """A complete and checked file that has not been moved into place yet."""
    size: int  # bytes
    crc32c: str
    mtime_ns: int  # modification time of the part, and so of the file after the move


class Fetch:
    """Fetches one file.

    Attributes, which other threads may read while it runs:
      have: bytes of the file on disk.
      taken_over: of these, bytes left by an earlier run.
      received: bytes that came over the network, including discarded ones.
      retries: number of retries.
    """

    def __init__(self, file: DataFile, url: str, path: str, policy: web.Policy,
                 stop: threading.Event, log: Callable[[str], None] = lambda text: None):
        """
        Args:
          file: the object, with its size and checksums where they are known.
          url: where to fetch it from.
          path: where to put it.
          policy: timeouts and retries.
          stop: once it is set, `run` raises `StoppedError` at the next chunk.
          log: called with a line of text at each retry.
        """
        self.file = file
        self.have = self.taken_over = parts.part_size(path)
        self.received = self.retries = 0
        self._url, self._path, self._policy = url, path, policy
        self._stop, self._log = stop, log

    def run(self, record: Callable[[Fetched], None]) -> None:
        """Fetches the file and moves it into place.

        Args:
          record: called with the complete file just before the move, so that no file of ours is
            ever in place without a record of it.

        Raises:
          web.RefusedError: the server refuses, or has another object under this name.
          UserError: the file cannot be written, all retries failed, or it was damaged twice.
          StoppedError: see `stop`.
        """
        part = parts.Part(self._path)
        try:
            self.have = self.taken_over = part.size
            self._complete(part)
            fault = self._fault(part)
            if fault:
                self._say("%s: thrown away and fetched once more" % fault)
                self.retries += 1
                self._discard(part)
                self._complete(part)
                fault = self._fault(part)
                if fault:
                    self._discard(part)
                    raise UserError("%s: %s, twice; it has been thrown away" % (self._url, fault))
            record(Fetched(part.size, part.sums.crc32c, part.sync()))
            part.take_place()
        finally:
            part.close()

    def _discard(self, part: parts.Part) -> None:
        part.discard()
        self.have = self.taken_over = 0

    def _complete(self, part: parts.Part) -> None:
        """Fetches the missing bytes, in as many attempts as it takes."""
        failures, max_size = 0, part.size
        while not part.complete:
            try:
                self._attempt(part)
            except web.TransientError as e:
                # An attempt that got further than all earlier ones does not count as a failure.
                failures = 0 if part.size > max_size else failures + 1
                max_size = max(max_size, part.size)
                if failures > self._policy.retries:
                    raise UserError("%s: given up after %d attempts in a row that brought nothing "
                                    "new: %s" % (self._url, failures, e)) from e
                self._pause(part, failures, e)

    def _pause(self, part: parts.Part, failures: int, error: web.TransientError) -> None:
        if isinstance(error, web.ChangedError):
            self._discard(part)
        seconds = self._policy.wait(max(failures, 1), error.retry_after)
        self._say("%s; %d bytes are there, trying again in %.3g s" % (error, part.size, seconds))
        self.retries += 1
        if self._stop.wait(seconds):
            raise StoppedError

    def _attempt(self, part: parts.Part) -> None:
        """Makes one request for all missing bytes."""
        headers = {}
        if part.size and part.object.etag:
            headers = {"Range": "bytes=%d-" % part.size, "If-Match": part.object.etag}
        with web.open_url(self._url, self._policy.timeout, headers) as response:
            if headers and response.status == 206:
                _check_continues(part, response)
            elif response.status != 200:
                raise web.TransientError("the server answers %d" % response.status)
            else:
                # The whole object comes: no range was asked for, or the server ignores ranges.
                self._discard(part)
                part.begin(self._announced(response))
            while not part.complete:
                if self._stop.is_set():
                    raise StoppedError
                self._append(part, response)

    def _announced(self, response: http.client.HTTPResponse) -> parts.Object:
        size = web.whole_number(response.headers.get("Content-Length"))
        if size is None:
            raise web.RefusedError("%s: the server does not tell the size" % self._url)
        if not size:
            raise web.RefusedError("%s has 0 bytes, and no file of Natural Questions is empty"
                                   % self._url)
        new = parts.Object(size, _strong_etag(response), _crc32c(response))
        published = self.file.published
        if published and new.size != published.size:
            raise web.RefusedError(
                "%s has %d bytes, the file of Natural Questions %d: give another --base_url, or "
                "--nocheck_published if it is meant" % (self._url, new.size, published.size))
        return new

    def _append(self, part: parts.Part, response: http.client.HTTPResponse) -> None:
        missing = part.object.size - part.size
        try:
            data = response.read1(min(_CHUNK, missing))
        except (OSError, http.client.HTTPException) as e:
            raise web.TransientError(web.reason(e)) from e
        if not data:
            raise web.TransientError("the connection ended %d bytes early" % missing)
        self.received += len(data)
        part.write(data)
        self.have = part.size

    def _fault(self, part: parts.Part) -> Optional[str]:
        """A description of what is wrong with the complete part; None if nothing is."""
        published, listed = self.file.published, self.file.listed
        expected = part.object.crc32c or (listed.crc32c if listed else None)
        if expected and part.sums.crc32c != expected:
            return "the CRC-32C is %s instead of %s" % (part.sums.crc32c, expected)
        if published and (part.size, part.sums.sha256) != published:
            return ("%d bytes with the SHA-256 %s instead of %d with %s"
                    % ((part.size, part.sums.sha256) + published))
        return None

    def _say(self, text: str) -> None:
        self._log("%s: %s" % (self.file.local, text))


def _check_continues(part: parts.Part, response: http.client.HTTPResponse) -> None:
    """Checks that the response is the rest of the part's object.

    Raises:
      web.ChangedError: it is not.
    """
    content_range = response.headers.get("Content-Range", "")
    expected = "bytes %d-%d/%d" % (part.size, part.object.size - 1, part.object.size)
    if content_range != expected:
        raise web.ChangedError("%.80r came where %r was asked for" % (content_range, expected))
    if response.headers.get("ETag", part.object.etag) != part.object.etag:
        raise web.ChangedError("the object has changed")


def _strong_etag(response: http.client.HTTPResponse) -> Optional[str]:
    etag = response.headers.get("ETag")
    return etag if etag and etag.startswith('"') else None


def _crc32c(response: http.client.HTTPResponse) -> Optional[str]:
    """The checksum in a header such as "x-goog-hash: crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVH…"."""
    match = re.search(r"crc32c=([\w+/]+=*)", ",".join(response.headers.get_all("x-goog-hash", [])))
    return match.group(1) if match else None
