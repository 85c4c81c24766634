"""The rule of answering, and the search for its thresholds against trying all of them."""
import itertools
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.scoring import f_measure
from bert_nq.scoring.calibration import Temperature
from bert_nq.scoring.nq.options import KINDS, Column, Table, no_column
from bert_nq.scoring.nq.thresholds import (
    NO_ANSWER,
    SHORT_KINDS,
    Rule,
    best_combined,
    candidates,
    decide,
    search,
)
from tests.support.examples import with_examples
from tests.support.scored_samples import random_table

SPAN, YES, NO = range(3)
AS_THEY_ARE = {kind: Temperature(1.0, 0.0) for kind in SHORT_KINDS}


def column(scores, has_answer=None, right=None):
    num = len(scores)
    return Column(np.array(scores, np.float64),
                  np.array([True] * num if has_answer is None else has_answer, bool),
                  np.array([False] * num if right is None else right, bool))


def table(num_questions, **columns):
    """With gold everywhere; kinds that are not given are not there."""
    have = np.ones(num_questions, bool)
    return Table(np.arange(num_questions), have, have,
                 **{kind: columns.get(kind) or no_column(num_questions) for kind in KINDS})


def thresholds(long=None, short=None, yes=None, no=None):
    return {"long": long, "short": short, "yes": yes, "no": no}


def test_the_likeliest_short_answer_is_given_if_it_reaches_its_threshold():
    questions = table(6, short=column([1.0, 1.0, 3.0, 3.0, 0.5, 0.9]),
                      yes=column([2.0, 0.0, 2.0, 3.0, 0.5, 0.8]),
                      no=column([0.0, 2.0, 2.5, 3.0, 0.5, 0.8]))
    rule = Rule(thresholds(short=1.0, yes=2.0, no=2.1), AS_THEY_ARE)
    # Yes at its threshold; no under it, though the span reaches its own; the span; in a tie the
    # span; all too low; the span too low.
    assert decide(questions, rule).short.tolist() == [YES, NO_ANSWER, SPAN, SPAN, NO_ANSWER,
                                                      NO_ANSWER]


def test_log_odds_and_not_scores_are_compared():
    questions = table(2, short=column([4.0, 2.0]), yes=column([1.0, 1.0]), no=column([1.0, 0.5]))
    # 0.5 * 4 - 1 = 1 and 0.5 * 2 - 1 = 0; yes 1 - 0.5 = 0.5; no -1 and -1.5.
    log_odds = {"short": Temperature(0.5, -1.0), "yes": Temperature(1.0, -0.5),
                "no": Temperature(1.0, -2.0)}
    assert candidates(questions, log_odds).tolist() == [SPAN, YES]


def test_an_answer_that_there_is_not_is_never_given():
    questions = table(2, long=column([9.0, 9.0], has_answer=[True, False]),
                      short=column([9.0, 9.0], has_answer=[True, False]), yes=column([1.0, 1.0]),
                      no=column([0.0, 0.0]))
    decisions = decide(questions, Rule(thresholds(0.0, 0.0, 0.0, 0.0), AS_THEY_ARE))
    assert decisions.long.tolist() == [True, False]
    assert decisions.short.tolist() == [SPAN, YES]
    nothing = decide(questions, Rule(thresholds(), AS_THEY_ARE))
    assert not nothing.long.any() and nothing.short.tolist() == [NO_ANSWER, NO_ANSWER]


def test_a_search_by_hand():
    # From the top: 1 right of 1, 1 of 2, 2 of 3, 2 of 4; gold 4. F1 2/5, 2/6, 4/7, 4/8.
    questions = table(4, long=column([9.0, 8.0, 7.0, 6.0], right=[True, False, True, False]))
    found = search(questions, ["long", "short"])
    assert found.thresholds == {"long": 7.0, "short": None}
    assert f_measure.all_predictions(decide(questions, found).rows(questions)[0]).f1 == (
        pytest.approx(4 / 7))


