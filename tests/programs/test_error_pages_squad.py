"""Error pages of SQuAD, as the program writes them and as a browser shows them."""
import json
import os
import re

import pytest

from bert_nq.base.ids import hashed_id
from tests.support import browser
from tests.support import squad_error_samples as samples
from tests.support.html_elements import Elements
from tests.support.programs import error_line, run


@pytest.fixture(name="task")
def fixture_task(tmp_path):
    """The program's flags for the seven questions of squad_error_samples."""
    return samples.write_inputs(tmp_path)


@pytest.fixture(name="written", scope="module")
def fixture_written(tmp_path_factory):
    """The folder with these questions and their site, and the run that wrote it."""
    folder = tmp_path_factory.mktemp("written")
    return folder, error_pages(*samples.write_inputs(folder))


def error_pages(*args):
    return run("eval/error_pages.py", *args)


def question_path(folder, question_id):
    return folder / "site" / "pages" / "000" / ("q%d.html" % hashed_id(question_id))


def rows_of(folder):
    """The data of the list of questions."""
    index = (folder / "site" / "index.html").read_text(encoding="utf8")
    found = re.findall(r'<script type="application/json" class="rows">(.*?)</script>', index, re.S)
    return [row for chunk in found for row in json.loads(chunk)]


def test_the_site(written):
    folder, done = written
    assert (done.returncode, done.stderr) == (0, "")
    assert re.sub("time  .*", "time  so long", done.stdout) == """
SQuAD 2.0
  exact              42.8571
  f1                 48.5714
  total              7
  HasAns_exact       40.0000
  HasAns_f1          48.0000
  HasAns_total       5
  NoAns_exact        50.0000
  NoAns_f1           50.0000
  NoAns_total        2
  best_exact         57.1429
  best_exact_thresh  3
  best_f1            62.8571
  best_f1_thresh     3

verdicts
  right          2
  partly right   1
  wrong answer   1
  none, missed   1
  false alarm    1
  none, rightly  1

site
  questions scored  7
  pages written     7
  time  so long

open in a browser: %s
""" % (folder / "site" / "index.html")
    rows = rows_of(folder)
    assert [row[1] for row in rows] == list(samples.QUESTIONS)
    assert {row[1]: row[4] for row in rows} == samples.VERDICTS
    assert rows[3][2:] == ["who ruled it", "Tovin <b>", "missed", "Pell", "Pell", "0", "0", "3", "",
                           0]
    assert json.loads((folder / "site" / "site.json").read_text())["scores"]["f1"] == (
        100.0 * (1 + 0.4 + 0 + 0 + 0 + 1 + 1) / 7)


def test_files_link_to_each_other(written):
    folder, _ = written
    names = ["q%d.html" % hashed_id(key) for key in samples.QUESTIONS]
    assert sorted(os.listdir(str(folder / "site" / "pages" / "000"))) == sorted(names)
    for i, key in enumerate(samples.QUESTIONS):
        page = Elements(question_path(folder, key).read_text(encoding="utf8"))
        links = {a["rel"]: a["href"] for _, a, _ in page.named("a") if "rel" in a}
        beside = {"prev": names[i - 1:i], "next": names[i + 1:i + 2]}
        assert links == {rel: "../../pages/000/" + name[0] for rel, name in beside.items() if name}


def scores_of(*args):
    done = run("eval/squad_eval.py", *args)
    assert done.returncode == 0
    return json.loads(done.stdout)


@pytest.mark.parametrize("extra", [[], ["--na_prob_thresh=-1.5"], ["--version=1.1"]])
def test_scores_are_those_of_the_scorer(tmp_path, extra):
    flags = samples.write_inputs(tmp_path)
    if "--version=1.1" in extra:
        content = samples.dataset()
        paragraph = content["data"][0]["paragraphs"][0]
        paragraph["qas"] = [qa for qa in paragraph["qas"] if qa["answers"]]
        (tmp_path / "gold.json").write_text(json.dumps(content))
        flags = [flag for flag in flags if "na_prob" not in flag]
    assert error_pages(*(flags + extra)).returncode == 0
    site = json.loads((tmp_path / "site" / "site.json").read_text())
    assert site["scores"] == scores_of(*([flag for flag in flags if "nbest" not in flag
                                          and "output_dir" not in flag] + extra))


