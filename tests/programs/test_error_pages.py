"""The site of error pages: verdicts, highlights, files, and the program that writes it."""
import json
import os
import pkgutil
import re
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.error_pages.nq import highlights, outcomes, pages
from bert_nq.error_pages.nq.highlights import Locator, find, phrase
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.labels import AnswerSpan, parse_prediction, parse_question
from tests.support import error_page_samples
from tests.support.error_page_samples import QUESTIONS, span
from tests.support.nq_pages import make_annotation, make_line, make_page, read_shard, write_shard
from tests.support.programs import error_line, run
from tests.support.scoring_samples import random_task, seeded


@pytest.fixture(name="task")
def fixture_task(tmp_path):
    """The program's flags for the six questions of error_page_samples."""
    return error_page_samples.write_inputs(tmp_path)


@pytest.fixture(name="written", scope="module")
def fixture_written(tmp_path_factory):
    """The folder with these questions and their site, and the run that wrote it."""
    folder = tmp_path_factory.mktemp("written")
    return folder, error_pages(*error_page_samples.write_inputs(folder))


@pytest.fixture(name="task_with_site")
def fixture_task_with_site(task, tmp_path, written):
    """The same flags, where an earlier run has written the site."""
    shutil.copytree(str(written[0] / "site"), str(tmp_path / "site"))
    return task


def error_pages(*args):
    return run("eval/error_pages.py", *args)


def question_file(folder, example_id):
    return (folder / "site" / "pages" / "000" / ("q%d.html" % example_id)).read_text(
        encoding="utf8")


def rows_of(index):
    """The data of the list of questions."""
    found = re.findall(r'<script type="application/json" class="rows">(.*?)</script>', index, re.S)
    return [row for chunk in found for row in json.loads(chunk)]


def scored(gold, predictions, **options):
    return outcomes.score(dict(map(parse_question, gold)),
                          {p.example_id: p for p in map(parse_prediction, predictions)}, **options)


# Verdicts.

def test_pages_without_annotations_are_answers_to_look_at(tmp_path):
    flags = error_page_samples.write_inputs(tmp_path)
    records = [dict(page, annotations=[]) for page in error_page_samples.pages()]
    gold = write_shard(tmp_path / "bare.jsonl.gz", records)
    flags = ["--gold_path=" + gold if flag.startswith("--gold_path=") else flag for flag in flags]
    done = error_pages(*flags, "--long_threshold=0", "--short_threshold=0")
    assert done.returncode == 0, done.stderr
    predictions = [p["long_answer_score"] >= 0 and p["long_answer"]["start_token"] >= 0
                   for p in error_page_samples.predictions()]
    told = done.stdout.split("\n\n")[0].split()
    assert told == ["long", "answers", "threshold", "0", "answered", str(sum(predictions)),
                    "not", "answered", str(6 - sum(predictions))]
    assert "F1" not in done.stdout
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf8")
    assert "6 questions, which are not annotated: these are answers to look at." in index
    assert "precision" not in index and "any error" not in index and ">right<" not in index
    assert [row[5][0] for row in rows_of(index)] == [
        "answered" if is_answered else "unanswered" for is_answered in predictions]
    page = question_file(tmp_path, 102)
    assert "<h2>Gold</h2>" not in page and "Marel" in page
    done = error_pages(*flags, "--only=unanswered", "--long_threshold=0", "--short_threshold=0")
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf8")
    assert {row[5][0] for row in rows_of(index)} == {"unanswered"}


@given(st.integers(0, 200))
def test_verdicts_add_up_to_the_official_scores(seed):
    gold, predictions = random_task(seeded(seed))
    result = scored(gold, predictions)
    rows = measures.score_answers(dict(map(parse_question, gold)), {
        p.example_id: p for p in map(parse_prediction, predictions)})
    official = measures.metrics(*rows)
    for kind, counts, point in zip(("long", "short"), result.counts(),
                                   (result.long_point, result.short_point)):
        answered = counts["right"] + counts["wrong"] + counts["false_alarm"]
        with_gold = counts["right"] + counts["wrong"] + counts["missed"]
        assert sum(counts.values()) == len(gold)
        assert point.f1 == official[kind + "-best-threshold-f1"]
        assert point.threshold == official[kind + "-best-threshold"]
        if point.f1:
            assert counts["right"] / answered == point.precision
            assert counts["right"] / with_gold == point.recall


def test_a_threshold_of_ones_own():
    gold, predictions = error_page_samples.pages(), error_page_samples.predictions()
    result = scored(gold, predictions, thresholds=(3.5, -100.0))
    assert [q.long.verdict for q in result.questions] == [
        "missed", "wrong", "missed", "null", "null", "missed"]
    assert result.long_point == (3.5, 0.0, 0.0, 0)
    assert [q.short.verdict for q in result.questions] == [
        "right", "wrong", "wrong", "false_alarm", "null", "right"]
    assert result.short_point[:3] == (-100.0, 2 / 5, 2 / 4)
    assert result.thresholds() == (3.5, -100.0)


