"""The service over HTTP, with a reader that needs no model."""
import base64
import json
import threading

import pytest

from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.answering.service import server
from bert_nq.answering.service.limits import Limits
from bert_nq.base.errors import UserError
from tests.support.ask_service import running
from tests.support.stub_reader import StubReader, find_pages, read_page

PAGE = "<p>A town .</p><ul><li>Marel , of the town</li></ul>"


@pytest.fixture(name="client", scope="module")
def fixture_client():
    with running() as client:
        yield client


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    (tmp_path / "tovin.html").write_text("Tovin\n<P> Tovin is a town . </P> <P> Marel </P>")
    (tmp_path / "orlan.html").write_text("Orlan\n<P> a river by a town </P>")
    with SqliteIndex(str(tmp_path), read_page, find_pages) as index:
        index.update()
        yield FolderPages(index, read_page)


def test_a_question_with_its_page(client):
    # <P> A town . </P> <Ul> <Li> Marel , of the town </Li> </Ul>
    first = {"page": "x.html", "page_number": 0, "yes_no": None, "probability": 0.5,
             "short": {"text": "town", "start_token": 2, "end_token": 3, "start_byte": 6,
                       "end_byte": 10},
             "long": {"text": "A town .", "start_token": 0, "end_token": 5, "start_byte": 0,
                      "end_byte": 17}}
    status, answer = client.ask(" which town? ", PAGE, page_name="x.html", num_answers=2)
    others = answer.pop("others")
    assert (status, answer) == (200, {
        "question": "which town?", "answered": True, "page": "x.html", "yes_no": None,
        "probability": 0.5, "short": first["short"], "long": first["long"],
        "pages": [{"page": "x.html", "title": "Title of x.html"}], "faults": []})
    assert others[0] == first
    assert [item["probability"] for item in others] == [0.5, 0.25]


def test_the_page_with_its_answers(client):
    _, answer = client.ask("town", "<p>A town</p><script>evil()</script>", show_pages=True)
    assert answer["pages"][0]["html"] == (
        '<p><span class="begin a0-long" id="a0-long" data-label="long answer"></span>'
        '<mark class="a0-long">A </mark>'
        '<span class="begin a0-short" id="a0-short" data-label="short answer"></span>'
        '<mark class="a0-long a0-short">town</mark>'
        '<span class="end a0-short" data-label="short answer"></span>'
        '<span class="end a0-long" data-label="long answer"></span></p>\nevil()')


def test_no_answer_is_an_answer(client):
    status, answer = client.ask("comets", PAGE)
    assert (status, answer["answered"], answer["short"], answer["long"]) == (200, False, None, None)
    assert answer["others"] == []


def test_half_a_character(client):
    status, body, _ = client.call("POST", "/ask", b'{"question": "town \\ud800", "page": "a town"}',
                                  {"content-type": "application/json"})
    assert status in (200, 422)  # pydantic 1 and 2 differ
    assert status == 422 or json.loads(body.decode())["question"] == "town \ud800"


def test_a_page_as_bytes(client):
    content = base64.b64encode("<p>Élodie</p>".encode()).decode()
    assert client.ask("élodie", page_base64=content)[1]["short"]["text"] == "Élodie"
    for fields, message in (
            ({"page_base64": "%"}, "page_base64 is not base64"),
            ({"page_base64": content, "page": "x"}, "page and page_base64 are both given")):
        status, answer = client.ask("x", **fields)
        assert (status, list(answer)) == (422, ["error"])
        assert message in answer["error"]


@pytest.mark.parametrize("fields, message", [
    ({"question": " ", "page": "x"}, "the question is empty"),
    ({"question": "x" * 1001, "page": "x"}, "the question has 1001 characters, 1000 are the most"),
    ({"question": "x", "page": " ", "page_name": "my.html"}, "my.html is empty"),
    ({"question": "x"}, "there is no page: give one with the question (this service was started "
                        "without --pages)"),
    ({"question": "?", "page": "x"}, "the question has no words"),
])
def test_what_cannot_be_used(client, fields, message):
    status, body, _ = client.call("POST", "/ask", fields)
    assert (status, json.loads(body.decode())) == (422, {"error": message})


