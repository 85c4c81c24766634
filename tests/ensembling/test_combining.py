"""Combining n-best lists: hand-made pages, the arithmetic of each expected score beside it."""
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Span
from bert_nq.decoding.entries import NO_ANSWER_SCORE
from bert_nq.ensembling.combining import Combination, normalised
from bert_nq.ensembling.ensembles import Ensemble
from bert_nq.ensembling.rules import METHODS
from tests.support.examples import with_examples
from tests.support.nbest_samples import page, record

LN = math.log
LONG = {(0, 20): LN(4)}
NULL = {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1}


def span(start, end):
    return dict(NULL, start_token=start, end_token=end)


def combined(pages, method, weights=None, nbest=False):
    """The page's entry of the prediction file, or of the n-best file."""
    weights = normalised(weights or [1] * len(pages))
    entries, = Ensemble(method, weights, [None] * len(pages)).answer([pages])
    return entries[nbest]


def short_scores(pages, method, weights=None):
    combination = Combination([pages], method)
    _, scores = combination.scores(np.array(normalised(weights or [1] * len(pages))))
    return {tuple(tokens): score for tokens, score in zip(combination.shorts.spans.tolist(), scores)
            if tokens[0] >= 0}


# Odds against "none" of 4 and 1, which makes the probabilities 4/6, 1/6 and 1/6 for none.
A = page(LONG, {(2, 3): LN(4), (5, 8): LN(1)})
# Odds of 3 and 1: 3/5, 1/5 and 1/5 for none.
B = page(LONG, {(5, 8): LN(3), (5, 6): LN(1)})


@pytest.mark.parametrize("method, expected", [
    # (4/6 + 0) / (1/6 + 1/5), (1/6 + 3/5) / ..., (0 + 1/5) / ...: the weights' 1/2 cancels out.
    ("probability", {(2, 3): LN(20 / 11), (5, 8): LN(23 / 11), (5, 6): LN(6 / 11)}),
    # Probabilities beside none alone: 4/5 and 1/2; 3/4 and 1/2. Half the sums: 2/5, 5/8, 1/4.
    ("sigmoid", {(2, 3): LN(2 / 3), (5, 8): LN(5 / 3), (5, 6): LN(1 / 3)}),
    # What is missing counts as the last of the list: ln 1 in both.
    ("score", {(2, 3): LN(4) / 2, (5, 8): LN(3) / 2, (5, 6): 0.0}),
    # In 30ths: starts 2 and 5 have 20 and 5 + 24, ends 3, 8 and 6 have 20, 5 + 18 and 6, none 11.
    ("words", {(2, 3): LN(20 / 11), (5, 8): LN((29 * 23) ** 0.5 / 11),
               (5, 6): LN((29 * 6) ** 0.5 / 11)}),
])
def test_two_models_of_equal_weight(method, expected):
    assert short_scores([A, B], method) == pytest.approx(expected)


def test_weights_count():
    # In 120ths: (2, 3) has 3 * 20, (5, 8) 3 * 5 + 18, none 3 * 5 + 6.
    scores = short_scores([A, B], "probability", [3, 1])
    assert scores == pytest.approx({(2, 3): LN(60 / 21), (5, 8): LN(33 / 21), (5, 6): LN(6 / 21)})


def test_an_answer_of_models_without_weight_alone_is_impossible():
    assert short_scores([A, B], "score", [1, 0])[5, 6] == -math.inf


def test_an_entry():
    entry = combined([A, B], "probability")
    scores = entry.pop("scores")
    assert scores == pytest.approx({"long": LN(4), "short": LN(23 / 11), "yes": NO_ANSWER_SCORE,
                                    "no": NO_ANSWER_SCORE})
    assert entry == {
        "example_id": 1, "long_answer": span(0, 20), "long_answer_score": scores["long"],
        "short_answers": [span(5, 8)], "short_answers_score": scores["short"],
        "yes_no_answer": "NONE", "best_short_answers": [span(5, 8)]}