def test_yes_and_no_are_found_in_gold_and_in_predictions():
    gold, predictions = error_page_samples.pages(), error_page_samples.predictions()
    predictions[0].update(yes_no_answer="NO", short_answers=[])
    assert [q.example_id for q in scored(gold, predictions).questions if q.has_yes_no] == [
        -101, 106]


@pytest.mark.parametrize("only, max_pages, expected", [
    ("all", 0, [0, 1, 2, 3, 4, 5]), ("all", 2, [0, 1]), ("wrong", 0, [1, 2, 3]),
    ("wrong", 1, [1]), ("missed", 0, [2]), ("false_alarm", 0, [3]), ("right", 0, [0, 5]),
    ("yes_no", 0, [5])])
def test_the_choice_of_questions(only, max_pages, expected):
    questions = scored(error_page_samples.pages(), error_page_samples.predictions()).questions
    chosen = pages.choose(questions, only, max_pages)
    assert [questions.index(question) for question in chosen] == expected


# Highlights.

TOWN = "<H1> Tovin </H1> <P> A town ( big ) . </P> <P> Founded by Pell . </P>"


def found(record, prediction, is_answered=(True, True)):
    line = make_line(record)
    example = decode_example(line, "shard, line 1")
    entry = dict({"example_id": 1, "long_answer_score": 0, "short_answers_score": 0}, **prediction)
    return find(example, Locator(example, line), parse_question(record)[1], parse_prediction(entry),
                is_answered)


def test_equal_answers_of_annotators_are_one_highlight():
    record = make_page(TOWN, annotations=[
        make_annotation(), make_annotation(0, [(5, 6), (7, 8)]), make_annotation(1, [(14, 15)]),
        make_annotation(1, (), "YES"), make_annotation(1, [(14, 15)])])
    answers = found(record, {})
    assert [(a.num_annotators, a.long and a.long.text, [s.text for s in a.short], a.yes_no)
            for a in answers.gold] == [
        (2, "Founded by Pell.", ["Pell"], "none"), (1, "A town (big).", ["town", "big"], "none"),
        (1, "Founded by Pell.", [], "yes"), (1, None, [], "none")]
    assert sorted(answers.marks) == [
        ("gold-long-1", "gold-long", "gold long, 1 of 5", 3, 11),
        ("gold-long-2", "gold-long", "gold long, 3 of 5", 11, 17),
        ("gold-short-1", "gold-short", "gold short, 1 of 5", 5, 6),
        ("gold-short-2", "gold-short", "gold short, 1 of 5", 7, 8),
        ("gold-short-3", "gold-short", "gold short, 2 of 5", 14, 15)]


def test_predictions_below_the_threshold_are_marked_as_such():
    answers = found(make_page(TOWN), {"long_answer": span(3, 11), "short_answers": [span(5, 6)]},
                    (False, True))
    assert answers.marks == [
        ("predicted-long", "low-long", "predicted long, below the threshold", 3, 11),
        ("predicted-short-1", "predicted-short", "predicted short", 5, 6)]


def test_spans_with_bytes_alone_are_found_by_them():
    record = make_page(TOWN)
    start, last = record["document_tokens"][5], record["document_tokens"][6]
    short = {"start_byte": start["start_byte"], "end_byte": last["end_byte"]}
    answers = found(record, {"short_answers": [short, {"start_byte": 1, "end_byte": 3}]})
    assert answers.marks == [("predicted-short-1", "predicted-short", "predicted short", 5, 7)]
    assert answers.predicted_short[0].text == "town ("
    # Where no token starts, and on a page that knows no bytes, there is nothing to show.
    assert answers.predicted_short[1] == ("", None, AnswerSpan(1, 3))
    assert found(simplify(record), {"short_answers": [short]}).marks == []


def test_spans_beyond_the_page_are_told_of():
    answers = found(make_page(TOWN), {"long_answer": span(3, 18)})
    assert answers.marks == []
    assert answers.predicted_long == ("", None, AnswerSpan(-1, -1, 3, 18))


def test_phrases_are_cut():
    example = decode_example(make_line(make_page(TOWN)), "x")
    assert phrase(example, 0, 17) == "Tovin A town (big). Founded by Pell."
    assert phrase(example, 3, 17, 10) == "A town (bi …"
    assert phrase(example, 0, 1) == ""


# The program.

