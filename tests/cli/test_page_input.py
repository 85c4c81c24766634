"""Pages and questions as a person names them, with a server of our own."""
import http.server
import io
import threading

import pytest

from bert_nq.base.errors import UserError
from bert_nq.cli import page_input

HTML = "<title>Zürich</title><p>Tovin liegt in Zürich.</p>"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the path says."""

    def do_GET(self):  # noqa: N802 - its name is given
        name = self.path.split("?")[0].strip("/")
        if name == "missing":
            self.send_error(404)
            return
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/latin")
            self.end_headers()
            return
        data = HTML.encode("latin-1" if name == "latin" else "utf8")
        kind = {"latin": "text/html; charset=iso-8859-1", "pdf": "application/pdf",
                "odd": "text/html; charset=no-such"}.get(name, "text/html")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if name == "packed":
            self.send_header("Content-Encoding", "br")
        if name == "short":
            self.send_header("Content-Length", str(len(data) + 7))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield "http://127.0.0.1:%d/" % server.server_port
        server.shutdown()
        thread.join()


def words(page):
    return [token for token, is_html in zip(page.tokens, page.is_html) if not is_html]


@pytest.mark.parametrize("name", ["latin", "utf", "moved", "odd", "Zürich?q=ö#part"])
def test_pages_of_the_web(address, name):
    page = page_input.read(address + name)
    assert words(page) == ["Tovin", "liegt", "in", "Zürich", "."]
    assert page.source == address + name


@pytest.mark.parametrize("name, message", [
    ("missing", "the server answers 404 Not Found"),
    ("pdf", "is application/pdf and not a page: HTML or text is wanted"),
    ("packed", "comes packed (br): save the page, and give the file"),
    ("short", "cannot be fetched: the connection ended 7 bytes early; save the page, and give"),
])
def test_what_the_web_does_not_give(address, name, message):
    with pytest.raises(UserError) as error:
        page_input.read(address + name)
    assert str(error.value).startswith(address + name) and message in str(error.value)


def test_a_page_that_is_too_large(address, monkeypatch):
    monkeypatch.setattr(page_input.reading, "MOST_BYTES", 20)
    with pytest.raises(UserError, match="/utf has more than 0 MB"):
        page_input.read(address + "utf")


def test_a_server_that_is_slow():
    class Slow(Handler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>")
            self.wfile.flush()
            done.wait(10)

    done = threading.Event()
    with http.server.HTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = "http://127.0.0.1:%d/" % server.server_port
        with pytest.raises(UserError) as error:
            page_input.read(url, seconds=0.2)
        assert "cannot be fetched" in str(error.value) and "timed out" in str(error.value)
        done.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name, message", [
    ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x cannot be fetched: Connection refused; save"),
    ("http://[::1/x", "http://[::1/x is no address: "),
    ("no-such-page.html", "no-such-page.html"),
])
def test_what_is_no_page(name, message):
    with pytest.raises(UserError) as error:
        page_input.read(name)
    assert message in str(error.value)


def test_standard_input(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(HTML.encode("utf8"))

    monkeypatch.setattr(page_input.sys, "stdin", Stdin)
    page = page_input.read("-")
    assert words(page)[:2] == ["Tovin", "liegt"] and page.source == "standard input"


def test_a_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(HTML, encoding="utf8")
    page = page_input.read(str(path))
    assert (words(page)[-2], page.title, page.source) == ("Zürich", "Zürich", str(path))


def test_questions(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_bytes("\ufeffwhere is tovin\r\n\n  who is osk \nü".encode("utf8"))
    assert page_input.questions(["first"], str(path)) == [
        "first", "where is tovin", "who is osk", "ü"]
    assert page_input.questions(["a", "b"], None) == ["a", "b"]
    path.write_bytes(b"\n \n")
    for given, message in ((None, "nothing is asked: give --question, or --questions_file with a "
                                  "question in each line"),
                           (str(path), "there are no questions in %s: " % path)):
        with pytest.raises(UserError) as error:
            page_input.questions([], given)
        assert str(error.value).startswith(message)
    path.write_bytes(b"where is t\xf6vin\n")
    with pytest.raises(UserError) as error:
        page_input.questions([], str(path))
    assert str(error.value) == "%s: not UTF-8 (byte 10): save it as UTF-8" % path