def test_an_nbest_entry():
    nbest = combined([A, B], "probability", nbest=True)
    best, second = nbest.pop("short_answers")  # as many as each of the models has
    assert best == {"start_token": 5, "end_token": 8, "text": "words 5 to 8", "window": 3,
                    "member": 1, "score": pytest.approx(LN(23 / 11)),
                    "probability": pytest.approx(23 / 60)}  # (1/6 + 3/5) / 2
    assert (second["text"], second["member"]) == ("words 2 to 3", 0)
    assert nbest.pop("long_answers") == [{
        "start_token": 0, "end_token": 20, "text": "words 0 to 20", "window": 3, "member": 0,
        "candidate_index": 7, "score": pytest.approx(LN(4)), "probability": pytest.approx(0.8)}]
    assert nbest == {"example_id": 1, "question": "where is tovin", "yes_no": {}}


def test_yes_and_no_share_the_null_with_the_spans():
    # Odds 6 for yes, 1 for no, 1 for the span: of 9 parts none has one. The other model knows no
    # yes; 1/2 is none. So yes: (6/9) / (1/9 + 1/2) = 12/11.
    one = page(LONG, {(2, 3): 0.0}, (LN(6), 0.0))
    other = page(LONG, {(2, 3): 0.0})
    entry = combined([one, other], "probability")
    assert entry["scores"]["yes"] == pytest.approx(LN(12 / 11))
    assert entry["scores"]["no"] == pytest.approx(LN(2 / 11))
    assert entry["scores"]["short"] == pytest.approx(LN((1 / 9 + 1 / 2) / (1 / 9 + 1 / 2)))
    assert (entry["yes_no_answer"], entry["short_answers"]) == ("YES", [])
    assert entry["short_answers_score"] == entry["scores"]["yes"]
    assert entry["best_short_answers"] == [span(2, 3)]


def test_the_short_answer_lies_in_the_long_one_and_the_pair_is_chosen_together():
    # Longs: 1 + ln(1 + e^0) = 1.69 and 0.5 + ln(1 + e^2) = 2.63.
    models = [page({(0, 10): 1.0, (10, 20): 0.5}, {(2, 3): 0.0, (11, 12): 2.0, (9, 11): 5.0})] * 2
    entry = combined(models, "score")
    assert (entry["long_answer"], entry["short_answers"]) == (span(10, 20), [span(11, 12)])


def test_of_equal_pairs_the_first_of_the_page_is_taken():
    models = [page({(10, 20): 1.0, (0, 10): 1.0}, {(12, 13): 1.0, (3, 4): 1.0, (3, 5): 1.0})] * 2
    for method in METHODS:
        entry = combined(models, method)
        assert entry["long_answer"] == span(0, 10)
        if method != "words":  # where starting together makes both better
            assert entry["short_answers"] == [span(3, 4)]


def test_a_candidate_in_the_best_one_takes_its_place_where_it_is_nearly_as_good():
    shorts = {(5, 6): 1.0}
    for inner, expected in ((LN(0.95), (4, 8)), (LN(0.85), (0, 20))):
        models = [page({(0, 20): 0.0, (4, 8): inner, (4, 5): LN(0.99)}, shorts)] * 2
        assert combined(models, "score")["long_answer"] == span(*expected)


def test_nothing_to_answer():
    entry = combined([page({}, {}), page({}, {(3, 4): 5.0}, (2.0, 1.0))], "probability")
    assert entry["long_answer"] == NULL
    assert (entry["short_answers"], entry["yes_no_answer"]) == ([], "NONE")
    assert set(entry["scores"].values()) == {NO_ANSWER_SCORE}


def test_no_pages():
    with pytest.raises(UserError, match="the n-best files have no pages"):
        Combination([], "score")


def test_scores_far_from_zero_lose_nothing():
    models = [page({(0, 9): 800.0, (9, 19): -900.0}, {(1, 2): 750.0, (11, 12): NO_ANSWER_SCORE},
                   (NO_ANSWER_SCORE, -1000.0))] * 2
    for method in METHODS:
        entry = combined(models, method)
        assert entry["scores"] == pytest.approx({"long": 800.0, "short": 750.0, "no": -1000.0,
                                                 "yes": NO_ANSWER_SCORE}), method


def test_equal_shares_are_equal_numbers():
    assert normalised([2, 1, 1]) == (0.5, 0.25, 0.25)
    assert normalised([0.35, 0.35, 0.3]) == normalised([7, 7, 6]) == (0.35, 0.35, 0.3)


