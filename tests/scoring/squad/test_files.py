"""Gold and predictions as files, good and bad."""
import json

import pytest

from bert_nq.base import lines
from bert_nq.base.errors import UserError
from bert_nq.base.ids import hashed_id
from bert_nq.scoring.squad import gold, predictions
from bert_nq.scoring.squad.gold import Question
from tests.support.squad_scoring_samples import FIRST, SECOND, THIRD, question, squad, write_json


def test_questions_are_read_in_order(tmp_path):
    path = write_json(tmp_path / "dev.json", squad(
        question(FIRST, ["x", "y"]), question(SECOND, [], True), question(THIRD, ["z"], False),
        version="v2.0"))
    assert list(gold.read_questions([path]).items()) == [
        (FIRST, Question(FIRST, "Who is it?", ("x", "y"), None,
                         "%s, question 1 (%s)" % (path, FIRST))),
        (SECOND, Question(SECOND, "Who is it?", (), True,
                          "%s, question 2 (%s)" % (path, SECOND))),
        (THIRD, Question(THIRD, "Who is it?", ("z",), False,
                         "%s, question 3 (%s)" % (path, THIRD)))]
    assert list(gold.read_gold([path])) == [hashed_id(FIRST), hashed_id(SECOND), hashed_id(THIRD)]


def test_several_files_gzip_or_not_whatever_their_names(tmp_path):
    one = write_json(tmp_path / "a.json.gz", squad(question(FIRST, ["x"])))
    other = write_json(tmp_path / "b.json.gz", squad(question(SECOND, ["y"])))
    (tmp_path / "a.json.gz").rename(tmp_path / "a.json")
    assert list(gold.read_questions([one[:-len(".gz")], other])) == [FIRST, SECOND]


def test_texts_with_half_a_surrogate_pair_are_texts(tmp_path):
    path = write_json(tmp_path / "dev.json", squad(question(FIRST, ["\ud800"])))
    assert gold.read_questions([path])[FIRST].answers == ("\ud800",)


def test_other_formats_say_what_is_impossible_and_no_more(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in (
        question(FIRST, ["x"], False), question(SECOND, [], True))))
    read = gold.read_questions([str(path)], lines.read_lines)
    assert [q.is_impossible for q in read.values()] == [None, True]


def test_what_the_datasets_reader_cannot_use_is_told(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(question(5, ["x"])) + '\n{"id": "y", "fault": "it has no text"}\n')
    with pytest.raises(UserError) as caught:
        gold.read_questions([str(path)], lines.read_lines)
    assert str(caught.value) == "%s, question 2 (y): it has no text" % path
    path.write_text('{"fault": "it is no question"}\n')
    with pytest.raises(UserError) as caught:
        gold.read_questions([str(path)], lines.read_lines)
    assert str(caught.value) == "%s, question 1: it is no question" % path


def test_other_formats_are_read_by_the_datasets_reader(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(question(i, ["x"])) + "\n" for i in (FIRST, SECOND)))
    assert list(gold.read_questions([str(path)], lines.read_lines)) == [FIRST, SECOND]
    assert gold.read_questions([str(path)], lines.read_lines)[SECOND].source == (
        "%s, question 2 (%s)" % (path, SECOND))
    with pytest.raises(UserError, match="is not JSON: Extra data at character "):
        gold.read_questions([str(path)])


BAD_GOLD = [
    (squad(question(FIRST), question(FIRST)), ", question 2 (%s): this id was already in %%s, "
     "question 1 (%s)" % (FIRST, FIRST)),
    (squad({"question": "x", "answers": []}), ", question 1: its id is None, not a string"),
    (squad({"id": 0.5, "answers": []}), ", question 1: its id is 0.5, not a string"),
    (squad({"id": "x"}), ", question 1 (x): it has no list of answers: a test split cannot be "
     "scored"),
    (squad({"id": "x", "answers": [{"answer_start": 3}]}), ", question 1 (x): an answer has no "
     "text"),
    (squad({"id": "x", "answers": ["y"]}), ", question 1 (x): an answer has no text"),
    (squad(question("x", [], "yes")), ", question 1 (x): is_impossible is 'yes', not true or "
     "false"),
    (squad("x"), ", question 1 is not a JSON object"),
    (squad(), ": there is no question in it"),
    ({"data": [{"paragraphs": [{"context": "x"}]}]}, ', after question 0: a paragraph has no list '
     '"qas"'),
    ({"data": {}}, ' is not of SQuAD\'s format, {"data": [{"paragraphs": ...}]}'),
    ([], ' is not of SQuAD\'s format, {"data": [{"paragraphs": ...}]}')]


