"""serve.py as a person starts it, asks it, and ends it."""
import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.support import own_pages, programs

TOVIN = "<title>Tovin</title><p>Tovin is a town in Aron. It has many houses and a river.</p>"
MAREL = "<title>Marel</title><p>Marel is a village in Besk.</p>"


@pytest.fixture(name="model", scope="module")
def fixture_model(tmp_path_factory):
    return own_pages.write_nq_model(tmp_path_factory.mktemp("models") / "nq")


@pytest.fixture(name="pages")
def fixture_pages(tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "tovin.html").write_text(TOVIN)
    (pages / "marel.html").write_text(MAREL)
    (pages / "empty.html").write_text("")
    return pages


class Service:
    """A service in a process of its own, on a free port."""

    def __init__(self, *flags):
        self.process = subprocess.Popen(
            programs.command("bert_nq/serve.py", "--port=0", *flags), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, universal_newlines=True)
        line = self.process.stdout.readline()
        found = re.match(r"open in a browser: (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)", line)
        assert found, (line, self.process.communicate())
        self.address = found.group(1)

    def ask(self, **fields):
        request = urllib.request.Request(self.address + "ask", json.dumps(fields).encode(),
                                         {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read().decode())

    def end(self, number):
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=60)
        return self.process.returncode, out, errors


def test_a_folder_is_asked(model, pages):
    service = Service("--model_dir=" + model, "--pages=%s" % pages, "--read_pages=1")
    answer = service.ask(question="where is marel", show_pages=True)
    assert [page["page"] for page in answer["pages"]] == ["marel.html"]
    assert "Marel is a village in Besk." in re.sub("<[^>]*>", "", answer["pages"][0]["html"])
    assert answer["others"]
    given = service.ask(question="where is tovin", page=TOVIN, page_name="mine")
    assert [page["page"] for page in given["pages"]] == ["mine"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        service.ask(question="", page=TOVIN)
    assert (refused.value.code, json.loads(refused.value.read().decode())) == (
        422, {"error": "the question is empty"})
    with urllib.request.urlopen(service.address + "health") as response:
        health = json.loads(response.read().decode())
    assert (health["pages"], health["reader"]["task"]) == (2, "nq_joint")
    code, out, errors = service.end(signal.SIGTERM)
    assert code == 0, errors
    assert "questions answered  2" in out
    assert re.sub("index .*sqlite", "index", errors).splitlines() == [
        "index: 3 pages new, 0 changed, 0 removed, 0 as before",
        "left out: %s: it is empty" % (pages / "empty.html")]
    assert (pages / ".bert_nq_index.sqlite").exists()


def test_ctrl_c_ends_it(model):
    service = Service("--model_dir=" + model)
    code, out, errors = service.end(signal.SIGINT)
    assert (code, errors) == (0, "")
    assert "questions answered  0" in out


def refused(*flags, **options):
    return programs.error_line(programs.run("bert_nq/serve.py", *flags, **options))


def test_what_is_wrong_is_told_first(model, pages, tmp_path):
    empty = tmp_path / "none"
    empty.mkdir()
    assert refused().startswith("error: --model_dir is needed")
    assert "is not the folder of a trained model" in refused("--model_dir=%s" % empty)
    model = "--model_dir=" + model
    assert refused(model, "--index=x", "--port=0") == (
        "error: --index is the index of --pages, which is not given")
    assert ("no page is in the folder %s: files that end in .html, " % empty) in refused(
        model, "--port=0", "--pages=%s" % empty)
    assert refused(model, "--port=0", "--pages=%s" % (tmp_path / "gone")).startswith(
        "error: there is no folder ")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        assert refused(model, "--port=%d" % port) == (
            "error: cannot listen at 127.0.0.1, port %d: Address already in use; choose another "
            "--port or --host" % port)


def test_without_fastapi(model, tmp_path):
    (tmp_path / "fastapi.py").write_text("raise ImportError('No module named fastapi')")
    path = "%s:%s" % (tmp_path, programs.ROOT)
    assert refused("--model_dir=" + model, env=dict(os.environ, PYTHONPATH=path)) == (
        "error: the service needs fastapi and uvicorn (No module named fastapi): pip install "
        "'bert_nq[serve]'")
