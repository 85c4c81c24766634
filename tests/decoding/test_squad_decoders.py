"""Decoders of spans in one context, with logits by hand.

The context "Mozart's opera in Vienna, 1786." has the pieces

    mo ##zart ' s opera in vienna , 1 ##78 ##6 .
    0  1      2 3 4     5  6      7 8 9    10  11
"""
import collections

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding import span_decoders
from bert_nq.modeling.heads import position_outputs
from tests.support import span_windows

CONTEXT = "Mozart's opera  in Vienna, 1786."
QUERY = 3  # [CLS] who [SEP]

Question = collections.namedtuple("Question", "example_id question_id context is_impossible")
QUESTION = Question(7, "q7", CONTEXT, None)


def one_window(**changes):
    made = span_windows.windows(*span_windows.cut(CONTEXT), QUERY, 20, 20)
    return made._replace(**changes)


def logits(starts, ends, null=0.0, length=20):
    """Start and end logits [1, S] of one window, -9 but at the pieces of the context given."""
    arrays = np.full([2, 1, length], -9.0)
    for array, values in zip(arrays, (starts, ends)):
        array[0, 0] = null / 2
        for piece, value in values.items():
            array[0, QUERY + piece] = value
    return arrays


def outputs(decoder, start, end, num_pieces=16):
    mask = np.arange(start.shape[1])[None, :] < num_pieces
    return position_outputs.from_logits(start, end, np.repeat(mask, len(start), 0),
                                        decoder.output_options())


def answer(name, starts, ends, null=0.0, windows=None, **options):
    """The entry, and (text, start logit, end logit) of the n-best list."""
    decoder = span_decoders.make_decoder(name, options)
    found = outputs(decoder, *logits(starts, ends, null))
    windows = windows or one_window()
    entry = decoder.decode(QUESTION, windows, found)
    nbest = decoder.nbest(QUESTION, windows, found)
    assert decoder.both(QUESTION, windows, found) == (entry, nbest)
    assert entry["example_id"] == nbest["example_id"] == 7
    assert entry["id"] == nbest["id"] == "q7"
    assert sum(a["probability"] for a in nbest["answers"]) == pytest.approx(1)
    return entry, [(a["text"], a["start_logit"], a["end_logit"]) for a in nbest["answers"]]


@pytest.mark.parametrize("name, text", [("run_squad", "opera in Vienna"),
                                        ("run_qa", "opera  in Vienna")])
def test_text_is_that_of_the_context(name, text):
    entry, nbest = answer(name, {4: 5.0}, {6: 3.0})
    assert entry == {"example_id": 7, "id": "q7", "text": text}
    assert nbest[0] == (text, 5.0, 3.0)


@pytest.mark.parametrize("name", ["run_squad", "run_qa"])
@pytest.mark.parametrize("first, last, text", [
    (0, 1, "Mozart"), (0, 3, "Mozart's"), (8, 10, "1786"), (7, 7, ","), (9, 9, "78")])
def test_words_are_cut_where_their_pieces_are(name, first, last, text):
    assert answer(name, {first: 5.0}, {last: 5.0})[0]["text"] == text


@pytest.mark.parametrize("name", ["run_squad", "run_qa"])
def test_no_answer_where_it_scores_higher_than_the_threshold(name):
    # The best answer scores 5 + 3, no answer 9: odds of 1.
    v2 = {"version_2_with_negative": True}
    entry, nbest = answer(name, {4: 5.0}, {6: 3.0}, null=9.0, **v2)
    assert (entry["text"], entry["null_odds"]) == ("", 1.0)
    assert entry["best_text"] == nbest[1][0] and nbest[0] == ("", 4.5, 4.5)
    entry, _ = answer(name, {4: 5.0}, {6: 3.0}, null=9.0, null_score_diff_threshold=1.0, **v2)
    assert entry["text"].startswith("opera")
    # Without the flag there is an answer.
    assert answer(name, {4: 5.0}, {6: 3.0}, null=9.0)[0]["text"].startswith("opera")


def test_no_answer_scores_as_in_the_window_where_it_scores_lowest():
    windows = span_windows.windows(*span_windows.cut(CONTEXT), QUERY, 12, 4)
    assert len(windows.starts) == 2
    decoder = span_decoders.make_decoder("run_squad", {"version_2_with_negative": True})
    start, end = (np.concatenate([a, b]) for a, b in zip(
        logits({0: 2.0}, {1: 2.0}, null=6.0, length=12), logits({1: 1.0}, {1: 1.0}, null=3.0,
                                                               length=12)))
    entry = decoder.decode(QUESTION, windows, outputs(decoder, start, end, 12))
    assert (entry["best_text"], entry["null_odds"]) == ("Mozart", 3.0 - 4.0)


def test_run_squad_gives_the_same_text_once():
    # "Vienna," cannot be told from its pieces' text "vienna ,": both windows' spans are one answer.
    windows = span_windows.windows(*span_windows.cut(CONTEXT), QUERY, 12, 4)
    decoder = span_decoders.make_decoder("run_squad", {})
    first, second = logits({4: 4.0}, {4: 4.0}, length=12), logits({0: 3.0}, {0: 3.0}, length=12)
    found = outputs(decoder, *(np.concatenate(pair) for pair in zip(first, second)), 12)
    texts = [a["text"] for a in decoder.nbest(QUESTION, windows, found)["answers"]]
    assert texts.count("opera") == 1
    everything = span_decoders.make_decoder("run_qa", {})
    texts = [a["text"] for a in everything.nbest(QUESTION, windows, found)["answers"]]
    assert texts[:2] == ["opera", "opera"]


