"""The decoders of the beam head, with log-probabilities by hand.

The context "Mozart's opera  in Vienna, 1786." has the pieces

    mo ##zart ' s opera in vienna , 1 ##78 ##6 .
    0  1      2 3 4     5  6      7 8 9    10  11
"""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding import span_decoders
from bert_nq.modeling.heads.beam_outputs import BeamOptions, BeamOutputs
from bert_nq.modeling.heads.outputs import NO_SPAN
from tests.decoding.test_squad_decoders import CONTEXT, QUERY, QUESTION, one_window
from tests.support import span_windows

CLS = -QUERY  # the position 0, as a piece of the context


def outputs(*windows, num_ends=2):
    """The outputs of windows, each a class logit and {(start, log-probability): {end: ...}}."""
    num_starts = max(len(starts) for _, starts in windows)
    nothing = (-QUERY, NO_SPAN)
    columns = []
    for class_logit, starts in windows:
        starts = list(starts.items()) + [(nothing, {})] * (num_starts - len(starts))
        ends = [pair for _, ends in starts
                for pair in list(ends.items()) + [nothing] * (num_ends - len(ends))]
        columns.append([[p for (_, p), _ in starts], [QUERY + s for (s, _), _ in starts],
                        [p for _, p in ends], [QUERY + e for e, _ in ends], class_logit])
    return BeamOutputs(*(np.array(column, np.int32 if "positions" in name else np.float32)
                         for name, column in zip(BeamOutputs._fields, zip(*columns))))


def answer(found, windows=None, name="beam", question=QUESTION, **options):
    """The entry, and (text, start, end) of the n-best list."""
    decoder = span_decoders.make_decoder(name, options)
    windows = windows or one_window()
    entry, nbest = decoder.both(question, windows, found)
    assert (entry, nbest) == (decoder.decode(question, windows, found),
                              decoder.nbest(question, windows, found))
    return entry, [(a["text"], round(a["start_logit"], 3), round(a["end_logit"], 3))
                   for a in nbest["answers"]]


def test_each_start_has_ends_of_its_own():
    """-1 - 1 beats -0.5 - 2. Were ends read as those of the other start, "Mozart's opera" would
    win with -0.5 - 1: the list would be end-major."""
    entry, nbest = answer(outputs((0.0, {(0, -0.5): {1: -2.0, 3: -3.0},
                                         (4, -1.0): {6: -1.0, 4: -4.0}})))
    assert entry == {"example_id": 7, "id": "q7", "text": "opera  in Vienna"}
    assert nbest == [("opera  in Vienna", -1.0, -1.0), ("Mozart", -0.5, -2.0),
                     ("Mozart's", -0.5, -3.0), ("opera", -1.0, -4.0)]


def test_log_probabilities_are_added_not_probabilities():
    # 0.9 * 0.1 is less than 0.4 * 0.4, but 0.9 + 0.1 is more than 0.4 + 0.4.
    entry, _ = answer(outputs((0.0, {(0, np.log(0.9)): {1: np.log(0.1)},
                                     (4, np.log(0.4)): {4: np.log(0.4)}})))
    assert entry["text"] == "opera"


@pytest.mark.parametrize("start, end", [
    (CLS, CLS), (CLS, 4), (4, CLS), (6, 4),  # [CLS] is no answer; an end before its start
    (4, 12),  # [SEP] behind the last piece
    (0, 5)])  # six pieces
def test_what_is_no_answer(start, end):
    best = {(start, -0.1): {end: -0.1}, (8, -3.0): {10: -3.0}}
    entry, nbest = answer(outputs((0.0, best), num_ends=1), max_answer_length=5)
    assert entry["text"] == "1786" and len(nbest) == 1


def test_the_last_piece_can_be_an_answer():
    # XLNet's own program leaves it out.
    assert answer(outputs((0.0, {(8, -0.1): {11: -0.1}})))[0]["text"] == "1786."


def two_windows(*max_context):
    windows = span_windows.windows(*span_windows.cut(CONTEXT), QUERY, 12, 4, max_context or None)
    assert windows.starts.tolist() == [0, 4]
    return windows


