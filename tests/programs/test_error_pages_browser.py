"""The site of error pages in a real browser, without a window."""
import json
import random

import pytest

from bert_nq.error_pages import documents
from bert_nq.error_pages.nq import index_page
from bert_nq.error_pages.nq.markup import Mark, render
from bert_nq.error_pages.nq.outcomes import VERDICTS
from bert_nq.scoring.f_measure import Point
from tests.support import browser, error_page_samples
from tests.support.programs import run

pytestmark = pytest.mark.skipif(browser.find() is None, reason="no Chromium is installed")


@pytest.fixture(name="chromium", scope="module")
def fixture_chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(name="site", scope="module")
def fixture_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("error_pages")
    done = run("eval/error_pages.py", *error_page_samples.write_inputs(folder))
    assert done.returncode == 0, done.stderr
    return folder / "site"


def listed(page):
    """The ids of the questions that the list shows, in its order."""
    return page.value("[...document.querySelectorAll('#list a')].map("
                      "a => a.getAttribute('href').match(/q(.*)[.]html/)[1])")


def choose(page, **values):
    """Puts values into fields as a person does."""
    for field, value in values.items():
        page.value("(() => { const e = document.getElementById(%s); e.value = %s;"
                   " e.dispatchEvent(new Event('change')); })()"
                   % (json.dumps(field), json.dumps(value)))


def assert_inert(page, url, title):
    """Nothing of what the page's markup asks for has happened."""
    assert page.value("typeof window.evil") == "undefined"
    assert page.value("document.title") == title
    assert page.value("location.href") == url
    assert [e["request"]["url"] for e in page.events("Network.requestWillBeSent")] == [url]
    assert page.events("Page.javascriptDialogOpening") == []
    assert page.events("Runtime.exceptionThrown") == []


def test_filters(chromium, site):
    page = chromium.open((site / "index.html").as_uri())
    big = str(2 ** 62 + 1)
    assert listed(page) == ["-101", "102", "103", big, "105", "106"]
    for verdict, expected in (("error", ["102", "103", big]), ("wrong", ["102"]),
                              ("missed", ["103"]), ("false_alarm", [big]), ("null", ["105"]),
                              ("right", ["-101", "106"])):
        choose(page, verdict=verdict)
        assert listed(page) == expected, verdict
        assert page.value("location.hash") == "#verdict=" + verdict
    choose(page, yesno="1")
    assert listed(page) == ["106"]
    assert page.value("document.getElementById('status').textContent") == "1 of 6 questions"
    choose(page, verdict="", yesno="", sort="long")
    assert listed(page) == ["102", big, "-101", "106", "103", "105"]
    assert page.value("document.querySelector('#list tr').innerText.replace(/\\s+/g, ' ')") == (
        "who founded orlan </script><script>window.evil = 1</script> <b>Orlan wrong answer score 4 "
        "gold: Founded by Marel Ansk predicted: loose 1901 wrong answer score 4 gold: Marel Ansk "
        "predicted: 1901")


def test_counts_lead_to_the_questions_that_they_count(chromium, site):
    page = chromium.open((site / "index.html").as_uri() + "#q=QUIST")
    links = page.value("[...document.querySelectorAll('.verdicts a')].map("
                       "a => [a.getAttribute('href'), Number(a.textContent)])")
    assert len(links) == 10
    for href, count in links:
        page.value("document.querySelector('.verdicts a[href=%s]').click()" % json.dumps(href))
        page.value("new Promise(done => setTimeout(done, 50))")
        assert page.value("location.hash") == href
        assert len(listed(page)) == count, href
    assert page.value("document.getElementById('q').value") == ""


def test_the_page_stands_beside_the_answers_where_there_is_room(chromium, site):
    page = chromium.open((site / "pages" / "000" / "q102.html").as_uri())
    for width, is_beside in ((1440, True), (1100, True), (800, False), (400, False)):
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        answers, shown = (page.value(
            "(r => [r.left, r.right, r.top])(document.querySelector(%r).getBoundingClientRect())"
            % element) for element in ("aside", "#page"))
        assert (shown[0] > answers[1]) == is_beside, width
        assert page.value("document.documentElement.scrollWidth") <= width


def test_long_and_short_are_filtered_apart(chromium, tmp_path):
    kinds = [["right", "a", "a", "1", 1], ["wrong", "b", "c", "2", 1]]
    rows = [json.dumps(["pages/q1.html", "1", "long right", "t", 0] + kinds),
            json.dumps(["pages/q2.html", "2", "short right", "t", 0] + kinds[::-1])]
    page = chromium.open(write_index(tmp_path / "index.html", rows) + "#verdict=wrong&kind=short")
    assert listed(page) == ["1"]
    choose(page, kind="long")
    assert listed(page) == ["2"]
    choose(page, kind="")
    assert listed(page) == ["1", "2"]


