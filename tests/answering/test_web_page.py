"""The page that asks, in a real browser without a window."""
import json

import pytest

from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.answering.service.limits import Limits
from tests.answering.test_service import Slow
from tests.support import browser
from tests.support.ask_service import running
from tests.support.stub_reader import find_pages, read_page

pytestmark = pytest.mark.skipif(browser.find() is None, reason="no Chromium is installed")

PAGE = "<h1>Tovin</h1><p>A town by a river .</p><ul><li>Marel</li><li>the town hall</li></ul>"
HOSTILE = """<p onclick="window.evil=1">A town <img src="http://evil.example/x.png"
onerror="window.evil=1"><script>window.evil = 1</script><a href="javascript:window.evil=1">link</a>
<b style="background:url(http://evil.example/y)">&lt;img src=x onerror=window.evil=1&gt;</b></p>
<iframe src="http://evil.example/z"></iframe><p id="form">&lt;/mark&gt;&lt;script&gt;evil</p>"""


@pytest.fixture(name="chromium", scope="module")
def fixture_chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(name="client", scope="module")
def fixture_client():
    with running() as client:
        yield client


@pytest.fixture(name="page")
def fixture_page(chromium, client):
    return chromium.open(client.address)


def put(page, **values):
    """Puts text into fields."""
    for field, value in values.items():
        page.value("void (document.getElementById(%s).value = %s)"
                   % (json.dumps(field), json.dumps(value)))


def submit(page):
    """Presses Enter in the question, and waits for the answer."""
    page.value("document.getElementById('question').focus()")
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r",
              windowsVirtualKeyCode=13)
    wait(page, "document.getElementById('go').textContent === 'Ask'")


def wait(page, condition):
    assert page.value("(async () => { for (let i = 0; i < 1000; i++) { if (%s) return true;"
                      " await new Promise(r => setTimeout(r, 20)); } return false; })()"
                      % condition), condition


def text(page, element_id):
    """What a person reads there; "" where it is hidden."""
    return page.value("(e => e.offsetParent ? e.innerText.replace(/\\s+/g, ' ').trim() : '')"
                      "(document.getElementById('%s'))" % element_id)


def marked(page, kind):
    """The words that are marked as "long" or "short"."""
    return page.value("[...document.querySelectorAll('#page mark.now.%s')].map("
                      "e => e.textContent).join('|')" % kind)


def current(page):
    return page.value("[...document.querySelectorAll('#list button')].map("
                      "b => b.getAttribute('aria-current')).indexOf('true')")


def assert_inert(page, client):
    """Nothing of what the page's markup asks for has happened, and no other host was asked."""
    assert page.value("typeof window.evil") == "undefined"
    assert page.value("location.href") == client.address
    urls = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    assert set(urls) <= {client.address, client.address + "ask"}, urls
    assert page.events("Page.javascriptDialogOpening") == []
    assert page.events("Runtime.exceptionThrown") == []


def test_the_answer_is_marked_and_others_can_be_chosen(page, client):
    put(page, question="which town hall", content=PAGE)
    submit(page)
    assert text(page, "answer") == ("which town hall town A town by a river . 50 % sure "
                                    "from Title of pasted page (pasted page) Show it in the page")
    assert (marked(page, "short"), marked(page, "long")) == (
        "town", "A |town| by a river .")
    assert page.value("getComputedStyle(document.querySelector('.begin.now.short'), '::before')"
                      ".content") == '"short answer ▸"'
    assert page.value("[...document.querySelectorAll('#list .what')].map(e => e.textContent)") == [
        "town", "town", "town"]
    page.value("document.querySelectorAll('#list button')[2].click()")
    assert (current(page), marked(page, "short"), marked(page, "long")) == (
        2, "town", "the |town| hall")
    page.press("ArrowUp")  # in the question, which has the focus
    assert (current(page), marked(page, "long")) == (1, "Marel|the |town| hall")
    for _ in range(3):
        page.press("ArrowDown")
    assert current(page) == 2
    assert_inert(page, client)


def test_no_answer(page):
    put(page, question="comets", content=PAGE)
    submit(page)
    assert text(page, "answer") == "comets No answer The page does not seem to say."
    assert text(page, "others") == ""
    assert text(page, "page").startswith("Tovin A town by a river .")


def test_what_was_asked_before(page):
    page.value("sessionStorage.clear()")
    page.go(page.value("location.href"))
    for question in ("town", "marel"):
        put(page, question=question, content=PAGE)
        submit(page)
    assert text(page, "history") == "marel Marel · pasted page town town · pasted page"
    page.value("document.querySelectorAll('#history button')[1].click()")
    assert text(page, "answer").startswith("town town")
    assert page.value("document.getElementById('question').value") == "town"
    page.go(page.value("location.href"))
    assert text(page, "history") == "marel Marel · pasted page town town · pasted page"
    page.value("document.querySelectorAll('#history button')[1].click()")
    assert text(page, "error") == ("The page of this question (pasted page) is no longer here: "
                                   "give it again, and ask.")


