"""One file over HTTP: continued where it broke off, tried again, checked, put in its place."""
import http.client
import re
import threading
from typing import Callable, NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import parts, web
from bert_nq.datasets.nq.downloading.catalogue import DataFile

_CHUNK = 1 << 18


class StoppedError(Exception):
    """Somebody asked to stop; the part is kept."""


class Fetched(NamedTuple):
    """A complete and checked file that has not taken its place yet."""
    size: int
    crc32c: str
    mtime_ns: int  # of the part, and of the file after it has taken its place


class Fetch:
    """The fetching of one file.

    Attributes that another thread may read while it runs:
      have: bytes of the file that are on disk.
      taken_over: of these, bytes that an earlier run had left.
      received: bytes that came over the network, also those thrown away.
      retries: how often it was tried again.
    """

    def __init__(self, file: DataFile, url: str, path: str, policy: web.Policy,
                 stop: threading.Event, tell: Callable[[str], None] = lambda text: None):
        """
        Args:
          file: what is known of the object.
          url: where it is.
          path: where it goes.
          policy: how patient to be.
          stop: once it is set, `run` raises `StoppedError` at the next chunk.
          tell: told of every retry, in a line.
        """
        self.file = file
        self.have = self.taken_over = parts.part_size(path)
        self.received = self.retries = 0
        self._url, self._path, self._policy = url, path, policy
        self._stop, self._tell = stop, tell

    def run(self, record: Callable[[Fetched], None]) -> None:
        """Fetches the file and puts it in its place.

        Args:
          record: called with the complete file just before it takes its place, so that no file of
            ours is ever there without a record of it.

        Raises:
          web.RefusedError: the server will not give it, or has another object under its name.
          UserError: it cannot be written; all retries failed; it arrives damaged twice.
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
        """Fetches what is missing, in as many attempts as it takes."""
        failures, most = 0, part.size
        while not part.complete:
            try:
                self._attempt(part)
            except web.PassingError as e:
                # An attempt that got further than all before it was none in vain.
                failures = 0 if part.size > most else failures + 1
                most = max(most, part.size)
                if failures > self._policy.retries:
                    raise UserError("%s: given up after %d attempts in a row that brought nothing "
                                    "new: %s" % (self._url, failures, e)) from e
                self._pause(part, failures, e)

    def _pause(self, part: parts.Part, failures: int, error: web.PassingError) -> None:
        if isinstance(error, web.ChangedError):
            self._discard(part)
        seconds = self._policy.wait(max(failures, 1), error.retry_after)
        self._say("%s; %d bytes are there, trying again in %.3g s" % (error, part.size, seconds))
        self.retries += 1
        if self._stop.wait(seconds):
            raise StoppedError

    def _attempt(self, part: parts.Part) -> None:
        """One request for all that is missing."""
        headers = {}
        if part.size and part.object.etag:
            headers = {"Range": "bytes=%d-" % part.size, "If-Match": part.object.etag}
        with web.open_url(self._url, self._policy.timeout, headers) as response:
            if headers and response.status == 206:
                _check_continues(part, response)
            elif response.status != 200:
                raise web.PassingError("the server answers %d" % response.status)
            else:
                # What is there is of no use: no range was asked for, or the server ignores them.
                self._discard(part)
                part.begin(self._announced(response))
            while not part.complete:
                if self._stop.is_set():
                    raise StoppedError
                self._append(part, response)

    def _announced(self, response: http.client.HTTPResponse) -> parts.Object:
        length = response.headers.get("Content-Length", "")
        if not length.isdigit():
            raise web.RefusedError("%s: the server does not tell the size" % self._url)
        new = parts.Object(int(length), _strong_etag(response), _crc32c(response))
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
            raise web.PassingError(web.reason(e)) from e
        if not data:
            raise web.PassingError("the connection ended %d bytes early" % missing)
        self.received += len(data)
        part.write(data)
        self.have = part.size

    def _fault(self, part: parts.Part) -> Optional[str]:
        """What is wrong with the complete part."""
        published, listed = self.file.published, self.file.listed
        told = part.object.crc32c or (listed.crc32c if listed else None)
        if told and part.sums.crc32c != told:
            return "the CRC-32C is %s instead of %s" % (part.sums.crc32c, told)
        if published and (part.size, part.sums.sha256) != published:
            return ("%d bytes with the SHA-256 %s instead of %d with %s"
                    % ((part.size, part.sums.sha256) + published))
        return None

    def _say(self, text: str) -> None:
        self._tell("%s: %s" % (self.file.local, text))


def _check_continues(part: parts.Part, response: http.client.HTTPResponse) -> None:
    """Raises `web.ChangedError` unless the answer is the rest of the object that the part is of."""
    content_range = response.headers.get("Content-Range", "")
    wanted = "bytes %d-%d/%d" % (part.size, part.object.size - 1, part.object.size)
    if content_range != wanted:
        raise web.ChangedError("%r came where %r was asked for" % (content_range, wanted))
    if response.headers.get("ETag", part.object.etag) != part.object.etag:
        raise web.ChangedError("the object has changed")


def _strong_etag(response: http.client.HTTPResponse) -> Optional[str]:
    etag = response.headers.get("ETag")
    return etag if etag and etag.startswith('"') else None


def _crc32c(response: http.client.HTTPResponse) -> Optional[str]:
    """Of headers such as "x-goog-hash: crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ=="."""
    match = re.search(r"crc32c=([\w+/]+=*)", ",".join(response.headers.get_all("x-goog-hash", [])))
    return match.group(1) if match else None
