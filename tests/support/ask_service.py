"""The service with a reader that needs no model, on a free port of this machine."""
import contextlib
import http.client
import json
import socket
from html.parser import HTMLParser

from bert_nq.answering.service import app, server
from bert_nq.base.errors import UserError
from tests.support.stub_reader import StubReader, make_page


class _Words(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tokens = []

    def handle_starttag(self, tag, attrs):
        self.tokens.append("<%s>" % tag.capitalize())

    def handle_endtag(self, tag):
        self.tokens.append("</%s>" % tag.capitalize())

    def handle_data(self, data):
        self.tokens += ["\\" + word for word in data.split()]


def parse_page(content, source):
    """Well-formed HTML with nothing hidden in it; the real parser is tested elsewhere."""
    if isinstance(content, bytes):
        content = content.decode("utf8")
    if not content.strip():
        raise UserError("%s is empty" % source)
    words = _Words()
    words.feed(content)
    return make_page(" ".join(words.tokens), "Title of " + source, source)


class Client:
    """Asks the service."""

    def __init__(self, bound):
        self.address = server.address_of(bound)
        self.host, self.port = bound.getsockname()[:2]

    def call(self, method, path, body=None, headers=None):
        """(status, body, headers) of a request; `body` is bytes, or anything as JSON."""
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), dict(
                {"content-type": "application/json"}, **(headers or {}))
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read(), dict(response.getheaders())

    def ask(self, question, page=None, **fields):
        """(status, response) of a question."""
        if page is not None:
            fields["page"] = page
        status, body, _ = self.call("POST", "/ask", dict(fields, question=question))
        return status, json.loads(body.decode())

    def raw(self, data):
        """What the service answers to bytes, until it closes the connection."""
        with socket.create_connection((self.host, self.port), timeout=30) as connection:
            connection.sendall(data)
            parts = list(iter(lambda: connection.recv(1 << 16), b""))
        return b"".join(parts)


@contextlib.contextmanager
def running(reader=None, **options):
    """A `Client` of a service that runs in the block; `options` go to app.make_app."""
    bound = server.listen("127.0.0.1", 0)
    served = server.Server(app.make_app(reader or StubReader(), parse_page, **options), bound)
    served.start()
    try:
        yield Client(bound)
    finally:
        served.stop()
        served.wait()