_SCORES = st.floats(-12, 12).map(lambda x: round(x, 1))
_LONGS = st.dictionaries(st.sampled_from([(0, 10), (10, 20), (20, 30), (12, 16)]), _SCORES)
_SHORTS = st.dictionaries(st.tuples(st.integers(0, 29), st.integers(1, 6)).map(
    lambda pair: (pair[0], sum(pair))), _SCORES, max_size=6)
_PAGES = st.builds(page, _LONGS, _SHORTS, st.none() | st.tuples(_SCORES, _SCORES))
_RULES = st.sampled_from(sorted(METHODS))


def plain_choice(a_page):
    """(long, short, scores) of one model's page by loops over all pairs."""
    best, best_value = None, -math.inf
    for long in sorted(a_page.longs, key=lambda s: (s[0], -s[1])):
        inside = [s for s in sorted(a_page.shorts) if long[0] <= s[0] and s[1] <= long[1]]
        short = max(inside, key=lambda s: a_page.shorts[s].score, default=None)
        value = a_page.longs[long].score
        if short:
            value += math.log1p(math.exp(a_page.shorts[short].score))
        if value > best_value + 1e-9:
            best, best_value = (long, short), value
    return best


@with_examples(60)
@given(st.lists(_PAGES, min_size=2, max_size=3), st.data())
def test_with_all_weight_on_one_model_it_says_what_that_model_says(pages, data):
    rule = data.draw(st.sampled_from(["probability", "score", "sigmoid"]))
    number = data.draw(st.integers(0, len(pages) - 1))
    weights = [float(i == number) for i in range(len(pages))]
    nbest = combined(pages, rule, weights, nbest=True)
    expected = record(pages[number])
    for field in ("long_answers", "short_answers"):
        assert ({(a["start_token"], a["end_token"]): pytest.approx(a["score"], abs=1e-9)
                 for a in expected[field]}
                == {(a["start_token"], a["end_token"]): a["score"] for a in nbest[field]})
    choice = plain_choice(pages[number])
    entry = combined(pages, rule, weights)
    if choice is None:
        assert entry["long_answer"] == NULL
        return
    if not any(a != b and a[0] <= b[0] and b[1] <= a[1]
               for a, b in itertools.permutations(pages[number].longs, 2)):
        assert entry["long_answer"] == span(*choice[0])
    assert entry["best_short_answers"] == ([] if choice[1] is None else [span(*choice[1])])
    if expected["yes_no"]:
        assert nbest["yes_no"]["yes"]["score"] == pytest.approx(
            expected["yes_no"]["yes"]["score"], abs=1e-9)


@with_examples(60)
@given(st.lists(_PAGES, min_size=2, max_size=4), _RULES, st.randoms())
def test_the_order_of_the_models_does_not_matter(pages, rule, rng):
    weights = [rng.randint(0, 3) for _ in pages]
    weights[0] += 1
    order = list(range(len(pages)))
    rng.shuffle(order)
    some, others = (Combination([models], rule).scores(np.array(normalised(w))) for models, w in (
        (pages, weights), ([pages[i] for i in order], [weights[i] for i in order])))
    for ours, theirs in zip(some, others):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


@with_examples(60)
@given(st.lists(st.lists(_PAGES, min_size=3, max_size=3), min_size=1, max_size=4), _RULES)
def test_pages_combine_together_as_they_do_alone(pages, rule):
    ensemble = Ensemble(rule, normalised([3, 2, 1]), [None] * 3)
    assert list(ensemble.answer(pages)) == [answers for models in pages
                                            for answers in ensemble.answer([models])]


@with_examples(60)
@given(st.lists(_PAGES, min_size=2, max_size=3), _RULES)
def test_answers_are_those_of_some_model_and_lie_in_each_other(pages, rule):
    entry = combined(pages, rule)
    longs = set().union(*(p.longs for p in pages))
    shorts = set().union(*(p.shorts for p in pages))
    assert all(math.isfinite(score) for score in entry["scores"].values())
    if not longs:
        assert entry["long_answer"] == NULL
        return
    long = Span(entry["long_answer"]["start_token"], entry["long_answer"]["end_token"])
    assert long in longs
    for short in entry["best_short_answers"]:
        assert (short["start_token"], short["end_token"]) in shorts
        assert long[0] <= short["start_token"] < short["end_token"] <= long[1]


def test_weights_whose_sum_is_beyond_all_floats():
    assert normalised([1e308, 1e308]) == (0.5, 0.5)
    assert normalised([1, 3]) == (0.25, 0.75)