@pytest.mark.parametrize("body, field", [
    (b"{", ""), (b"[]", ""), (b"{}", "question: "), (b'{"question": 7}', "question: "),
    (b'{"question": "x", "num_answers": 0}', "num_answers: "),
    (b'{"question": "x", "num_answers": 101}', "num_answers: "), (b"\xff", ""), (b"", "")])
def test_what_is_no_request(client, body, field):
    status, answer, _ = client.call("POST", "/ask", body, {"content-type": "application/json"})
    error = json.loads(answer.decode())["error"]
    assert status in (400, 422) and error.startswith(field)
    assert "Traceback" not in error and "\n" not in error


def test_other_addresses(client):
    for method, path, expected in (("GET", "/nothing", 404), ("GET", "/ask", 405),
                                   ("GET", "/docs", 404), ("GET", "/redoc", 404)):
        status, body, _ = client.call(method, path)
        assert status == expected
        assert "the service answers at /, /api, /ask and /health" in json.loads(body.decode())[
            "error"]


def test_health(client):
    status, body, _ = client.call("GET", "/health")
    health = json.loads(body.decode())
    assert (status, health["status"], health["pages"]) == (200, "ok", None)
    assert health["reader"] == StubReader.description
    assert health["limits"]["requests"] == 64


def test_documents_name_no_other_host(client):
    for path in ("/", "/api"):
        status, body, headers = client.call("GET", path)
        text = body.decode()
        assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
        assert "http://" not in text and "https://" not in text and "//cdn" not in text
        assert "default-src 'none'" in text and "frame-ancestors 'none'" in headers[
            "content-security-policy"]
    _, body, _ = client.call("GET", "/openapi.json")
    described = json.loads(body.decode())
    assert set(described["paths"]) == {"/ask", "/health"}
    assert "413" in described["paths"]["/ask"]["post"]["responses"]
    api = client.call("GET", "/api")[1].decode()
    for field in described["components"]["schemas"]["Question"]["properties"]:
        assert "<code>%s</code>" % field in api


def test_questions_to_a_folder(folder):
    with running(folder=folder) as client:
        assert json.loads(client.call("GET", "/health")[1].decode())["pages"] == 2
        status, answer = client.ask("which town has a river", show_pages=True)
        assert (status, answer["answered"], answer["page"]) == (200, True, "orlan.html")
        assert answer["short"]["text"] == "a"
        assert [page["page"] for page in answer["pages"]] == ["orlan.html", "tovin.html"]
        assert [(item["page"], item["probability"]) for item in answer["others"]] == [
            ("orlan.html", 0.5), ("tovin.html", 0.5)]
        assert 'class="begin a1-short"' in answer["pages"][1]["html"]
        # A page that comes with the question is read instead.
        assert client.ask("town", PAGE, page_name="x")[1]["page"] == "x"
        status, nothing = client.ask("comets")
        assert (status, nothing["answered"], nothing["pages"], nothing["page"]) == (
            200, False, [], None)


def test_a_body_that_is_too_large(client):
    with running(limits=Limits(body_bytes=2000)) as small:
        status, answer = small.ask("x", "y" * 2000)
        assert (status, answer) == (413, {"error": "the request is larger than 1.95 kB, which is "
                                                   "the most: give a smaller page"})
        assert small.ask("y", "y " * 900)[0] == 200
        # Nor where it does not say so: sent in chunks, whose sizes are hexadecimal.
        answer = small.raw(b"POST /ask HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                           b"transfer-encoding: chunked\r\n\r\n"
                           + b"400\r\n" + b"y" * 1024 + b"\r\n" + b"400\r\n" + b"y" * 1024
                           + b"\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413") and b"the request is larger than" in answer