def test_combined_thresholds_give_up_one_kind_for_the_other():
    # Long: 1 of 1 with the gold of 1: F1 1. Short: the best for itself is 1 of 3 with the gold of
    # 1, F1 2/4. Together 2 * 2 / (4 + 2) = 2/3, but without short answers 2 * 1 / (1 + 2) = 2/3,
    # too: of equals the one that answers least.
    questions = table(3, long=column([5.0, 0.0, 0.0], has_answer=[True, False, False],
                                     right=[True, False, False]),
                      short=column([3.0, 2.0, 1.0], right=[False, False, True]))
    one = np.array([True, False, False])
    questions = questions._replace(has_long_gold=one, has_short_gold=one[::-1])
    kinds = ["long", "short"]
    assert search(questions, kinds).thresholds == {"long": 5.0, "short": 1.0}
    assert search(questions, kinds, "combined").thresholds == {"long": 5.0, "short": None}


def test_where_nothing_is_right_nothing_is_answered():
    questions = table(2, long=column([1.0, 2.0]), short=column([1.0, 2.0]), yes=column([3.0, 0.0]),
                      no=column([0.0, 3.0]))
    assert search(questions, KINDS).thresholds == thresholds()
    assert search(questions, KINDS, "combined").thresholds == thresholds()


def reached(column, question, threshold):
    return bool(column.has_answer[question]) and column.scores[question] >= threshold


def outcome(questions, rule, kinds):
    """(right, given) of the rule, told in plain Python."""
    right = given = 0
    for q in range(len(questions.ids)):
        if "long" in kinds and reached(questions.long, q, rule.thresholds["long"]):
            given, right = given + 1, right + bool(questions.long.right[q])
        rivals = [kind for kind in SHORT_KINDS
                  if kind in kinds and getattr(questions, kind).has_answer[q]]
        if rivals:
            likeliest = max(rivals, key=lambda kind: rule.log_odds[kind].slope
                            * getattr(questions, kind).scores[q] + rule.log_odds[kind].bias)
            if reached(getattr(questions, likeliest), q, rule.thresholds[likeliest]):
                given, right = given + 1, right + bool(getattr(questions, likeliest).right[q])
    return right, given


def best_by_trying(questions, kinds, log_odds, num_gold):
    """(highest F1, the thresholds that reach it), of all combinations of scores; inf: never."""
    tried = {}
    for combination in itertools.product(*(
            sorted(set(getattr(questions, kind).scores.tolist())) + [math.inf] for kind in kinds)):
        right, given = outcome(questions, Rule(dict(zip(kinds, combination)), log_odds), kinds)
        tried[combination] = Fraction(2 * right, given + num_gold) if right else Fraction(0)
    best = max(tried.values())
    return best, [combination for combination, f1 in tried.items() if f1 == best]


@with_examples(60)
@given(st.randoms(use_true_random=False), st.integers(1, 5), st.booleans(),
       st.sampled_from(["long", "short", "combined"]))
def test_no_other_thresholds_are_better(rng, num_questions, two_kinds, part):
    questions, kinds = random_table(rng, num_questions, two_kinds)
    found = search(questions, kinds, "combined" if part == "combined" else "separate")
    kinds = {"long": ["long"], "short": [k for k in kinds if k != "long"],
             "combined": kinds}[part]
    num_gold = ((part != "short") * int(questions.has_long_gold.sum())
                + (part != "long") * int(questions.has_short_gold.sum()))
    best, all_best = best_by_trying(questions, kinds, found.log_odds, num_gold)
    ours = [math.inf if found.thresholds[k] is None else found.thresholds[k] for k in kinds]
    right, given = outcome(questions, Rule(dict(zip(kinds, ours)), found.log_odds), kinds)
    assert (Fraction(2 * right, given + num_gold) if right else 0) == best
    # Of all that are as good they answer least: none is higher anywhere.
    answered = [outcome(questions, Rule(dict(zip(kinds, other)), found.log_odds), kinds)[1]
                for other in all_best]
    assert given == min(answered)


@with_examples(40)
@given(st.randoms(use_true_random=False), st.integers(1, 20), st.booleans())
def test_decisions_are_those_of_the_rule_told_in_plain_python(rng, num_questions, two_kinds):
    questions, kinds = random_table(rng, num_questions, two_kinds)
    rule = Rule({kind: rng.choice([-1.5, 0.0, 0.5]) for kind in kinds},
                {kind: Temperature(rng.choice([0.0, 1.0]), rng.choice([-1.0, 0.0]))
                 for kind in kinds if kind != "long"})
    long_rows, short_rows = decide(questions, rule).rows(questions)
    rows = long_rows + short_rows
    assert outcome(questions, rule, kinds) == (sum(r.is_correct for r in rows),
                                               sum(r.has_prediction for r in rows))


