"""Six questions with known verdicts, one of them with a hostile page, for tests of error pages."""
import json

from tests.support.nq_pages import make_annotation, make_page, write_shard

# Long answers: right, wrong, missed, false alarm, null, and a right one whose short answer is yes.
QUESTIONS = {
    -101: "where is tovin",
    102: "who founded orlan </script><script>window.evil = 1</script>",
    103: "when was quist built",
    2 ** 62 + 1: "what is nothing",
    105: "how high is nowhere",
    106: "is pell a town",
}

HOSTILE = [
    "<H1>", "Orlan", "</H1>", "<P>", "Founded", "by", "<b>", "Marel", "Ansk", "</b>", "</P>",
    "<P>", "<script>window.evil=1;document.title='evil'</script>", "<Script>", "window.evil=2",
    "</Script>", "<img_src=x_onerror=window.evil=3>", "<img src=https://evil.example/x.png>",
    '<a_href="javascript:window.evil=4">', "click", "</a>", "<style>body{display:none}</style>",
    '<link_rel="stylesheet"_href="https://evil.example/x.css">',
    '<iframe src="https://evil.example/">', '<meta http-equiv="refresh" content="0;url=x">',
    '<base href="https://evil.example/">', "<svg/onload=window.evil=5>", "<textarea>", "<title>",
    "<plaintext>", "<!--", "<template>", "\x00\x1b", "\u202egnissel", "SURROGATE", "</article>",
    "</P>", "<Table>", "loose", "<Tr>", "<Td>", "1901", "</Td>", "</Tr>", "</Table>", "<P>", "end",
    "</P>"]
_TABLE = (HOSTILE.index("<Table>"), HOSTILE.index("</Table>") + 1)
_CELL = (HOSTILE.index("1901"), HOSTILE.index("1901") + 1)
# Words that look like tags, as on a page that shows HTML source.
_WORDS = (12, 22, HOSTILE.index("</article>"))


def span(start, end):
    return {"start_token": start, "end_token": end, "start_byte": -1, "end_byte": -1}


def _prediction(example_id, long_answer, short_answers, score, yes_no="NONE"):
    return {"example_id": example_id, "long_answer": span(*long_answer), "long_answer_score": score,
            "short_answers": [span(*s) for s in short_answers], "short_answers_score": score,
            "yes_no_answer": yes_no,
            "scores": {"long": score, "short": score, "yes": -3.0, "no": -4.0},
            "best_short_answers": [span(*s) for s in short_answers] or [span(5, 7)]}


def pages():
    """The six pages as records of the original format."""
    ids = list(QUESTIONS)
    twice = lambda *args: [make_annotation(*args)] * 2 + [make_annotation()]  # noqa: E731
    #         0    1     2    3  4  5   6   7  8    9    10    11  12 13 14  15 16 17 18
    town = "<H1> Tovin </H1> <P> A big town . </P> <P> Founded in 1822 ( by Pell ) . </P>"
    return [
        make_page(town, ids[0], QUESTIONS[ids[0]], twice(0, [(4, 7)])),
        _hostile_page(ids[1], twice(0, [(7, 9)])),
        make_page(town, ids[2], QUESTIONS[ids[2]], twice(1, [(12, 13)])),
        make_page(town, ids[3], QUESTIONS[ids[3]], [make_annotation()] * 3),
        make_page(town, ids[4], QUESTIONS[ids[4]], []),
        make_page(town, ids[5], QUESTIONS[ids[5]],
                  [make_annotation(0, (), "YES")] * 2 + [make_annotation(0, [(5, 7)])])]


def _hostile_page(example_id, annotations):
    record = make_page(HOSTILE, example_id, QUESTIONS[example_id], annotations, "<b>Orlan")
    for i, token in enumerate(record["document_tokens"]):
        token["html_token"] = token["html_token"] and i not in _WORDS
        token["token"] = token["token"].replace("SURROGATE", "\ud800")
    return record


def predictions():
    """Right; wrong; missed, since below the best threshold, 1; false alarm; null; right, with yes.

    At threshold 1, 2 of 4 predicted answers are right, and there are 4 gold answers: F1 0.5. At 2,
    1 of 3 predicted ones is right; at -2, 2 of 5.
    """
    ids = list(QUESTIONS)
    return [_prediction(ids[0], (3, 9), [(4, 7)], 2.0),
            _prediction(ids[1], _TABLE, [_CELL], 4.0),
            _prediction(ids[2], (3, 9), [(12, 13), (14, 16)], -2.0),
            _prediction(ids[3], (9, 19), [(10, 12)], 3.0),
            _prediction(ids[4], (-1, -1), [], -9.0),
            _prediction(ids[5], (3, 9), [], 1.0, "YES")]


def nbest():
    """The n-best list of the hostile page."""
    answer = dict(span(*_TABLE), text="</script> loose 1901", score=4.0, probability=0.5, window=2)
    gold = dict(span(7, 9), text="Marel Ansk", score=3.5, probability=0.25, window=0)
    return [{"example_id": 102, "question": "q", "long_answers": [answer],
             "short_answers": [dict(answer, **span(*_CELL)), gold],
             "yes_no": {"yes": {"score": -3.0, "probability": 0.01},
                        "no": {"score": -4.0, "probability": 0.005}}}]


def write_inputs(folder):
    """Writes gold shards, predictions.json and nbest.json; returns the program's flags for them."""
    records = pages()
    write_shard(folder / "gold-0.jsonl.gz", records[:4])
    write_shard(folder / "gold-1.jsonl", records[4:])
    predictor = {"model": "0a1b", "decoder": "page", "options": {}}
    for name, entries in (("predictions", predictions()), ("nbest", nbest())):
        with open(str(folder / (name + ".json")), "w") as f:
            json.dump({"predictor": predictor, "predictions": entries}, f)
    return ["--gold_path=%s" % (folder / "gold-*"),
            "--predictions_path=%s" % (folder / "predictions.json"),
            "--nbest_path=%s" % (folder / "nbest.json"),
            "--output_dir=%s" % (folder / "site")]