class Slow(StubReader):
    """A reader that waits for the test."""

    def __init__(self):
        super().__init__()
        self.reads, self.may_read = threading.Event(), threading.Event()

    def ask_many(self, pairs):
        self.reads.set()
        assert self.may_read.wait(20)
        return super().ask_many(pairs)


def in_thread(function, *args):
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)))
    thread.start()
    return thread, results


def test_an_answer_that_takes_too_long():
    slow = Slow()
    with running(slow, limits=Limits(seconds=0.3)) as client:
        assert client.ask("town", PAGE) == (504, {
            "error": "the answer took longer than 0.3 seconds: ask about a shorter page, or start "
                     "the service with a larger --time_limit"})
        # Nor does a body that never comes hold a place.
        assert client.raw(b"POST /ask HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                          b"content-length: 10\r\n\r\nx").startswith(b"HTTP/1.1 504")
        slow.may_read.set()
        assert client.ask("town", PAGE)[0] == 200


def test_too_many_at_once():
    slow = Slow()
    with running(slow, limits=Limits(requests=1)) as client:
        thread, results = in_thread(client.ask, "town", PAGE)
        assert slow.reads.wait(10)
        status, body, headers = client.call("POST", "/ask", {"question": "town", "page": PAGE})
        assert (status, headers["retry-after"]) == (503, "1")
        assert b"1 questions are being answered" in body
        assert client.call("GET", "/health")[0] == 200
        slow.may_read.set()
        thread.join()
        assert results[0][0] == 200


def test_requests_are_read_together():
    slow = Slow()
    with running(slow, limits=Limits(batch_milliseconds=0)) as client:
        first, _ = in_thread(client.ask, "town", PAGE)
        assert slow.reads.wait(10)
        rest = [in_thread(client.ask, "town", "<p>%d town</p>" % i) for i in range(5)]
        for _ in range(1000):
            if json.loads(client.call("GET", "/health")[1].decode())["under_way"] == 6:
                break
        slow.may_read.set()
        first.join()
        for i, (thread, results) in enumerate(rest):
            thread.join()
            assert results[0][1]["long"]["text"] == "%d town" % i
    assert sum(slow.batches) == 6 and len(slow.batches) < 6


def test_what_is_under_way_is_answered_when_the_service_stops():
    slow = Slow()
    with running(slow) as client:
        thread, results = in_thread(client.ask, "town", PAGE)
        assert slow.reads.wait(10)
        threading.Timer(0.2, slow.may_read.set).start()
    thread.join()
    assert results[0][1]["short"]["text"] == "town"
    with pytest.raises(OSError):
        client.ask("town", PAGE)


def test_a_defect_is_told_in_a_sentence(capfd):
    class Broken(StubReader):
        def ask_many(self, pairs):
            raise ValueError("defect")

    with running(Broken()) as client:
        assert client.ask("town", PAGE) == (500, {
            "error": "error of the service itself, please report it: ValueError: defect"})
        assert client.call("GET", "/health")[0] == 200


def test_names_that_lead_here_from_elsewhere_are_refused(client):
    for host, expected in (("evil.example", 421), ("evil.example:80", 421), ("", 421),
                           ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:1", 200),
                           ("LOCALHOST", 200)):
        assert client.call("GET", "/health", headers={"host": host})[0] == expected, host
    with running(hosts=None) as public:
        assert public.call("GET", "/health", headers={"host": "example.org"})[0] == 200


def test_sockets():
    bound = server.listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    assert server.address_of(bound) == "http://127.0.0.1:%d/" % port and server.is_loopback(bound)
    with pytest.raises(UserError, match="cannot listen at 127.0.0.1, port %d: Address already in "
                                        "use; choose another --port" % port):
        server.listen("127.0.0.1", port)
    bound.close()
    with pytest.raises(UserError, match="--host=no such is no name or address"):
        server.listen("no such", 0)
    for_all = server.listen("0.0.0.0", 0)
    assert not server.is_loopback(for_all) and "//127.0.0.1:" in server.address_of(for_all)
    for_all.close()