@with_examples(40)
@given(st.randoms(use_true_random=False), st.integers(1, 20))
def test_one_threshold_is_that_of_the_official_scorer(rng, num_questions):
    questions, kinds = random_table(rng, num_questions, two_kinds=True)
    found = search(questions, kinds)
    for kind, has_gold in (("long", questions.has_long_gold), ("short", questions.has_short_gold)):
        options = getattr(questions, kind)
        rows = [f_measure.Row(*row) for row in zip(has_gold.tolist(), options.has_answer.tolist(),
                                                  options.right.tolist(), options.scores.tolist())]
        official = f_measure.best_f1(f_measure.sweep(rows))
        index = 0 if kind == "long" else 1
        ours = f_measure.all_predictions(decide(questions, found).rows(questions)[index])
        # Of equally good thresholds the official one may be another by a rounding of its F1.
        assert ours.f1 == pytest.approx(official.f1, rel=1e-12)
        if official.f1:
            assert found.thresholds[kind] >= official.threshold


def test_many_questions():
    questions, kinds = random_table(random.Random(5), 500)
    found = search(questions, kinds)
    best = f_measure.all_predictions(decide(questions, found).rows(questions)[1]).f1
    for kind in SHORT_KINDS:
        for score in getattr(questions, kind).scores[:40].tolist():
            other = Rule(dict(found.thresholds, **{kind: score}), found.log_odds)
            assert f_measure.all_predictions(
                decide(questions, other).rows(questions)[1]).f1 <= best + 1e-12


@pytest.mark.parametrize("objective", ["separate", "combined"])
def test_the_order_of_the_questions_changes_nothing(objective):
    questions, kinds = random_table(random.Random(1), 50)
    turned = questions.take(np.arange(50)[::-1])
    assert (search(questions, kinds, objective).thresholds
            == search(turned, kinds, objective).thresholds)


ROWS = st.lists(st.builds(
    lambda has_gold, has_prediction, agrees, score: f_measure.Row(
        has_gold, has_prediction, has_gold and has_prediction and agrees, score),
    st.booleans(), st.booleans(), st.booleans(), st.sampled_from([-3, 0.0, 0.5, 2, 1e300])),
    max_size=6)


@with_examples(100)
@given(ROWS, ROWS)
def test_both_kinds_together_are_best_of_all_pairs_of_official_thresholds(long_rows, short_rows):
    num_gold = sum(row.has_gold for row in long_rows + short_rows)

    def f1_at(*least):
        kept = [row for rows, t in zip((long_rows, short_rows), least) for row in rows
                if row.has_prediction and t is not None and row.score >= t]
        right = sum(row.is_correct for row in kept)
        return Fraction(2 * right, len(kept) + num_gold) if right else Fraction(0)

    found = best_combined(long_rows, short_rows)
    pairs = itertools.product(*([None] + [row.score for row in rows]
                                for rows in (long_rows, short_rows)))
    best = max(f1_at(*pair) for pair in pairs)
    assert f1_at(found.long_threshold, found.short_threshold) == best
    assert found.point.f1 == pytest.approx(float(best), rel=1e-12)


def test_each_at_its_best_may_not_be_the_best_of_both():
    # Long: 2 of 3 given are right, of 2. Short: 1 of 4, of 3 that have one; by itself 2 / 7.
    long_rows = [f_measure.Row(True, True, True, 3.0), f_measure.Row(True, True, True, 2.0),
                 f_measure.Row(False, True, False, 1.0)]
    short_rows = [f_measure.Row(True, True, False, 4.0), f_measure.Row(True, True, False, 3.0),
                  f_measure.Row(False, True, False, 2.0), f_measure.Row(True, True, True, 1.0)]
    # Without short answers 2 * 2 / (2 + 5), with them 2 * 3 / (6 + 5).
    found = best_combined(long_rows, short_rows)
    assert (found.long_threshold, found.short_threshold) == (2.0, None)
    assert found.point == (None, 1.0, 0.4, pytest.approx(4 / 7))