def test_the_site(written):
    folder, done = written
    assert (done.returncode, done.stderr) == (0, "")
    assert re.sub("time  .*", "time  so long", done.stdout) == """
long answers
  threshold      1
  F1             0.5000
  precision      0.5000
  recall         0.5000
  right          2
  wrong answer   1
  null, missed   1
  false alarm    1
  null, rightly  1

short answers
  threshold      1
  F1             0.5000
  precision      0.5000
  recall         0.5000
  right          2
  wrong answer   1
  null, missed   1
  false alarm    1
  null, rightly  1

site
  questions scored  6
  pages written     6
  time  so long

open in a browser: %s
""" % (folder / "site" / "index.html")
    assert sorted(os.listdir(str(folder / "site"))) == ["index.html", "pages", "site.json"]
    index = (folder / "site" / "index.html").read_text(encoding="utf8")
    rows = rows_of(index)
    assert [row[1:3] for row in rows] == [[str(i), q] for i, q in QUESTIONS.items()]
    assert rows[2] == ["pages/000/q103.html", "103", "when was quist built", "Tovin", 0,
                       ["missed", "Founded in 1822 (by Pell).", "A big town.", "-2", 0],
                       ["missed", "1822", "1822 | by Pell", "-2", 0]]
    assert rows[5][5:] == [["right", "A big town.", "A big town.", "1", 1],
                           ["right", "YES", "YES", "1", 1]]
    assert "Predicted by model 0a1b, decoder page<" in index
    assert json.loads((folder / "site" / "site.json").read_text()) == {
        "made_by": "bert_nq error pages", "predictor": "model 0a1b, decoder page",
        "thresholds": {"long": 1.0, "short": 1.0}}
    hostile = question_file(folder, 102)
    assert "<script" not in hostile
    for href in re.findall('href="([^"#]+)"', hostile):
        assert (folder / "site" / "pages" / "000" / href).is_file(), href
    assert "&lt;/script&gt; loose 1901" in hostile  # of the n-best list
    assert "it would have been wrong" in question_file(folder, 103)
    assert "had it not been yes or no: <bdi>big town</bdi>" in question_file(folder, 106)
    assert "had it not been" not in question_file(folder, 103)


def test_formats_and_order_change_nothing_but_bytes(task_with_site, tmp_path):
    """The simplified format gives the same site, and so does a second run over the first."""
    before = {i: question_file(tmp_path, i) for i in QUESTIONS}
    for name in ("gold-0.jsonl.gz", "gold-1.jsonl"):
        # Titles are not in the simplified format; tokens that hold blanks change there.
        records = read_shard(tmp_path / name)
        write_shard(tmp_path / name, [dict(simplify(r), document_title=r["document_title"])
                                      for r in records])
    assert error_pages(*task_with_site).returncode == 0
    for example_id in set(QUESTIONS) - {102}:
        assert question_file(tmp_path, example_id) == before[example_id]
    assert sorted(os.listdir(str(tmp_path))) == [
        "gold-0.jsonl.gz", "gold-1.jsonl", "nbest.json", "predictions.json", "site"]


def test_some_of_the_questions(task, tmp_path):
    done = error_pages("--only=wrong", "--max_pages=2", *task)
    assert done.returncode == 0
    rows = rows_of((tmp_path / "site" / "index.html").read_text(encoding="utf8"))
    assert [row[1] for row in rows] == ["102", "103"]
    assert 'rel="next"' not in question_file(tmp_path, 103)
    assert sorted(os.listdir(str(tmp_path / "site" / "pages" / "000"))) == ["q102.html",
                                                                            "q103.html"]


def test_official_predictions_without_more_are_enough(task, tmp_path):
    with open(str(tmp_path / "predictions.json"), "w") as f:
        json.dump({"predictions": [
            {"example_id": i, "long_answer_score": 0, "short_answers_score": 0}
            for i in QUESTIONS]}, f)
    done = error_pages(*[flag for flag in task if "nbest" not in flag])
    assert (done.returncode, done.stderr) == (0, "")
    assert "n-best" not in question_file(tmp_path, 102)


def test_pages_that_cannot_be_used(task, tmp_path):
    records = read_shard(tmp_path / "gold-0.jsonl.gz")
    records[1]["long_answer_candidates"][0]["end_token"] = 99
    write_shard(tmp_path / "gold-0.jsonl.gz", records)
    assert error_line(error_pages(*task)).startswith(
        "error: %s, line 2: long_answer_candidates[0] is tokens [3, 99), the document has"
        % (tmp_path / "gold-0.jsonl.gz"))
    assert not (tmp_path / "site").exists()
    done = error_pages("--on_bad_input=skip", *task)
    assert (done.returncode, "pages left out, unusable  1" in done.stdout) == (0, True)
    assert 'href="../../pages/000/q103.html" rel="next"' in question_file(tmp_path, -101)