@pytest.mark.parametrize("content, message", BAD_GOLD)
def test_gold_that_cannot_be_used_is_told(tmp_path, content, message):
    path = write_json(tmp_path / "dev.json", content)
    with pytest.raises(UserError) as caught:
        gold.read_questions([path])
    assert str(caught.value) == path + (message % path if "%s" in message else message)


@pytest.mark.parametrize("cut, message", [
    (slice(0, -30), "is not JSON"), (slice(0, 1), "is not JSON")])
def test_gold_that_breaks_off(tmp_path, cut, message):
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(squad(question(FIRST, ["x"])))[cut])
    with pytest.raises(UserError, match=message):
        gold.read_questions([str(path)])


def test_damaged_gzip_is_told_as_that(tmp_path):
    gold_path, texts = tmp_path / "dev.json.gz", tmp_path / "texts.json.gz"
    write_json(gold_path, squad(question(FIRST, ["x"])))
    write_json(texts, {FIRST: "x"})
    for path, read in ((gold_path, lambda p: gold.read_questions([p])),
                       (texts, predictions.read_predictions)):
        path.write_bytes(path.read_bytes()[:-12])
        with pytest.raises(UserError, match=r"the gzip data are cut off or damaged \("):
            read(str(path))


def test_predictions_probabilities_and_nbest(tmp_path):
    texts = write_json(tmp_path / "predictions.json.gz", {SECOND: "x", FIRST: ""})
    assert list(predictions.read_predictions(texts).items()) == [(SECOND, "x"), (FIRST, "")]
    odds = write_json(tmp_path / "null_odds.json", {SECOND: -3.5, FIRST: 2})
    assert list(predictions.read_na_probs(odds).items()) == [(SECOND, -3.5), (FIRST, 2)]
    nbest = write_json(tmp_path / "nbest.json", {
        FIRST: [{"text": "", "probability": 0.9}, {"text": "b"}, {"text": "c"}],
        SECOND: [{"text": ""}], THIRD: []})
    assert predictions.read_nbest(nbest) == {FIRST: "b", SECOND: "", THIRD: ""}


@pytest.mark.parametrize("read, text, message", [
    ("read_predictions", '{"x": null}', ", question x is None, not a text"),
    ("read_predictions", '{"x": "a", "y": "b", "x": "c"}', ": the key 'x' is in it twice"),
    ("read_predictions", '["x"]', " is not a JSON object, {id: text} is wanted"),
    ("read_predictions", '{"x": "a"', " is not JSON (Expecting ',' delimiter at character 9)"),
    ("read_predictions", "", " is not JSON (Expecting value at character 0)"),
    ("read_predictions", '{"x": [{"a": 1}]}', ", question x is [{'a': 1}], not a text"),
    ("read_na_probs", '{"x": NaN}', ", question x is nan, not a finite number"),
    ("read_na_probs", '{"x": -Infinity}', ", question x is -inf, not a finite number"),
    ("read_na_probs", '{"x": "0.5"}', ", question x is '0.5', not a finite number"),
    ("read_na_probs", '{"x": 0.5, "x": 0.5}', ": the key 'x' is in it twice"),
    ("read_nbest", '{"x": "a"}', ", question x is 'a', not a list of answers"),
    ("read_nbest", '{"x": [{"text": 5}]}', ", question x: a text is 5, not a text")])
def test_files_of_predictions_that_cannot_be_used(tmp_path, read, text, message):
    path = tmp_path / "predictions.json"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        getattr(predictions, read)(str(path))
    assert str(caught.value) == str(path) + message
