"""The list of questions of SQuAD as a file; tests/programs tries its script in a browser."""
import io
import json

from bert_nq.error_pages.squad import index_page
from tests.error_pages.squad.test_question_page import NBEST, content
from tests.support.html_elements import Elements

COUNTS_2 = {"right": 1000, "partly": 1, "wrong": 2, "missed": 3, "false_alarm": 4, "null": 5}
SCORES_2 = {"exact": 99.0, "f1": 100 * 2 / 3, "total": 1015, "HasAns_exact": 1.0, "HasAns_f1": 2.0,
            "HasAns_total": 1006, "NoAns_exact": 3.0, "NoAns_f1": 4.0, "NoAns_total": 9}


def written(summary, rows=("[]",)):
    out = io.BytesIO()
    index_page.write(out, summary, rows)
    return Elements(out.getvalue().decode("utf8"))


def options(page):
    return [a["value"] for _, a, _ in page.named("option")]


def test_the_head_of_a_list_of_version_2():
    page = written(index_page.Summary("2.0", COUNTS_2, dict(
        SCORES_2, best_exact=99.5, best_exact_thresh=-1.5, best_f1=99.75, best_f1_thresh=0), 1.0,
        True, True))
    assert [" ".join(text.split()) for _, a, text in page.named("p")][:2] == [
        "1,015 questions were scored as SQuAD 2.0. Listed here: 1.",
        "An answer whose null odds are above 1 counts as none. The best threshold for exact match "
        "is -1.5, which reaches 99.5000, for F1 0, which reaches 99.7500."]
    assert [text for _, a, text in page.named("th") if a["scope"] == "row"] == [
        "All questions", "With an answer", "Without an answer"]
    assert [text for _, a, text in page.named("td") if text.strip()] == [
        "99.0000", "66.6667", "1,015", "1.0000", "2.0000", "1,006", "3.0000", "4.0000", "9"]
    assert [(a["href"], text) for _, a, text in page.named("a")] == [
        ("#verdict=right", "1,000"), ("#verdict=partly", "1"), ("#verdict=wrong", "2"),
        ("#verdict=missed", "3"), ("#verdict=false_alarm", "4"), ("#verdict=null", "5"),
        ("#verdict=right", "1,000"), ("#verdict=partly", "1"), ("#verdict=wrong", "2"),
        ("#verdict=missed", "3"), ("#verdict=false_alarm", "4"), ("#verdict=null", "5")]
    assert options(page) == ["", "error", "right", "partly", "wrong", "missed", "false_alarm",
                             "null", "", "f1", "prob", "odds", "odds_down"]


def test_the_head_of_a_list_of_version_1():
    counts = {"right": 3, "partly": 0, "wrong": 1, "missed": 0}
    page = written(index_page.Summary("1.1", counts, {"exact_match": 75.0, "f1": 80.0}, 1.0, False,
                                      False))
    assert [text for _, a, text in page.named("td") if text.strip()] == ["75.0000", "80.0000", "4"]
    assert [text for _, _, text in page.named("a")] == ["3", "0", "1", "0"]
    assert options(page) == ["", "error", "right", "partly", "wrong", "missed", "", "f1"]
    assert "Model" not in [text for _, _, text in page.named("th")]


def test_rows():
    assert json.loads(index_page.row(content([("1822", 41)], "founded in 1822", 3.25, nbest=NBEST),
                                     "q.html")) == [
        "q.html", "id", "question", "title", "missed", "1822", "founded in 1822", "0", "0", "3.25",
        "0.75", 0]
    assert json.loads(index_page.row(content([("a big town", 9)], "town " * 30), "q.html")) == [
        "q.html", "id", "question", "title", "partly", "a big town", "town " * 24 + " …", "0",
        "0.0625", "", "", 1]
    assert json.loads(index_page.row(content([], ""), "q.html"))[4:] == [
        "null", "", "", "1", "1", "", "", 0]