def with_bytes_alone(path):
    """Takes the tokens from the predictions of the page 102, and gives them bytes."""
    content = json.loads((path / "predictions.json").read_text())
    content["predictions"][1]["long_answer"] = {"start_byte": 4, "end_byte": 9}
    (path / "predictions.json").write_text(json.dumps(content))


@pytest.mark.parametrize("change, expected", [
    (lambda record: record.update(document_title=7), "document_title is 7, a string is wanted"),
    (lambda record: record["document_tokens"][1].update(start_byte=[1]),
     "document_tokens[1].start_byte is a list, an integer of 64 bits is wanted"),
    (lambda record: record["document_tokens"][1].pop("end_byte"),
     "the field 'document_tokens[1].end_byte' is missing"),
    (lambda record: record["document_tokens"].insert(0, 5),
     "document_tokens[0] is 5, an object is wanted")])
def test_fields_of_a_wrong_type_are_bad_input(task, tmp_path, change, expected):
    records = read_shard(tmp_path / "gold-0.jsonl.gz")
    change(records[1])
    write_shard(tmp_path / "gold-0.jsonl.gz", records)
    with_bytes_alone(tmp_path)
    assert error_line(error_pages(*task)).startswith(
        "error: %s, line 2: %s" % (tmp_path / "gold-0.jsonl.gz", expected))
    done = error_pages("--on_bad_input=skip", *task)
    assert (done.returncode, "pages left out, unusable  1" in done.stdout) == (0, True)


def test_annotations_are_those_of_scoring(task, tmp_path):
    records = read_shard(tmp_path / "gold-0.jsonl.gz")
    # Outside of the long answer: nothing to train on, but the official scorer takes it.
    records[0]["annotations"][0]["short_answers"][0].update(start_token=10, end_token=12)
    write_shard(tmp_path / "gold-0.jsonl.gz", records)
    assert error_pages(*task).returncode == 0


def write_predictions(tmp_path, name, predictor=None, entries=()):
    with open(str(tmp_path / name), "w") as f:
        json.dump({"predictor": predictor or {}, "predictions": list(entries)}, f)


@pytest.mark.parametrize("make, extra, expected", [
    (lambda path: write_predictions(path, "predictions.json"), [],
     "6 of 6 gold examples without a prediction"),
    (lambda path: write_predictions(path, "nbest.json", {"model": "ffff", "decoder": "page"}), [],
     "nbest.json is of model ffff, "),
    (lambda path: write_predictions(path, "nbest.json", {}, [{"example_id": 9}]), [],
     "nbest.json has none of the examples of "),
    (lambda path: (path / "nbest.json").write_text("{"), [], "nbest.json is not JSON ("),
    (lambda path: (path / "nbest.json").unlink(), [], "nbest.json: No such file"),
    (lambda path: write_shard(path / "gold-1.jsonl", [b"{}\n"]), [],
     "gold-1.jsonl, line 1: the field example_id is missing"),
    (lambda path: None, ["--only=false_alarm", "--long_threshold=9", "--short_threshold=9"],
     "no question is of the kind that was asked for"),
    (lambda path: None, ["--only=null"], "--only=null is not for predictions of Natural Questions"),
    (lambda path: None, ["--version=2.0"], "--version is for predictions of SQuAD, and those of "),
    (lambda path: None, ["--output_dir="], "--output_dir is needed"),
    (lambda path: None, ["--gold_path=nothing/*.gz"], "no gold file matches 'nothing/*.gz'"),
    (lambda path: (path / "site").write_text(""), [], "site is not a folder"),
    (lambda path: (path / "site" / "mine").mkdir(parents=True), [], "holds something else (mine)"),
])
def test_what_a_person_can_mend(task, tmp_path, make, extra, expected):
    make(tmp_path)
    before = sorted(os.listdir(str(tmp_path)))
    assert expected in error_line(error_pages(*(task + extra)))
    assert sorted(os.listdir(str(tmp_path))) == before


def test_a_site_is_not_written_over_its_own_input(task_with_site, tmp_path):
    done = error_pages(*(task_with_site + ["--gold_path=%s" % (tmp_path / "site" / "site.json")]))
    assert "which is about to be replaced" in error_line(done)


def test_highlight_kinds_have_a_style():
    style = pkgutil.get_data("bert_nq.error_pages", "static/style.css").decode("utf8")
    for kind in (highlights.GOLD_LONG, highlights.GOLD_SHORT, highlights.PREDICTED_LONG,
                 highlights.PREDICTED_SHORT, highlights.LOW_LONG, highlights.LOW_SHORT):
        assert "mark.%s" % kind in style and ".%s::before" % kind in style