def mrqa(context, qas):
    return "".join(json.dumps(line) + "\n" for line in ({"header": {}}, {
        "context": context, "qas": qas}))


def test_mrqa_and_rows(tmp_path):
    (tmp_path / "mrqa.jsonl").write_text(mrqa(samples.TOWN, [
        {"qid": "m1", "question": "who", "answers": ["Pell", "The Pell"], "detected_answers": [
            {"text": "pell", "char_spans": [[21, 24], [51, 54]]}]}]))
    (tmp_path / "rows.csv").write_text('id,context,question,answer_text,answer_start\n'
                                       'r1,a red fox,what,red fox,2\n')
    (tmp_path / "p.json").write_text(json.dumps({"m1": "the Pell", "r1": "red"}))
    done = error_pages("--gold_path=%s/mrqa.jsonl,%s/rows.csv" % (tmp_path, tmp_path),
                       "--predictions_path=%s" % (tmp_path / "p.json"),
                       "--output_dir=%s" % (tmp_path / "site"))
    assert (done.returncode, done.stderr) == (0, "")
    assert [row[1:9] for row in rows_of(tmp_path)] == [
        ["m1", "who", "", "right", "Pell", "the Pell", "1", "1"],
        ["r1", "what", "", "partly", "red fox", "red", "0", "0.6667"]]
    page = Elements(question_path(tmp_path, "m1").read_text(encoding="utf8"))
    assert [text for _, _, text in page.named("em")] == ["counts as right too",
                                                         "not in the context"]
    assert [a["data-label"] for _, a, _ in page.named("span")
            if a["class"].startswith("begin")] == ["gold, 1 of 2", "gold, 1 of 2"]


def test_some_of_the_questions(task, tmp_path):
    assert error_pages("--only=wrong", "--max_pages=2", *task).returncode == 0
    assert [row[1] for row in rows_of(tmp_path)] == ["a2", "a3"]


def test_contexts_that_cannot_be_used(task, tmp_path):
    content = samples.dataset()
    content["data"][0]["paragraphs"][1]["context"] = " "
    (tmp_path / "gold.json").write_text(json.dumps(content))
    assert "gold.json, question 7 (id h/1" in error_line(error_pages(*task))
    assert not (tmp_path / "site").exists()
    done = error_pages("--on_bad_input=skip", *task)
    assert (done.returncode, "pages left out, unusable  1" in done.stdout) == (0, True)
    assert len(rows_of(tmp_path)) == 6


@pytest.mark.parametrize("name, content, extra, expected", [
    ("predictions", {"x": "y"}, [], "there is no prediction for any of the 7 questions"),
    ("odds", {"a1": 0}, [], "6 of 7 questions have a prediction but no probability"),
    ("nbest", {"a1": [{"text": "x"}]}, [], "nbest.json has none of the predicted texts"),
    (None, None, ["--version=1.1"], "SQuAD 1.1 has no questions without an answer"),
    (None, None, ["--only=yes_no"], "--only=yes_no is not for predictions of SQuAD, which take"),
    (None, None, ["--long_threshold=1"], "--long_threshold is for predictions of Natural Question"),
    (None, None, ["--output_dir="], "--output_dir is needed")])
def test_what_a_person_can_mend(task, tmp_path, name, content, extra, expected):
    if name:
        (tmp_path / (name + ".json")).write_text(json.dumps(content))
    assert expected in error_line(error_pages(*(task + extra)))
    assert not (tmp_path / "site").exists()


def test_lists_of_some_other_predictions_are_told_of(task, tmp_path):
    (tmp_path / "nbest.json").write_text(json.dumps(dict(samples.NBEST, a2=[{"text": "x"}])))
    (tmp_path / "predictions.json").write_text(json.dumps(dict(samples.PREDICTIONS, other="x")))
    done = error_pages(*task)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "%s: 1 ids are of other questions, they count for nothing: other"
        % (tmp_path / "predictions.json"),
        "%s: for 1 questions the predicted text is not in the list: are these the lists of %s?"
        % (tmp_path / "nbest.json", tmp_path / "predictions.json")]


# In a browser.