def test_starts_need_the_most_context():
    windows = two_windows([QUERY, QUERY + 1], [QUERY, QUERY + 1])
    found = outputs((0.0, {(4, -0.1): {4: -0.1}, (0, -2.0): {1: -2.0}}),
                    (0.0, {(0, -1.0): {0: -1.0}}))
    # "opera" is piece 4 of the first window and 0 of the second, which shows more around it.
    assert answer(found, windows)[1] == [("opera", -1.0, -1.0), ("Mozart", -2.0, -2.0)]


def test_the_same_text_comes_once():
    found = outputs((0.0, {(4, -0.5): {4: -0.5}}), (0.0, {(0, -1.0): {0: -1.0, 2: -2.0}}))
    assert answer(found, two_windows())[1] == [("opera", -0.5, -0.5),
                                               ("opera  in Vienna", -1.0, -2.0)]
    assert len(answer(found, two_windows(), n_best_size=1)[1]) == 1


def test_the_class_decides_whether_there_is_an_answer():
    """By the lowest class logit of the windows; the answer's own score counts for nothing."""
    found = outputs((4.0, {(0, -9.0): {1: -9.0}}), (0.75, {(0, -8.0): {0: -8.0}}))
    v2 = {"version_2_with_negative": True}
    entry, nbest = answer(found, two_windows(), **v2)
    assert entry == {"example_id": 7, "id": "q7", "text": "", "best_text": "opera",
                     "null_odds": 0.75}
    # "No answer" is not among the texts, whose scores are on another scale.
    assert [text for text, _, _ in nbest] == ["opera", "Mozart"]
    assert answer(found, two_windows(), null_score_diff_threshold=0.75, **v2)[0]["text"] == "opera"
    # A logit above 1 is no probability: transformers' metric compares it with 1.0.
    assert answer(found, two_windows(), null_score_diff_threshold=0.5, **v2)[0]["text"] == ""
    assert answer(found, two_windows())[0]["text"] == "opera"


def test_where_there_is_no_possible_answer():
    found = outputs((0.5, {(CLS, -0.1): {CLS: -0.1}}))
    assert answer(found)[0]["text"] == "empty"
    entry, nbest = answer(found, version_2_with_negative=True)
    assert (entry["text"], entry["best_text"], entry["null_odds"]) == ("", "", 10000.0)
    assert nbest == [("", 0.0, 0.0)]
    nothing = BeamOutputs(*[np.zeros([0])] * 5)
    windows = one_window(word_map=np.zeros([0, 20], int))
    assert answer(nothing, windows)[0]["text"] == "empty"


def test_lines_are_kept_apart_and_places_told():
    question = QUESTION._replace(context=CONTEXT.replace(" in", "\nin"))
    windows = span_windows.windows(*span_windows.cut(question.context), QUERY, 20, 20)
    found = outputs((0.0, {(4, -0.1): {6: -0.1, 4: -2.0}}))
    assert answer(found, windows, question=question)[0]["text"] == "opera \nin Vienna"
    decoder = span_decoders.make_decoder("beam_lines", {})
    (best,) = decoder.nbest(question, windows, found)["answers"]
    assert (best["text"], best["start_char"], best["end_char"]) == ("opera", 9, 14)


def test_options():
    decoder = span_decoders.make_decoder("beam", {"start_n_top": 3, "end_n_top": 2})
    assert decoder.output_options() == BeamOptions(3, 2)
    assert decoder.describe() == {"decoder": "beam", "options": {
        "start_n_top": 3, "end_n_top": 2, "n_best_size": 20, "max_answer_length": 30,
        "version_2_with_negative": False, "null_score_diff_threshold": 0.0}}
    with pytest.raises(UserError, match="--start_n_top must be at least 1, it is 0"):
        span_decoders.make_decoder("beam", {"start_n_top": 0})
    with pytest.raises(UserError, match="--sees_padding is no option of --decoder=beam"):
        span_decoders.make_decoder("beam", {"sees_padding": True})