def test_run_squad_begins_where_a_window_shows_most():
    shown = np.zeros([1, 20], bool)
    shown[0, QUERY + 5] = True
    windows = one_window(has_max_context=shown)
    starts, ends = {4: 5.0, 5: 1.0}, {6: 3.0}
    assert answer("run_squad", starts, ends, windows=windows)[0]["text"] == "in Vienna"
    assert answer("run_qa", starts, ends, windows=windows)[0]["text"] == "opera  in Vienna"


@pytest.mark.parametrize("name", ["run_squad", "run_qa"])
def test_answers_are_no_longer_than_allowed(name):
    starts, ends = {0: 5.0, 4: 4.0}, {3: 1.0, 6: 5.0}
    assert answer(name, starts, ends, max_answer_length=3)[0]["text"].split() == [
        "opera", "in", "Vienna"]
    # Pieces 0 to 6 are seven.
    assert answer(name, starts, ends, max_answer_length=7)[0]["text"].startswith("Mozart's")


@pytest.mark.parametrize("name", ["run_squad", "run_qa"])
@pytest.mark.parametrize("is_v2", [False, True])
def test_there_is_an_entry_where_no_span_is_possible(name, is_v2):
    nowhere = one_window(word_map=np.full([1, 20], -1))
    entry, nbest = answer(name, {4: 5.0}, {6: 3.0}, null=1.0, windows=nowhere,
                          version_2_with_negative=is_v2)
    if is_v2:
        assert entry["text"] == "" and ("", 0.5, 0.5) in nbest
    else:
        assert entry["text"] == "empty" and nbest == [("empty", 0.0, 0.0)]
    empty = one_window(words=[], pieces=[], word_of_piece=np.zeros(0, int),
                       starts=np.zeros(0, int), word_map=np.zeros([0, 20], int),
                       has_max_context=np.zeros([0, 20], bool))
    decoder = span_decoders.make_decoder(name, {"version_2_with_negative": is_v2})
    none = position_outputs.PositionOutputs(*[np.zeros([0])] * 6)
    assert decoder.decode(QUESTION, empty, none)["text"] in ("", "empty")


def test_run_qa_lists_no_answer_even_behind_the_best():
    _, nbest = answer("run_qa", {4: 5.0, 5: 4.0, 6: 3.0}, {6: 3.0}, null=-30.0, n_best_size=2,
                      version_2_with_negative=True)
    assert [text.split() for text, _, _ in nbest] == [["opera", "in", "Vienna"], ["in", "Vienna"],
                                                      []]


def test_padding_may_take_the_place_of_a_piece_as_in_run_squad():
    decoder = span_decoders.make_decoder("run_squad", {"n_best_size": 1, "sees_padding": True})
    start, end = logits({4: 5.0, 15: 6.0}, {6: 3.0})  # piece 15 would be in the padding
    assert decoder.decode(QUESTION, one_window(), outputs(decoder, start, end))["text"] == "empty"
    decoder = span_decoders.make_decoder("run_squad", {"n_best_size": 1})
    assert decoder.decode(QUESTION, one_window(),
                          outputs(decoder, start, end))["text"] == "opera in Vienna"


def test_unknown_options_are_refused():
    with pytest.raises(UserError, match="span_score is no option of --decoder=run_squad"):
        span_decoders.make_decoder("run_squad", {"span_score": "log_odds"})
    with pytest.raises(UserError, match="n_best_size must be at least 1"):
        span_decoders.make_decoder("run_qa", {"n_best_size": 0})


def test_the_decoder_of_lines_tells_where_the_answers_are():
    decoder = span_decoders.make_decoder("lines", {"version_2_with_negative": True,
                                                   "n_best_size": 3})
    found = outputs(decoder, *logits({0: 4.0, 8: 6.0}, {1: 4.0, 6: 2.0, 10: 4.0}, null=9.0))
    entry = decoder.nbest(QUESTION, one_window(), found)
    # "Mozart" is characters 0 to 5, "1786" 27 to 30; no answer has no place.
    assert [(a["text"], a["start_char"], a["end_char"]) for a in entry["answers"]] == [
        ("1786", 27, 31), ("", None, None), ("Mozart", 0, 6)]
    assert CONTEXT[27:31] == "1786"
    assert decoder.both(QUESTION, one_window(), found) == (
        decoder.decode(QUESTION, one_window(), found), entry)
    # In one line it answers as run_squad does.
    plain = span_decoders.make_decoder("run_squad", decoder.options._asdict())
    assert decoder.decode(QUESTION, one_window(), found) == plain.decode(
        QUESTION, one_window(), found)
    assert decoder.describe() == {"decoder": "lines", "options": dict(decoder.options._asdict())}


def test_an_answer_does_not_go_on_in_another_line():
    context = "\U0001f3b5\nMozart's opera\nin Vienna, 1786."  # The sign is one character.
    question = QUESTION._replace(context=context)
    windows = span_windows.windows(*span_windows.cut(context), QUERY, 20, 20)
    # Its pieces are one further on: the sign is [UNK].
    found = {name: span_decoders.make_decoder(name, {}) for name in ("run_squad", "lines")}
    scores = logits({5: 5.0, 6: 3.0}, {7: 4.0, 5: 1.0})
    texts = {name: [a["text"] for a in decoder.nbest(question, windows, outputs(
        decoder, *scores, num_pieces=17))["answers"][:3]] for name, decoder in found.items()}
    assert texts == {"run_squad": ["opera in Vienna", "in Vienna", "opera"],
                     "lines": ["in Vienna", "opera", "Vienna"]}
