"""The list of questions as a file; tests/programs tries its script in a browser."""
import io
import json

from bert_nq.error_pages.nq import index_page
from bert_nq.error_pages.nq.outcomes import VERDICTS
from bert_nq.scoring.f_measure import Point
from tests.support.html_elements import SHOWN, WILD, Elements


def written(rows, predictor="", **others):
    """The elements of the file."""
    counts = tuple({verdict: start + i for i, verdict in enumerate(VERDICTS)}
                   for start in (1000, 0))
    points = Point(-1.25, 0.75, 0.6, 2 / 3), Point(0.123456, 0.0, 0.0, 0.0)
    out = io.BytesIO()
    index_page.write(out, index_page.Summary(1234, counts, points, (True, False), predictor,
                                             **others), rows)
    return Elements(out.getvalue().decode("utf8"))


def test_the_head_of_the_list():
    page = written(["[]"])
    lead, = [text for _, a, text in page.named("p") if a.get("class") == "lead"]
    # Right, wrong or missed are 1,000, 1,001 and 1,002 questions, and 0, 1 and 2.
    assert " ".join(lead.split()) == (
        "1,234 questions were scored. The long answer is right for 1,000 of 3,003 that have one, "
        "the short answer is right for 0 of 3 that have one. Listed here: 1.")
    soft = [" ".join(text.split()) for _, a, text in page.named("p") if a.get("class") == "soft"]
    assert soft == ["An answer that scores less than the threshold counts as null. The threshold "
                    "of long answers is that with the best F1."]
    assert [text for _, a, text in page.named("th") if a["scope"] == "row"] == [
        "Long answers", "Short answers"]
    cells = [" ".join(text.split()) for _, _, text in page.named("td")]
    assert [cell for cell in cells if cell] == [  # Counts are the texts of links.
        "0.6667", "0.7500", "0.6000", "-1.25", "0.0000", "0.0000", "0.0000", "0.1235"]
    assert [(a["class"], text) for _, a, text in page.named("span")
            if "verdict" in a.get("class", "")] == [
        ("verdict " + verdict, words) for verdict, words in VERDICTS.items()]
    verdicts = {a["value"]: text for _, a, text in page.named("option")}
    assert {verdict: verdicts[verdict] for verdict in VERDICTS} == VERDICTS


def test_counts_lead_to_their_questions():
    page = written(["[]"])
    assert [(a["href"], text) for _, a, text in page.named("a")] == [
        ("#verdict=%s&kind=%s" % (verdict, kind), format(first + i, ","))
        for kind, first in (("long", 1000), ("short", 0)) for i, verdict in enumerate(VERDICTS)]


def test_options_are_a_table_and_remarks_a_note():
    page = written(["[]"], "model 0a1b", options=[("merge", "mean"), ("<b>", "no")],
                   remarks=["no question has <two>"])
    assert [text for _, _, text in page.named("dt") + page.named("dd")] == [
        "merge", "<b>", "mean", "no"]
    assert [text for _, _, text in page.named("summary")] == ["Predicted by model 0a1b"]
    assert [" ".join(text.split()) for _, a, text in page.named("p")
            if a.get("class") == "lead note"] == [
        "Note: no question has <two>."]
    assert not written(["[]"]).named("details")


def test_rows_come_in_order_and_wild_text_stays_data():
    rows = [["pages/q%d.html" % i, str(i), WILD, "<!--</script>&amp;"] for i in range(1001)]
    page = written(list(map(json.dumps, rows)), predictor=WILD)
    chunks = [json.loads(text) for _, a, text in page.named("script") if a]
    assert [len(chunk) for chunk in chunks] == [500, 500, 1]
    assert [row for chunk in chunks for row in chunk] == rows
    assert [a for _, a, _ in page.named("script")] == 3 * [
        {"type": "application/json", "class": "rows"}] + [{}]
    assert page.named("summary")[0][2] == "Predicted by " + SHOWN
