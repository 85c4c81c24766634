"""Models that are loaded from their folders and asked, beside what prediction gives."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

import pytest

import bert_nq
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.decoding.page_options import PageOptions
from bert_nq.estimator import model_card
from bert_nq.estimator.model_card import ModelCard
from bert_nq.scoring.calibration import Temperature
from bert_nq.scoring.nq.thresholds import SHORT_KINDS, Rule
from bert_nq.scoring.nq.tuned import Tuned
from bert_nq.scoring.squad import tuned as null_thresholds
from bert_nq.tasks import loading
from tests.support import own_pages, tiny_nq
from tests.support.nq_pages import make_line
from tests.support.programs import ROOT

RECORDS = [tiny_nq.place_page(i, filler=(1, 4)[i % 2]) for i in range(6)]
PAGES = [own_pages.page_of(record, "page %d" % i) for i, record in enumerate(RECORDS)]
QUESTIONS = [record["question_text"] for record in RECORDS]
PAIRS = list(zip(QUESTIONS, PAGES))
KINDS = ("long", "short", "yes", "no")


@pytest.fixture(scope="module", params=["nq_joint", "squad"])
def folder(request, tmp_path_factory):
    write = {"nq_joint": own_pages.write_nq_model, "squad": own_pages.write_squad_model}
    return write[request.param](tmp_path_factory.mktemp("models") / "model")


@pytest.fixture(scope="module")
def reader(folder):
    with bert_nq.load(folder) as reader:
        yield reader


def spans_of(answer):
    """Everything of an answer but its probabilities."""
    return (answer.question, answer.page.source, answer.short, answer.long, answer.yes_no,
            [a[1:] for a in answer.others])


def check_whole(answer):
    """What must hold of any answer."""
    page = answer.page
    for alternative in answer.others:
        assert 0 <= alternative.probability <= 1
        for passage in filter(None, (alternative.short, alternative.long)):
            assert passage.text and passage.text == passage.text.strip()
            assert page.start_bytes[passage.start_token] == passage.start_byte
            assert page.end_bytes[passage.end_token - 1] == passage.end_byte
        if alternative.short and alternative.long:
            assert alternative.long.start_token <= alternative.short.start_token
            assert alternative.short.end_token <= alternative.long.end_token
            assert alternative.short.text in alternative.long.text
    assert len({a[1:] for a in answer.others}) == len(answer.others)
    assert answer.probability == answer.others[0].probability
    if answer:
        assert answer.others[0][1:] == (answer.short, answer.long, answer.yes_no)


def test_what_is_asked_together_is_answered_as_one_by_one(reader):
    alone = [reader.ask(*pair) for pair in PAIRS]
    together = reader.ask_many(PAIRS)
    assert list(map(spans_of, together)) == list(map(spans_of, alone))
    for a, b in zip(alone, together):
        check_whole(a)
        assert [o.probability for o in a.others] == pytest.approx(
            [o.probability for o in b.others], rel=1e-3)
    assert reader.ask_many([]) == []


def test_threads_get_what_one_gets(reader):
    wanted = list(map(spans_of, reader.ask_many(PAIRS)))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: reader.ask(*PAIRS[i % len(PAIRS)]), range(48)))
    assert list(map(spans_of, found)) == wanted * 8


def test_what_cannot_be_asked(reader):
    for question, message in (
            ("", "the question '' has no words"), (" \n", "the question ' \\n' has no words"),
            ("tovin " * 40, "the question 'tovin tovin tovin tovin tovin tovin tovi...' has 40 "
                            "wordpieces, the model reads ")):
        with pytest.raises(UserError) as error:
            reader.ask(question, PAGES[0])
        assert str(error.value).startswith(message)
    with pytest.raises(UserError) as error:
        reader.ask_many([PAIRS[0], ("where is tovin", own_pages.page("<P> </P>", "empty.html"))])
    assert str(error.value) == "empty.html: the page has no words"


def test_description(folder, reader):
    card = model_card.read(folder)
    assert reader.description == {
        "task": card.task, "model": folder, "fingerprint": reader.description["fingerprint"],
        "decoder": {"nq_joint": "page", "squad": "lines"}[card.task], "thresholds": None,
        "is_calibrated": False, "runtime": "tensorflow", "precision": "fp32"}
    assert json.loads(json.dumps(reader.description)) == reader.description


def test_answers_are_json(reader):
    for answer in reader.ask_many(PAIRS):
        record = json.loads(json.dumps(answer.as_json()))
        assert (record["question"], record["page"]) == (answer.question, answer.page.source)


def test_a_closed_reader_says_so(folder):
    reader = bert_nq.load(folder, num_threads=1)
    reader.close()
    reader.close()
    with pytest.raises(UserError, match="the reader was closed"):
        reader.ask(*PAIRS[0])


def test_what_cannot_be_loaded(folder, tmp_path):
    def message(path, **options):
        with pytest.raises(UserError) as error:
            bert_nq.load(str(path), **options)
        return str(error.value)

    assert message(tmp_path / "none") == (
        "%s is not a folder: a model is a folder that training has written" % (tmp_path / "none"))
    assert message(tmp_path) == (
        "%s is not the folder of a trained model: it has no bert_config.json, vocab.txt, "
        "model.json, which training writes (--output_dir)" % tmp_path)
    assert "copy the model to this machine" in message("gs://bucket/model")
    copy = str(shutil.copytree(folder, str(tmp_path / "copy")))
    card = model_card.read(folder)
    model_card.write(copy, ModelCard("riddles", card.settings))
    assert message(copy).startswith("there is no task 'riddles'")
    model_card.write(copy, ModelCard(card.task, dict(card.settings, tokenizer="sentences")))
    assert message(copy).startswith("there is no tokenizer 'sentences'")
    model_card.write(copy, ModelCard(card.task, dict(card.settings, max_seq_length=4096)))
    assert "the model has positions for 96 wordpieces" in message(copy)
    model_card.write(copy, card)
    assert message(copy, precision="fp8").startswith("--precision=fp8 is not for --runtime=")
    os.unlink(os.path.join(copy, "model.ckpt-1.index"))
    assert "there is no checkpoint" in message(copy)


def test_a_model_of_another_head_is_refused(tmp_path):
    path = own_pages.write_nq_model(tmp_path / "model")
    model_card.write(path, ModelCard("squad", own_pages.SQUAD_SETTINGS))
    with pytest.raises(UserError, match="cls/squad/output_weights: it is not trained on SQuAD"):
        bert_nq.load(path)


def nq_thresholds(path, model, threshold, **options):
    """Writes thresholds for the page decoder; returns their path."""
    unit = Temperature(1.0, 0.0)
    predictor = {"decoder": "page", "model": model,
                 "options": dict(PageOptions(**options)._asdict())}
    Tuned(predictor, KINDS, Rule(dict.fromkeys(KINDS, threshold),
                                 dict.fromkeys(SHORT_KINDS, unit)), "temperature",
          dict.fromkeys(KINDS, unit)).save(path)
    return path


def test_thresholds_in_the_folder_are_taken(tmp_path):
    path = own_pages.write_nq_model(tmp_path / "model")
    with bert_nq.load(path) as reader:
        fingerprint = reader.description["fingerprint"]
        alone = reader.ask_many(PAIRS)
    beside = nq_thresholds(path + "/thresholds.json", fingerprint, 1e6, n_best_size=3)
    with bert_nq.load(path) as reader:
        assert reader.description["thresholds"] == beside and reader.description["is_calibrated"]
        answers = reader.ask_many(PAIRS)
    assert not any(answers)
    # The decoder is the one that they were fitted to: lists of 3 short answers.
    assert max(sum(bool(a.short) for a in answer.others) for answer in answers) == 3
    other = nq_thresholds(str(tmp_path / "other.json"), fingerprint, -1e6)
    with bert_nq.load(path, thresholds=other) as reader:
        answers = reader.ask_many(PAIRS)
    assert all(answers) and not all(alone)
    nq_thresholds(path + "/thresholds.json", "01234567", 0.0)
    with pytest.raises(UserError, match="thresholds.json is for the model 01234567"):
        bert_nq.load(path)


def test_a_null_threshold(tmp_path):
    path = own_pages.write_squad_model(tmp_path / "model")
    for null, has_answer in ((1e6, True), (-1e6, False)):
        null_thresholds.Tuned(null).save(path + "/thresholds.json")
        with bert_nq.load(path) as reader:
            assert bool(reader.ask(*PAIRS[0])) == has_answer
            assert not reader.description["is_calibrated"]
    card = model_card.read(path)
    model_card.write(path, ModelCard("squad", dict(card.settings, version_2_with_negative=False)))
    with pytest.raises(UserError, match="always answers: thresholds cannot be applied"):
        bert_nq.load(path)


def predicted(path):
    """The entries of prediction, by a Predictor of the same model."""
    from bert_nq.prediction import predictor
    checked = loading.Checked(path)
    with checked.open() as reader:
        parts = reader._parts
        pages = predictor.Predictor(parts.maker, parts.features, parts.decoder, 8)
        examples = [decode_example(make_line(record), "line") for record in RECORDS]
        return list(predictor.predict(parts.model, pages, examples, BadInput()))


def test_the_entries_of_prediction_are_those_that_are_answered(tmp_path):
    path = own_pages.write_nq_model(tmp_path / "model")
    entries = predicted(path)
    with bert_nq.load(path) as reader:
        answers = reader.ask_many(PAIRS)
    for entry, answer in zip(entries, answers):
        best = answer.others[0]
        if answer.short or not answer:
            span, = entry["short_answers"] or [{"start_token": -1, "end_token": -1}]
            assert (best.short and best.short[1:3]) == (
                (span["start_token"], span["end_token"]) if entry["short_answers"] else None)
        assert best.long[1:3] == (entry["long_answer"]["start_token"],
                                  entry["long_answer"]["end_token"])
        assert bool(answer.short or answer.yes_no) == (entry["short_answers_score"] >= 0)
        assert bool(answer) == (max(entry["short_answers_score"],
                                    entry["long_answer_score"]) >= 0)


def test_the_package_itself_is_light():
    code = ("import sys, bert_nq; assert 'load' in dir(bert_nq); assert not hasattr(bert_nq, 'x'); "
            "print([name for name in ('numpy', 'tensorflow', 'absl') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, PYTHONPATH=ROOT))
    assert (done.returncode, done.stdout) == (0, "[]\n")
    assert bert_nq.load is loading.load
