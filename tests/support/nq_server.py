"""A local storage bucket: objects over HTTP, a paged listing, and scripted faults."""
import base64
import contextlib
import hashlib
import http.server
import json
import os
import random
import re
import socket
import struct
import threading
import time
import urllib.parse
from typing import Dict, NamedTuple, Optional

import google_crc32c

NAME = "natural_questions"


class Answer(NamedTuple):
    """The answer to one request for an object; the default is that of a real bucket."""
    status: Optional[int] = None  # answers only this status and `headers`
    headers: Dict[str, str] = {}
    change: Optional[bytes] = None  # replaces the object's content before it is sent
    damage: bool = False  # changes the first byte of the body
    cut: Optional[int] = None  # ends the connection after this many bytes of the body
    reset: bool = False  # and with a reset
    hold: Optional[int] = None  # waits for Bucket.release after this many bytes of the body
    pace: float = 0.0  # seconds before each 1,000 bytes of the body


def some_bytes(size: int, seed: int = 0) -> bytes:
    """Random bytes, the same for the same arguments."""
    generator = random.Random(seed)
    return bytes(generator.getrandbits(8) for _ in range(size))


def crc32c(data: bytes) -> str:
    """The CRC-32C as the storage API writes it."""
    return base64.b64encode(struct.pack(">I", google_crc32c.value(data))).decode("ascii")


class Bucket:
    """The server.

    Attributes:
      objects: {name: bytes}; may be changed at any time.
      script: {name: answers to the next requests for it}.
      log: (name, Range header or None) of each answered request for an object.
      listings: the query of each request for the listing.
      url: the base URL.
      ranges, etags, hashes, matches: whether the server supports Range, sends ETag, sends
        x-goog-hash, and checks If-Match.
      page_size: objects on a page of the listing; 0: there is no listing.
    """

    def __init__(self, objects):
        self.objects = dict(objects)
        self.script = {}
        self.log = []
        self.listings = []
        self.ranges = self.etags = self.hashes = self.matches = True
        self.page_size = 1000
        self.release = threading.Event()
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/%s" % (self._server.server_address[1], NAME)

    def ranges_of(self, name):
        """The Range headers of the requests for an object."""
        return [header for n, header in self.log if n == name]

    def wait_for_requests(self, count):
        """Waits until `count` requests for objects have come."""
        deadline = time.time() + 30
        while len(self.log) < count:
            assert time.time() < deadline, self.log
            time.sleep(0.005)

    def __enter__(self):
        # Requests to this machine bypass any proxy.
        self._no_proxy = os.environ.get("no_proxy")
        os.environ["no_proxy"] = "127.0.0.1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        if self._no_proxy is None:
            os.environ.pop("no_proxy", None)
        else:
            os.environ["no_proxy"] = self._no_proxy
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def next_answer(self, name, range_header) -> Answer:
        with self._lock:
            self.log.append((name, range_header))
            answers = self.script.get(name)
            return answers.pop(0) if answers else Answer()


def _handler(bucket):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *unused):
            pass

        def do_GET(self):  # noqa: N802
            url = urllib.parse.urlsplit(self.path)
            if url.path == "/storage/v1/b/%s/o" % NAME and bucket.page_size:
                self._list(dict(urllib.parse.parse_qsl(url.query)))
            elif url.path.startswith("/%s/" % NAME):
                with contextlib.suppress(OSError):
                    self._object(urllib.parse.unquote(url.path[len(NAME) + 2:]))
            else:
                self.send_error(404)

        def _list(self, query):
            bucket.listings.append(query)
            names = sorted(n for n in bucket.objects if n.startswith(query["prefix"]))
            start = int(query.get("pageToken", 0))
            end = start + bucket.page_size
            page = {"items": [{"name": n, "size": str(len(bucket.objects[n])),
                               "crc32c": crc32c(bucket.objects[n])} for n in names[start:end]]}
            if end < len(names):
                page["nextPageToken"] = str(end)
            self._send(200, {"Content-Type": "application/json"}, json.dumps(page).encode())

        def _object(self, name):
            answer = bucket.next_answer(name, self.headers.get("Range"))
            if answer.change is not None:
                bucket.objects[name] = answer.change
            if answer.status is not None:
                return self._send(answer.status, answer.headers, b"")
            if name not in bucket.objects:
                return self._send(404, {}, b"no such object")
            data = bucket.objects[name]
            etag = '"%s"' % hashlib.md5(data).hexdigest()
            if bucket.matches and self.headers.get("If-Match", etag) != etag:
                return self._send(412, {}, b"")
            headers = {"ETag": etag} if bucket.etags else {}
            if bucket.hashes:
                headers["x-goog-hash"] = "crc32c=" + crc32c(data)
            match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(match.group(1)) if match and bucket.ranges else None
            if start is not None and start >= len(data):
                return self._send(416, {}, b"")
            if start is None:
                return self._send(200, headers, data, answer)
            headers["Content-Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
            return self._send(206, headers, data[start:], answer)

        def _send(self, status, headers, body, answer=Answer()):  # noqa: B008
            self.send_response(status)
            for key, value in dict(headers, **answer.headers).items():
                self.send_header(key, value)
            if "x-goog-hash" in headers:  # The bucket sends the header twice.
                self.send_header("x-goog-hash", "md5=" + "A" * 22 + "==")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if answer.damage:
                body = bytes([body[0] ^ 1]) + body[1:]
            if answer.cut is not None:
                body = body[:answer.cut]
            if answer.hold is not None:
                self.wfile.write(body[:answer.hold])
                self.wfile.flush()
                bucket.release.wait()
                body = body[answer.hold:]
            step = 1000 if answer.pace else len(body) or 1
            for i in range(0, len(body), step):
                time.sleep(answer.pace)
                self.wfile.write(body[i:i + step])
                self.wfile.flush()
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
            self.close_connection = True

    return Handler