def test_search(chromium, site):
    page = chromium.open((site / "index.html").as_uri())
    page.press("/")
    assert page.value("document.activeElement.id") == "q"
    for key in "QUIST 18":
        page.press(key)
    page.value("document.getElementById('filters').requestSubmit()")
    assert listed(page) == ["103"]  # QUIST in its question, 18 in its answer
    assert page.value("location.hash") == "#q=QUIST+18"
    assert listed(chromium.open((site / "index.html").as_uri() + "#q=%3CSCRIPT%3E")) == ["102"]
    assert listed(chromium.open((site / "index.html").as_uri() + "#q=-101")) == ["-101"]


def write_index(path, rows):
    verdicts = dict.fromkeys(VERDICTS, 0)
    point = Point(0.5, 0.5, 0.5, 0.5)
    with open(str(path), "wb") as out:
        index_page.write(out, index_page.Summary(
            len(rows), (verdicts, verdicts), (point, point), (True, False), ""), rows)
    return path.as_uri()


def test_a_long_list_is_shown_by_parts(chromium, tmp_path):
    kind = ["right", "a", "a", "1", 1]
    url = write_index(tmp_path / "index.html", [
        json.dumps(["pages/q%d.html" % i, str(i), "question %d" % i, "", 0, kind, kind])
        for i in range(1234)])
    page = chromium.open(url)
    assert listed(page) == list(map(str, range(100)))
    assert page.value("document.getElementById('status').textContent") == "1,234 of 1,234 questions"
    page.press("n")
    assert listed(page) == list(map(str, range(100, 200)))
    page.press("p")
    page.value("document.getElementById('forth').click()")
    assert page.value("location.hash") == "#page=2"
    page = chromium.open(url + "#page=99")
    assert listed(page) == list(map(str, range(1200, 1234)))
    assert page.value("document.getElementById('forth').disabled")


def test_the_list_leads_to_the_question_and_on(chromium, site):
    page = chromium.open((site / "index.html").as_uri() + "#verdict=wrong")
    with page.loading():
        page.value("document.querySelector('#list a').click()")
    assert page.value("location.href") == (site / "pages" / "000" / "q102.html").as_uri()
    for rel, name in (("prev", "q-101.html"), ("next", "q102.html"), ("next", "q103.html")):
        with page.loading():
            page.value("document.querySelector('a[rel=%s]').click()" % rel)
        assert page.value("location.href").endswith("/pages/000/" + name)
    with page.loading():
        page.value("document.querySelector('nav a').click()")
    assert page.value("location.href") == (site / "index.html").as_uri()


def marked(page, kind):
    return page.value("[...document.querySelectorAll('#page mark.%s')].map(e => e.textContent)"
                      ".join('')" % kind)


def test_highlights_are_on_the_right_words(chromium, site):
    folder = site / "pages" / "000"
    page = chromium.open((folder / "q-101.html").as_uri())
    assert {kind: marked(page, kind) for kind in ("gold-long", "predicted-long", "gold-short",
                                                  "predicted-short", "low-short")} == {
        "gold-long": "A big town.", "predicted-long": "A big town.", "gold-short": "A big town",
        "predicted-short": "A big town", "low-short": ""}
    page = chromium.open((folder / "q103.html").as_uri())
    assert {kind: marked(page, kind) for kind in ("gold-long", "low-long", "gold-short",
                                                  "low-short", "predicted-short")} == {
        "gold-long": "Founded in 1822 (by Pell).", "low-long": "A big town.",
        "gold-short": "1822", "low-short": "1822by Pell", "predicted-short": ""}
    page = chromium.open((folder / "q102.html").as_uri())
    assert marked(page, "predicted-long") == "loose1901"
    assert page.value("document.querySelector('#page mark.predicted-short').closest('td')"
                      ".textContent") == "1901"


def test_overlapping_highlights_are_told_apart_and_labelled(chromium, site):
    page = chromium.open((site / "pages" / "000" / "q-101.html").as_uri())

    def style(element, name, pseudo="null"):
        return page.value("getComputedStyle(document.querySelector(%s), %s)[%s]" % (
            json.dumps(element), pseudo, json.dumps(name)))

    both = "#page mark.gold-short.predicted-short"
    assert style(both, "backgroundColor") == "rgb(147, 219, 163)"  # gold: the ground
    assert "rgb(29, 78, 216)" in style(both, "boxShadow")  # predicted: the line
    only_long = "#page mark:not(.gold-short)"
    assert page.value("document.querySelector(%r).textContent" % only_long) == "."
    assert style(only_long, "boxShadow") == "none"
    assert style(only_long, "textDecorationStyle") == "dotted"
    assert style("#gold-short-1", "content", "'::before'") == '"gold short, 2 of 3 ▸"'
    assert style("#predicted-short-1", "content", "'::before'") == '"predicted short ▸"'


