"""Scores of ensembles on annotated pages, and the search for weights."""
import itertools
import random

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.ensembling.combining import Combination, normalised
from bert_nq.ensembling.ensembles import Ensemble
from bert_nq.ensembling.weights import DevScorer, best_f1, fit
from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq import measures, tuning
from bert_nq.scoring.nq.labels import parse_prediction, parse_question
from bert_nq.scoring.nq.options import Column
from tests.support.nbest_samples import page
from tests.support.scoring_samples import annotation, span


def gold_of(example_id, *annotations):
    return parse_question({"example_id": example_id, "annotations": list(annotations)})


def scorer_of(pages, gold, method="probability"):
    return DevScorer(Combination(pages, method), gold)


RIGHT = annotation(span((0, 20)), [span((2, 3))])


def random_task(seed, num_models, num_pages=30):
    """(pages, gold): models of different skill, gold with spans, pairs of spans, yes, no, none."""
    rng = random.Random("ensemble %d" % seed)
    longs, shorts = [(0, 10), (10, 20), (20, 30)], [(2, 3), (2, 5), (12, 14), (21, 25), (24, 25)]
    pages, gold = [], {}

    def score():
        return round(rng.gauss(0, 2), 1)

    for example_id in range(num_pages):
        annotators = []
        for _ in range(5):
            kind = rng.choice(["none", "long", "short", "short", "pair", "yes", "no"])
            chosen = {"short": 1, "pair": 2}.get(kind, 0)
            annotators.append(annotation(
                None if kind == "none" else span(rng.choice(longs)),
                [span(s) for s in rng.sample(shorts, chosen)],
                kind.upper() if kind in ("yes", "no") else "NONE"))
        gold[example_id] = gold_of(example_id, *annotators)[1]
        pages.append([page({s: score() for s in rng.sample(longs, 2)},
                           {s: score() for s in rng.sample(shorts, 3)},
                           rng.choice([None, (score() - 1, score() - 1)]),
                           example_id) for _ in range(num_models)])
    return pages, gold


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("method", ["probability", "score"])
def test_scores_are_those_of_the_official_measures_for_the_entries(seed, method):
    pages, gold = random_task(seed, 3)
    weights = [(1, 1, 1), (3, 1, 0), (0, 0, 1)][seed % 3]
    thresholds = [(2, 2), (1, 3)][seed % 2]
    scorer = DevScorer(Combination(pages, method), gold, *thresholds)
    answers = scorer.judge(weights)
    ensemble = Ensemble(method, normalised(weights), [None] * 3)
    entries = [entry for entry, _ in ensemble.answer(pages)]
    predictions = {e["example_id"]: parse_prediction(e) for e in entries}
    rows = measures.score_answers(gold, predictions, *thresholds)
    points = tuple(f_measure.best_f1(f_measure.sweep(kind)) for kind in rows)
    assert scorer.points(answers) == points
    assert scorer.objective(answers, np.arange(len(pages))) == pytest.approx(
        points[0].f1 + points[1].f1)


@pytest.mark.parametrize("seed", range(20))
def test_the_fast_f1_is_the_official_one(seed):
    rng = random.Random(seed)
    rows = [Row(rng.random() < 0.6, there, there and rng.random() < 0.5,
                rng.choice([0.5, 1, 2, 3.5]))
            for there in rng.choices([True, False], k=rng.choice([1, 3, 30]))]
    rows = [row._replace(is_correct=row.is_correct and row.has_gold) for row in rows]
    column = Column(*map(np.array, zip(*((r.score, r.has_prediction, r.is_correct) for r in rows))))
    assert best_f1(column, sum(r.has_gold for r in rows)) == pytest.approx(
        f_measure.best_f1(f_measure.sweep(rows)).f1)


def test_other_pages_than_the_annotated_ones():
    with pytest.raises(UserError, match="1 of 1 gold examples without a prediction"):
        scorer_of([[page({}, {}, example_id=3)]], dict([gold_of(4, RIGHT)]))


def _objective_of(pages, gold, weights):
    scorer = scorer_of(pages, gold)
    return scorer.objective(scorer.judge(weights), np.arange(len(pages)))


@pytest.mark.parametrize("seed", range(3))
def test_two_models_get_the_best_weights_of_the_grid(seed):
    pages, gold = random_task(seed, 2)
    fitted = fit(scorer_of(pages, gold), 3, seed=0)
    best = max(_objective_of(pages, gold, (i, 20 - i)) for i in range(21))
    assert _objective_of(pages, gold, fitted.weights) == best
    assert sum(fitted.weights) == pytest.approx(1) and len(fitted.of_folds) == 3


def test_held_out_questions_are_combined_by_the_weights_of_the_other_folds():
    pages, gold = random_task(5, 2)
    scorer = scorer_of(pages, gold)
    fitted = fit(scorer, 3, seed=1)
    judged = [scorer.judge(weights) for weights in fitted.of_folds]
    assert len(set(fitted.of_folds)) > 1
    for number, fold in enumerate(tuning.folds(np.arange(len(pages)), 3, 1)):
        for ours, theirs in zip(fitted.held_out, judged[fold]):
            assert ours.scores[number] == theirs.scores[number]
            assert ours.right[number] == theirs.right[number]


@pytest.mark.parametrize("seed", range(3))
def test_three_models_get_weights_that_no_small_move_betters(seed):
    pages, gold = random_task(seed, 3)
    fitted = fit(scorer_of(pages, gold), 3, seed=0)
    reached = _objective_of(pages, gold, fitted.weights)
    assert reached >= _objective_of(pages, gold, (1, 1, 1))
    for giving, taking in itertools.permutations(range(3), 2):
        moved = list(fitted.weights)
        step = min(0.05, moved[giving])
        moved[giving] -= step
        moved[taking] += step
        assert _objective_of(pages, gold, moved) <= reached + 1e-9


def test_models_that_are_equally_good_get_equal_weights():
    pages = [[page({(0, 20): 1.0}, {(2, 3): 2.0}, example_id=1)] * 3,
             [page({(0, 20): -1.0}, {(2, 3): -2.0}, example_id=2)] * 3]
    gold = dict([gold_of(1, RIGHT, RIGHT), gold_of(2, RIGHT, RIGHT)])
    assert fit(scorer_of(pages, gold, "score"), 2, seed=0).weights == normalised((1, 1, 1))


def test_a_model_that_knows_gets_the_weight_of_one_that_does_not():
    # The second model is sure of what is wrong.
    pages = [[page({(0, 20): 1.0}, {(2, 3): 1.0}, example_id=i),
              page({(20, 40): 3.0}, {(22, 23): 3.0}, example_id=i)] for i in range(4)]
    gold = dict(gold_of(i, RIGHT, RIGHT) for i in range(4))
    fitted = fit(scorer_of(pages, gold), 2, seed=0)
    scorer = scorer_of(pages, gold)
    assert [p.f1 for p in scorer.points(scorer.judge(fitted.weights))] == [1.0, 1.0]
    assert [p.f1 for p in scorer.points(scorer.judge((1, 1)))] == [0.0, 0.0]
    assert [p.f1 for p in scorer.points(fitted.held_out)] == [1.0, 1.0]


def test_more_folds_than_questions():
    pages, gold = random_task(0, 2, num_pages=3)
    with pytest.raises(UserError, match="3 questions cannot be parted into 4 folds"):
        fit(scorer_of(pages, gold, "score"), 4, seed=0)
