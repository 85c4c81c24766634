"""bert_joint's decoder: hand-made logits to answers; random ones against a plain double loop."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Candidate, Span
from bert_nq.decoding import bert_joint, entries
from bert_nq.decoding.bert_joint import Answer, BertJointDecoder, BertJointOptions
from bert_nq.modeling.heads import window_outputs as outputs
from tests.support.examples import with_examples

NULL = Span(-1, -1)
# A window of 10 pieces: [CLS] [Q] q [SEP], a marker, document tokens 20 20 21 22 (the first in two
# pieces), [SEP].
TOKEN_MAP = [-1, -1, -1, -1, -1, 20, 20, 21, 22, -1]
PARAGRAPH = Candidate(18, 25, True)


def logits(length=10, **at):
    """One window of zeros but for what `at` says, as p5=1.5 for position 5."""
    row = np.zeros([1, length], np.float32)
    for name, value in at.items():
        row[0, int(name[1:])] = value
    return row


def decoded(start, end, token_map=TOKEN_MAP, candidates=(PARAGRAPH,), **options):
    return of_logits(start, end, np.atleast_2d(token_map), list(candidates),
                     BertJointOptions(**options))


def of_logits(start, end, token_map, candidates, options):
    """The answer decoded from all logits, [N, S], of windows without padding."""
    ones = np.ones_like(start, np.int64)
    leaving = outputs.from_logits(start, end, np.zeros([len(start), 5], np.float32), ones, ones,
                                  BertJointDecoder(options).output_options())
    return bert_joint.decode(leaving, token_map, candidates, options)


def test_a_span_of_pieces_becomes_tokens_and_its_score_is_above_that_of_cls():
    # Piece 6 is the second of token 20, piece 8 is token 22: tokens [20, 23).
    # (3.5 + 2.25) - (0.5 + 1.0) = 4.25
    answer = decoded(logits(p0=0.5, p6=3.5), logits(p0=1.0, p8=2.25))
    assert answer == Answer(4.25, Span(20, 23), Span(18, 25))


def test_the_score_may_be_negative():
    answer = decoded(logits(p0=4, p7=1), logits(p0=4, p7=1))
    assert answer == Answer(-6.0, Span(21, 22), Span(18, 25))


def test_position_0_question_and_markers_are_no_answers():
    # Without them, the best start is at token 21 and the best end at 22.
    start = logits(p0=9, p1=9, p2=9, p3=9, p4=9, p7=1)
    end = logits(p0=9, p1=9, p2=9, p3=9, p4=9, p8=1)
    assert decoded(start, end) == Answer(-16.0, Span(21, 23), Span(18, 25))


def test_position_0_is_excluded_even_where_the_map_has_a_token_for_it():
    answer = decoded(logits(3, p0=5), logits(3, p0=5), [7, 8, 9], n_best_size=1)
    assert answer == Answer(-10.0, Span(8, 9), NULL)  # No candidate holds it.


def test_an_end_before_the_start_is_no_span():
    # The best start is token 22, and no end behind it is good; 21 alone is worth 2 + 3.
    answer = decoded(logits(p8=4, p7=2), logits(p8=-9, p7=3))
    assert answer == Answer(5.0, Span(21, 22), Span(18, 25))


def test_ends_are_inclusive_in_the_answer_length():
    # Pieces 5 to 8 are 4 pieces.
    start, end = logits(p5=9), logits(p8=9)
    assert decoded(start, end, max_answer_length=4).short_answer == Span(20, 23)
    # Of 3, the best are 9 + 0: of the starts at 5 the shortest span, which is token 20.
    assert decoded(start, end, max_answer_length=3) == Answer(9.0, Span(20, 21), Span(18, 25))
    assert decoded(start, end, max_answer_length=1).score == 9.0


def test_n_best_size_is_how_many_starts_and_ends_are_looked_at():
    # The two best starts and ends are on no document token; the third best are.
    start, end = logits(p1=9, p2=8, p7=7), logits(p1=9, p2=8, p7=7)
    assert decoded(start, end, n_best_size=2) == Answer(entries.NO_ANSWER_SCORE, NULL, NULL)
    assert decoded(start, end, n_best_size=3) == Answer(14.0, Span(21, 22), Span(18, 25))


def test_of_ties_the_first_positions_are_among_the_best():
    # All logits are equal: the two best starts and ends are 1 and 2, of the map's tokens 31 and 32.
    zeros = np.zeros([1, 5], np.float32)
    answer = decoded(zeros, zeros, [30, 31, 32, 33, 34], n_best_size=2)
    assert answer == Answer(0.0, Span(31, 32), NULL)


def test_without_a_possible_span_there_is_no_answer():
    answer = decoded(np.ones([1, 3]), np.ones([1, 3]), [-1, -1, -1])
    assert answer == Answer(-10000.0, NULL, NULL)


@pytest.mark.parametrize("ties, expected", [
    # (start piece, last piece): the earliest start wins, then the shortest.
    ([(5, 6), (7, 7)], Span(20, 21)),
    ([(7, 7), (8, 8)], Span(21, 22)),
    ([(7, 8), (7, 7)], Span(21, 22)),
])
def test_equal_scores_go_to_the_earliest_start_then_to_the_shortest(ties, expected):
    start, end = (np.full([1, 10], -50, np.float32) for _ in range(2))
    start[0, 0] = end[0, 0] = 0
    for first, last in ties:
        start[0, first] = end[0, last] = 1
    assert decoded(start, end) == Answer(2.0, expected, Span(18, 25))


def test_a_tie_between_windows_goes_to_the_earliest_token_and_not_to_the_first_window():
    start, end = np.zeros([2, 3], np.float32), np.zeros([2, 3], np.float32)
    token_map = [[-1, 50, -1], [-1, 40, -1]]
    assert decoded(start, end, token_map) == Answer(0.0, Span(40, 41), NULL)


def test_windows_compete_by_their_distance_from_their_own_cls():
    # 5 + 5 - 8 = 2 in the first, 2 + 2 - 0 = 4 in the second.
    start = np.concatenate([logits(p0=4, p5=5), logits(p7=2)])
    end = np.concatenate([logits(p0=4, p5=5), logits(p7=2)])
    answer = decoded(start, end, [TOKEN_MAP, TOKEN_MAP])
    assert answer == Answer(4.0, Span(21, 22), Span(18, 25))


def test_the_long_answer_is_the_first_top_level_candidate_that_holds_the_span():
    candidates = [Candidate(0, 10, True), Candidate(20, 23, False), Candidate(20, 22, True),
                  Candidate(18, 30, True), Candidate(20, 23, True)]
    answer = decoded(logits(p5=3), logits(p8=3), candidates=candidates)
    assert answer == Answer(6.0, Span(20, 23), Span(18, 30))


def test_a_span_across_two_candidates_has_no_long_answer_and_the_same_score():
    candidates = [Candidate(18, 22, True), Candidate(22, 30, True)]
    assert decoded(logits(p7=3), logits(p8=3), candidates=candidates) == Answer(
        6.0, Span(21, 23), NULL)


def test_a_span_from_one_nested_candidate_into_another_does_not_run_backwards():
    # A table [30, 34) is followed by its row [31, 33): piece 5 is token 33, piece 6 token 31.
    token_map = [-1, -1, 30, 31, 32, 33, 31, 32, -1]
    answer = decoded(logits(9, p5=5), logits(9, p6=5), token_map)
    # Not [33, 32) for 5 + 5: the first of those for 0 + 5 and 5 + 0.
    assert answer == Answer(5.0, Span(30, 32), NULL)


def test_sums_are_made_in_float64():
    # In float32, 1000 + 0.00003 is 1000, the scores tie, and the earlier token wins.
    answer = decoded(logits(p5=1000, p7=1000), logits(p7=0.00003), max_answer_length=1)
    assert answer.short_answer == Span(21, 22)
    assert answer.score == 1000 + float(np.float32(0.00003))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", ["start", "end"])
def test_logits_that_are_no_numbers_are_refused(which, value):
    bad = logits(p3=value)
    with pytest.raises(UserError, match="not finite"):
        decoded(*((bad, logits()) if which == "start" else (logits(), bad)))


def slow(start, end, token_map, candidates, n_best_size, max_answer_length):
    """The rules once more, one pair of positions at a time."""
    best = None
    for row in range(len(start)):
        def n_best(values):
            return sorted(range(1, len(values)), key=lambda i: (-values[i], i))[:n_best_size]
        for s in n_best(start[row].tolist()):
            for e in n_best(end[row].tolist()):
                first, last = token_map[row][s], token_map[row][e]
                if e < s or e - s + 1 > max_answer_length or -1 in (first, last) or last < first:
                    continue
                score = (float(start[row][s]) + float(end[row][e])
                         - (float(start[row][0]) + float(end[row][0])))
                key = (-score, first, last)
                if best is None or key < best:
                    best = key
    if best is None:
        return Answer(-10000.0, NULL, NULL)
    short = Span(best[1], best[2] + 1)
    holding = [c for c in candidates if c.top_level and c.start_token <= short.start_token
               and short.end_token <= c.end_token]
    return Answer(-best[0], short, Span(*holding[0][:2]) if holding else NULL)


@with_examples(150)
@given(st.integers(0, 2 ** 32 - 1), st.integers(1, 4), st.integers(1, 12), st.integers(1, 6),
       st.integers(1, 8))
def test_it_equals_a_plain_double_loop(seed, num_windows, length, n_best_size, max_answer_length):
    random = np.random.RandomState(seed)
    shape = (num_windows, length)
    # Few values, so that there are many ties.
    start, end = (random.randint(-3, 4, shape).astype(np.float32) / 2 for _ in range(2))
    token_map = random.randint(-1, 15, shape)
    bounds = np.sort(random.randint(0, 17, (5, 2)))
    candidates = [Candidate(int(a), int(b), bool(random.randint(2))) for a, b in bounds if a < b]
    options = BertJointOptions(n_best_size, max_answer_length)
    assert of_logits(start, end, token_map, candidates, options) == slow(
        start, end, token_map.tolist(), candidates, n_best_size, max_answer_length)


def test_the_entry_of_the_prediction_file():
    answer = Answer(1.5, Span(21, 23), Span(18, 25))
    assert bert_joint.prediction_of(-2 ** 63, answer) == {
        "example_id": -9223372036854775808,
        "long_answer": {"start_token": 18, "end_token": 25, "start_byte": -1, "end_byte": -1},
        "long_answer_score": 1.5,
        "short_answers": [{"start_token": 21, "end_token": 23, "start_byte": -1, "end_byte": -1}],
        "short_answers_score": 1.5,
        "yes_no_answer": "NONE",
    }


def test_the_entry_of_a_page_without_answer():
    entry = bert_joint.prediction_of(7, Answer(entries.NO_ANSWER_SCORE, NULL, NULL))
    assert entry == {
        "example_id": 7,
        "long_answer": {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1},
        "long_answer_score": -10000.0,
        "short_answers": [],
        "short_answers_score": -10000.0,
        "yes_no_answer": "NONE",
    }
