"""The report of eval/nq_eval.py."""
import json

import pytest

from bert_nq.scoring.nq import measures, report, report_text
from bert_nq.scoring.nq.facts import read_facts
from bert_nq.scoring.nq.gold import read_gold
from bert_nq.scoring.nq.predictions import read_predictions
from tests.programs.test_nq_eval import error_of, nq_eval
from tests.support.nq_pages import make_annotation, make_page, write_shard
from tests.support.scoring_samples import prediction, write_predictions

#        0    1     2     3   4 5    6  7    8       9    10   11 12    13    14
TEXT = "<H1> Tovin </H1> <P> A town . </P> <Table> <Tr> <Td> x </Td> </Tr> </Table>"
PARAGRAPH, TABLE = (3, 8), (8, 15)
# What three annotators say in one voice of each page, by question.
QUESTIONS = [("who is | <b>tovin</b>", 0, [(4, 6)], "NONE"), ("where is it", 1, [], "NONE"),
             ("is it a town", 0, [], "YES"), ("why", -1, [], "NONE")]


def span(tokens):
    return {"start_token": tokens[0], "end_token": tokens[1]}


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """Gold, predictions a.json that are right but for a false alarm, and worse ones, b.json."""
    pages = [make_page(TEXT, i, question, [make_annotation(candidate, short, yes_no)] * 3,
                       title="Tovin")
             for i, (question, candidate, short, yes_no) in enumerate(QUESTIONS)]
    write_shard(tmp_path / "gold-0.jsonl.gz", pages[:2])
    write_shard(tmp_path / "gold-1.jsonl.gz", pages[2:])
    answers = [(PARAGRAPH, [(4, 6)], "NONE"), (TABLE, [], "NONE"), (PARAGRAPH, [], "YES"),
               (TABLE, [], "NONE")]
    worse = [(TABLE, [(4, 5)], "NONE"), (TABLE, [], "NONE"), (PARAGRAPH, [], "NO"),
             ((-1, -1), [], "NONE")]
    for name, given in (("a", answers), ("b", worse)):
        write_predictions(tmp_path / (name + ".json"), [
            prediction(i, span(long), list(map(span, short)), yes_no, 5.0 - i, 3.0 - i)
            for i, (long, short, yes_no) in enumerate(given)])
    return tmp_path


def task(folder, *more):
    return ["--gold_path=%s" % (folder / "gold-*"), "--predictions_path=%s" % (folder / "a.json"),
            "--resamples=50"] + list(more)


def test_the_folder_of_a_report(folder):
    plain = nq_eval(*task(folder))
    done = nq_eval(*task(folder, "--report=%s" % (folder / "report")))
    assert done.returncode == 0, done.stderr
    assert done.stdout == plain.stdout  # The 20 numbers and nothing else.
    assert sorted(path.name for path in (folder / "report").iterdir()) == [
        "precision_recall.png", "precision_recall.svg", "report.json", "report.md", "scores.png",
        "scores.svg", "thresholds.png", "thresholds.svg"]
    content = json.loads((folder / "report" / "report.json").read_text())
    assert content["metrics"] == json.loads(plain.stdout)
    assert content["questions"] == 4
    # All three answers, and at the best threshold 3 no false alarm, which scores 2.
    assert {name: content["long"][name] for name in ("gold", "predicted", "correct", "f1",
                                                     "threshold")} == {
        "gold": 3, "predicted": 3, "correct": 3, "f1": 1.0, "threshold": 3.0}
    assert content["long"]["ignoring_scores"]["f1"] == pytest.approx(6 / 7)
    assert content["long"]["curve"] == {
        "threshold": [5.0, 4.0, 3.0, 2.0], "precision": [1.0, 1.0, 1.0, 0.75],
        "recall": pytest.approx([1 / 3, 2 / 3, 1, 1]),
        "f1": pytest.approx([1 / 2, 4 / 5, 1, 6 / 7])}
    assert [(g["name"], g["questions"]) for g in content["tables"]["answer type"]] == [
        ("short", 1), ("yes/no", 1), ("long only", 1), ("none", 1)]
    assert [(g["name"], g["long"]["correct"])
            for g in content["tables"]["kind of long answer"]] == [("paragraph", 2), ("table", 1)]
    assert "long answer   1.000" in done.stderr
    assert "\nNext: read %s\n" % (folder / "report" / "report.md") in done.stderr