@pytest.fixture(name="chromium", scope="module")
def fixture_chromium(tmp_path_factory):
    if browser.find() is None:
        pytest.skip("no Chromium is installed")
    with browser.Browser(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


def listed(page):
    """The addresses' questions that the list shows, in its order."""
    keys = {"q%d.html" % hashed_id(key): key for key in samples.QUESTIONS}
    return [keys[os.path.basename(href)] for href in page.value(
        "[...document.querySelectorAll('#list a')].map(a => a.getAttribute('href'))")]


def test_filters_search_and_order(chromium, written):
    url = (written[0] / "site" / "index.html").as_uri()
    for address, expected in (
            ("", list(samples.QUESTIONS)), ("#verdict=error", ["a2", "a3", "a4", "a5"]),
            ("#verdict=right", ["a1", samples.EVIL_ID]), ("#verdict=null", ["a6"]),
            ("#q=FOUNDED+1822", ["a3"]), ("#q=%3Cscript", [samples.EVIL_ID]),
            ("#verdict=error&sort=f1", ["a3", "a4", "a5", "a2"]),
            ("#sort=odds", ["a1", "a2", "a5", "a3", samples.EVIL_ID, "a4", "a6"]),
            ("#sort=odds_down&verdict=error", ["a4", "a3", "a5", "a2"]),
            # Only the first list has probabilities at its top.
            ("#sort=prob&q=founded", ["a2", "a3"])):
        assert listed(chromium.open(url + address)) == expected, address


def test_counts_lead_to_their_questions(chromium, written):
    page = chromium.open((written[0] / "site" / "index.html").as_uri())
    links = page.value("[...document.querySelectorAll('.verdicts a')].map("
                       "a => [a.getAttribute('href'), Number(a.textContent)])")
    assert len(links) == 12
    for href, count in links:
        page.value("document.querySelector('.verdicts a[href=%s]').click()" % json.dumps(href))
        page.value("new Promise(done => setTimeout(done, 50))")
        assert len(listed(page)) == count, href


def test_marks_are_on_the_right_words(chromium, written):
    page = chromium.open(question_path(written[0], "a1").as_uri())

    def style(element, name):
        return page.value("getComputedStyle(document.querySelector(%s))[%s]" % (
            json.dumps(element), json.dumps(name)))

    assert page.value("[...document.querySelectorAll('#page mark')].map("
                      "e => [e.className, e.textContent])") == [
        ["gold-short", "a "], ["gold-short predicted-short", "big town"]]
    assert page.value("document.getElementById('page').textContent.trim()") == samples.TOWN
    both = "#page mark.gold-short.predicted-short"
    assert style(both, "backgroundColor") == "rgb(147, 219, 163)"  # gold: the ground
    assert "rgb(29, 78, 216)" in style(both, "boxShadow")  # predicted: the line
    assert style("#page .context", "whiteSpace").startswith(("pre-wrap", "preserve"))


def test_nothing_is_wider_than_a_phone(chromium, written):
    for path in (written[0] / "site" / "index.html", question_path(written[0], "a1"),
                 question_path(written[0], samples.EVIL_ID)):
        page = chromium.open(path.as_uri())
        page.call("Emulation.setDeviceMetricsOverride", width=390, height=900,
                  deviceScaleFactor=1, mobile=False)
        assert page.value("document.documentElement.scrollWidth") <= 390


def test_a_hostile_question_stays_inert(chromium, written):
    for path, title in ((question_path(written[0], samples.EVIL_ID),
                         samples.QUESTIONS[samples.EVIL_ID]),
                        (written[0] / "site" / "index.html", "Gold and predicted answers")):
        page = chromium.open(path.as_uri())
        assert page.value("typeof window.evil") == "undefined"
        assert page.value("document.title") == title
        assert page.value("getComputedStyle(document.querySelector('main')).display") != "none"
        assert [e["request"]["url"] for e in page.events("Network.requestWillBeSent")] == [
            path.as_uri()]
        assert page.events("Runtime.exceptionThrown") == []
    page = chromium.open(question_path(written[0], samples.EVIL_ID).as_uri())
    assert page.value("document.scripts.length") == 0
    assert "window.evil=1" in page.value("document.getElementById('page').innerText")
