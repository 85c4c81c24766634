"""The list of questions as a file; tests/programs tries its script in a browser."""
import io
import json

from bert_nq.error_pages import index_page
from bert_nq.error_pages.outcomes import VERDICTS
from bert_nq.scoring.f_measure import Point
from tests.support.html_elements import SHOWN, WILD, Elements


def written(rows, predictor=""):
    """The elements of the file."""
    counts = tuple({verdict: start + i for i, verdict in enumerate(VERDICTS)}
                   for start in (1000, 0))
    points = Point(-1.25, 0.75, 0.6, 2 / 3), Point(0.123456, 0.0, 0.0, 0.0)
    out = io.BytesIO()
    index_page.write(out, index_page.Summary(1234, counts, points, (True, False), predictor), rows)
    return Elements(out.getvalue().decode("utf8"))


def test_the_head_of_the_list():
    page = written(["[]"])
    assert [text for _, a, text in page.named("p") if a.get("class") == "soft"] == [
        "1,234 questions were scored"]
    assert [text for _, a, text in page.named("th") if a["scope"] == "row"] == [
        "Long answers", "Short answers"]
    cells = [" ".join(text.split()) for _, _, text in page.named("td")]
    assert cells == [
        "F1 0.6667, precision 0.7500, recall 0.6000 at -1.25 (best F1)",
        "1,000", "1,001", "1,002", "1,003", "1,004",
        "F1 0.0000, precision 0.0000, recall 0.0000 at 0.1235", "0", "1", "2", "3", "4"]
    assert [(a["class"], text) for _, a, text in page.named("span") if "verdict" in a["class"]] == [
        ("verdict " + verdict, words) for verdict, words in VERDICTS.items()] * 2
    verdicts = {a["value"]: text for _, a, text in page.named("option")}
    assert {verdict: verdicts[verdict] for verdict in VERDICTS} == VERDICTS


def test_rows_come_in_order_and_wild_text_stays_data():
    rows = [["pages/q%d.html" % i, str(i), WILD, "<!--</script>&amp;"] for i in range(1001)]
    page = written(list(map(json.dumps, rows)), predictor=WILD)
    chunks = [json.loads(text) for _, a, text in page.named("script") if a]
    assert [len(chunk) for chunk in chunks] == [500, 500, 1]
    assert [row for chunk in chunks for row in chunk] == rows
    assert [a for _, a, _ in page.named("script")] == 3 * [
        {"type": "application/json", "class": "rows"}] + [{}]
    assert page.named("p")[1][2] == "Predicted by " + SHOWN