def test_a_comparison(folder):
    flags = task(folder, "--compare=%s" % (folder / "b.json"), "--report=%s" % (folder / "report"))
    done = nq_eval(*flags)
    assert done.returncode == 0, done.stderr
    text = (folder / "report" / "report.md").read_text()
    content = json.loads((folder / "report" / "report.json").read_text())["comparison"]
    # At 3, b has 2 of 3 right and 3 predicted.
    assert {name: content["long"][name] for name in ("f1", "other_f1", "won", "lost")} == {
        "f1": 1.0, "other_f1": pytest.approx(2 / 3), "won": 1, "lost": 0}
    assert {name: content["short"][name] for name in ("f1", "other_f1", "won", "lost")} == {
        "f1": 1.0, "other_f1": 0.0, "won": 2, "lost": 0}
    changes = json.loads((folder / "report" / "won_and_lost.json").read_text())
    assert [(c["kind"], c["example_id"], c["won"]) for c in changes] == [
        ("long", 0, True), ("short", 0, True), ("short", 2, True)]
    assert changes[0] == {
        "kind": "long", "example_id": 0, "won": True, "question": "who is | <b>tovin</b>",
        "title": "Tovin", "gold": ["A town . (tokens 3-7)"], "answer": "A town . (tokens 3-7)",
        "other_answer": "x (tokens 8-14)"}
    # A question is text, whatever is in it.
    assert "| 0 | who is \\| \\<b\\>tovin\\</b\\> | Tovin |" in text and "<b>" not in text
    assert ("won short: is it a town (annotated yes; here yes, there no)\n") in done.stderr
    # The same without a folder, in the same words.
    alone = nq_eval(*flags[:-1])
    assert alone.returncode == 0 and alone.stdout == done.stdout
    assert alone.stderr.split("\n", 1)[1].strip() == (
        done.stderr.split("\n", 1)[1].split("\nwritten:")[0].strip())


def test_the_same_flags_give_the_same_files(folder):
    contents = []
    for name, processes in (("r1", 1), ("r2", 2)):
        done = nq_eval(*task(folder, "--report=%s" % (folder / name),
                             "--compare=%s" % (folder / "b.json"), "--num_threads=%d" % processes))
        assert done.returncode == 0
        contents.append({path.name: path.read_bytes() for path in (folder / name).iterdir()})
    assert contents[0] == contents[1]


def make(folder, **options):
    """The report that the program makes of a.json against b.json."""
    paths = sorted(map(str, folder.glob("gold-*")))
    gold = read_gold(paths)
    systems = []
    for name in ("a.json", "b.json"):
        predictions = read_predictions(str(folder / name))
        systems.append(report.System(name, predictions, *measures.score_answers(gold, predictions)))
    facts = read_facts(paths, 1, report.spans(gold, *systems))
    return report.make(gold, facts, *systems, resamples=10, **options)


@pytest.mark.parametrize("threshold, words, f1", [
    ("best", "chosen anew", 1.0), ("fixed", "is kept in all samples", 1.0),
    ("none", "no prediction is dropped", 6 / 7)])
def test_what_kind_of_bootstrap_is_said(folder, threshold, words, f1):
    made = make(folder, threshold=threshold, seed=3)
    assert "bootstrap with 10 samples, seed 3; " in report_text.markdown(made)
    assert words in report_text.markdown(made)
    long = made.content["long"]
    assert long["f1"] == 1.0 and long["bootstrapped_f1"] == pytest.approx(f1)


def test_wrong_flags(folder):
    (folder / "file").write_text("")
    assert error_of(*task(folder, "--report=%s" % (folder / "file"))) == (
        "--report=%s is a file: give the name of a folder" % (folder / "file"))
    assert error_of(*task(folder, "--compare=%s" % (folder / "none"))).startswith(
        "cannot read %s" % (folder / "none"))
    write_predictions(folder / "c.json", [prediction(0)])
    assert error_of(*task(folder, "--compare=%s" % (folder / "c.json"))) == (
        "--compare=%s: 3 of 4 gold examples without a prediction (1, 2, 3): score predictions with "
        "exactly the examples they were made from" % (folder / "c.json"))


def test_long_curves_and_lists_are_cut(folder, monkeypatch):
    monkeypatch.setattr(report, "_MOST_POINTS", 2)
    monkeypatch.setattr(report_text, "_MOST_CHANGES", 1)
    made = make(folder)
    assert made.content["long"]["curve"]["threshold"] == [5.0, 3.0, 2.0]
    text = report_text.markdown(made)
    assert "### Short answers won, the first 1 of 2\n" in text
    assert "### Long answers won\n" in text
    assert len(report_text.some_changes(made, 1).splitlines()) == 2