def test_the_example(page):
    page.value("document.getElementById('example').click()")
    wait(page, "!document.getElementById('answer').hidden")
    assert text(page, "answer").startswith("who founded the town of Tovin? ")
    assert page.value("document.getElementById('intro').hidden")


def test_a_file(page, tmp_path):
    path = tmp_path / "tovin & co.html"
    path.write_text("<p>Élodie of the town</p>", encoding="utf8")
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
    wait(page, "document.getElementById('file-name').textContent === 'tovin & co.html'")
    put(page, question="élodie")
    submit(page)
    assert text(page, "answer").startswith("élodie Élodie")
    assert text(page, "page-name") == "Title of tovin & co.html (tovin & co.html)"
    page.value("document.getElementById('clear').click()")
    submit(page)
    assert text(page, "error") == "There is no page yet: paste text or HTML, or open a file."


def test_nothing_of_a_hostile_page_runs_or_loads(page, client):
    put(page, question="town <img src=x onerror=window.evil=1>", content=HOSTILE)
    submit(page)
    assert "<img src=x onerror=window.evil=1>" in text(page, "page")
    assert "</mark><script>evil" in text(page, "page")
    assert page.value("document.querySelectorAll('#page :is(img, script, a, iframe, [onclick],"
                      " [style], [href], [src])').length") == 0
    assert marked(page, "short") == "town"
    assert_inert(page, client)


def test_the_keys(page):
    wait(page, "document.activeElement.id === 'question'")  # By autofocus, at the first rendering.
    page.value("document.activeElement.blur()")
    page.press("/")
    assert page.value("document.activeElement.id") == "question"
    assert page.value("document.activeElement.value") == ""
    put(page, question="", content=PAGE)
    submit(page)
    assert text(page, "error") == "Type a question first."


def test_errors_are_sentences(chromium):
    slow = Slow()
    with running(slow, limits=Limits(body_bytes=2000, seconds=0.3)) as client:
        page = chromium.open(client.address)
        put(page, question="town", content="y" * 3000)
        submit(page)
        assert text(page, "error") == ("The request is larger than 1.95 kB, which is the most: "
                                       "give a smaller page.")
        put(page, content=PAGE)
        submit(page)
        assert text(page, "error") == (
            "The answer took longer than 0.3 seconds: ask about a shorter page, or start the "
            "service with a larger --time_limit.")
        slow.may_read.set()
        put(page, content="   x")
        submit(page)
        assert text(page, "error") == ""
        put(page, question="?")
        submit(page)
        assert text(page, "error") == "The question has no words."
    put(page, question="town")
    submit(page)
    assert text(page, "error") == ("The service does not answer. Is it still running? Start it "
                                   "again, and ask once more.")
    assert page.events("Runtime.exceptionThrown") == []


def test_a_folder(chromium, tmp_path):
    (tmp_path / "tovin.html").write_text("Tovin\n<P> Tovin is a town . </P> <P> Marel </P>")
    (tmp_path / "orlan.html").write_text("Orlan\n<P> a river by a town </P>")
    with SqliteIndex(str(tmp_path), read_page, find_pages) as index:
        index.update()
        with running(folder=FolderPages(index, read_page)) as client:
            page = chromium.open(client.address)
            assert text(page, "own") == ""  # The folder is asked unless told otherwise.
            put(page, question="town with river")
            submit(page)
            assert "50 % sure from Orlan (orlan.html)" in text(page, "answer")
            assert text(page, "page-name") == "Orlan (orlan.html)"
            page.press("ArrowDown")
            assert text(page, "page-name") == "Tovin (tovin.html)"
            assert marked(page, "short") == "town"
            page.go(client.address)
            page.value("document.querySelector('#history button').click()")
            wait(page, "!document.getElementById('answer').hidden")
            put(page, question="comets")
            submit(page)
            assert text(page, "answer").startswith("comets No page has these words")
            assert text(page, "shown") == ""
            page.value("document.querySelector('input[value=page]').click()")
            assert "Open a file" in text(page, "own")
            assert_inert(page, client)


def test_what_is_new_comes_into_view(page):
    def top(element):
        return page.value("document.getElementById('%s').getBoundingClientRect().top" % element)

    put(page, question="town", content="<p>%s</p><p>a town</p>" % ("word " * 3000))
    submit(page)
    page.value("scrollTo(0, 1e6)")
    assert top("answer") < -1000
    page.value("document.querySelector('#history button').click()")
    assert top("answer") > -1
    page.value("scrollTo(0, 1e6)")
    put(page, question=" ")
    page.value("document.getElementById('form').requestSubmit()")
    assert text(page, "error") == "Type a question first." and top("error") > -1


@pytest.mark.parametrize("width", [320, 390, 800, 1400])
def test_nothing_sticks_out(page, width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
              mobile=False)
    put(page, question="town " + "w" * 300, content="<p>A town %s</p><table>%s</table>" % (
        "x" * 500, "<tr>" + "<td>wide cell</td>" * 30 + "</tr>"))
    submit(page)
    assert marked(page, "short") == "town"
    assert page.value("document.documentElement.scrollWidth") <= width