def test_links_jump_to_highlights(chromium, tmp_path, site):
    path = site / "pages" / "000" / "q103.html"
    # So long that only a jump shows its end.
    text = path.read_text(encoding="utf8").replace("<p>", "<p>%s</p><p>" % ("word " * 5000))
    page = chromium.open(write(tmp_path / "long.html", text))
    for key in ("predicted-long", "gold-short-1"):
        page.value("document.querySelector('a[href=\"#%s\"]').click()" % key)
        top = page.value("document.querySelector(':target').getBoundingClientRect().top")
        assert page.value("document.querySelector(':target').id") == key
        assert 0 <= top <= page.value("innerHeight")


def write(path, text):
    path.write_bytes(text.encode("utf8"))
    return path.as_uri()


def test_a_hostile_page_stays_inert(chromium, site):
    url = (site / "pages" / "000" / "q102.html").as_uri()
    page = chromium.open(url)
    assert_inert(page, url, error_page_samples.QUESTIONS[102])
    assert page.value("document.scripts.length") == 0
    assert page.value("document.querySelectorAll('#page a, #page img, #page style, #page link,"
                      " #page iframe, #page svg, #page meta, #page base, #page textarea').length"
                      ) == 0
    assert page.value("[...document.querySelectorAll('#page *')].flatMap(e => [...e.attributes])"
                      ".every(a => ['class', 'id', 'data-label'].includes(a.name))")
    assert "window.evil=1" in page.value("document.getElementById('page').innerText")

    url = (site / "index.html").as_uri()
    page = chromium.open(url)
    assert_inert(page, url, "Gold and predicted answers")
    assert len(listed(page)) == 6


def test_the_policy_alone_would_keep_it_inert(chromium, site, tmp_path):
    evil = ("<script>window.evil=1</script><img src=x.png onerror=window.evil=2>"
            "<img src=https://evil.example/x.png><svg onload=window.evil=3></svg>"
            "<style>#page { display: none }</style><link rel=stylesheet href=x.css>"
            "<iframe srcdoc='<script>top.evil=4</script>'></iframe>"
            "<base href=https://evil.example/><body onload=window.evil=5>")
    for name in ("pages/000/q102.html", "index.html"):
        text = (site / name).read_text(encoding="utf8")
        assert text.count("<main>") == 1
        url = write(tmp_path / "evil.html", text.replace("<main>", "<main>" + evil))
        page = chromium.open(url)
        assert page.value("typeof window.evil") == "undefined"
        assert page.value("getComputedStyle(document.querySelector('main')).display") != "none"
        assert {e["request"]["url"] for e in page.events("Network.requestWillBeSent")
                if not any(e["requestId"] == failed["requestId"]
                           for failed in page.events("Network.loadingFailed"))} <= {
                               url, "about:srcdoc"}


def _random_page(rng):
    names = ("p h2 ul ol li dl dt dd table tr td th b i sup br hr blockquote script div tbody "
             "caption").split()
    tokens, is_html = [], []
    for _ in range(rng.randrange(1, 40)):
        is_tag = rng.random() < 0.7
        tokens.append("<%s%s>" % (rng.choice(["", "", "/"]), rng.choice(names)) if is_tag
                      else rng.choice(["a", "b", "<p>", "&amp;", ".", "</td>", "\xe9"]))
        is_html.append(is_tag)
    start = rng.randrange(len(tokens))
    marks = [Mark("m", "gold-long", "gold", start, rng.randrange(start, len(tokens)) + 1)]
    return render(tokens, is_html, marks)


def test_the_browser_finds_nothing_to_mend_in_what_pages_become(chromium, tmp_path):
    """Its tree, written as text again, is what it has read: no element was moved, none added."""
    rng = random.Random(5)
    pages = [_random_page(rng) for _ in range(1500)]
    template = documents.environment().from_string(
        '{% extends "base.html.j2" %}{% block title %}pages{% endblock %}'
        "{% block body %}{% for page in pages %}<article>{{ page }}</article>{% endfor %}"
        "{% endblock %}")
    url = write(tmp_path / "pages.html", template.render(pages=pages))
    found = chromium.open(url).value(
        "[...document.querySelectorAll('article')].map(e => e.innerHTML)")
    assert len(found) == len(pages)
    for ours, theirs in zip(pages, found):
        assert theirs == ours
