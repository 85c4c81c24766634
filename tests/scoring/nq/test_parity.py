"""The scorer against the official one, the package natural-questions."""
import itertools
import json

import pytest
from absl import flags
from absl.testing import flagsaver

from bert_nq.base.errors import UserError
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.gold import read_gold
from bert_nq.scoring.nq.labels import parse_prediction, parse_question, parse_span
from bert_nq.scoring.nq.predictions import read_predictions
from tests.support.scoring_samples import random_task, seeded, span, write_gold, write_predictions

nq_eval = pytest.importorskip("natural_questions.nq_eval")
eval_utils = pytest.importorskip("natural_questions.eval_utils")


@pytest.fixture(autouse=True)
def parsed_flags():
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["test"])


def official_span(record):
    return eval_utils.Span(record["start_byte"], record["end_byte"],
                           record["start_token"], record["end_token"])


def test_the_same_spans_are_valid_and_null():
    offsets = range(-2, 3)
    num_valid = num_null = 0
    for four in itertools.product(offsets, repeat=4):
        record = span(four[:2], four[2:])
        try:
            expected = official_span(record)
        except ValueError:
            with pytest.raises(UserError):
                parse_span(record)
            continue
        num_valid += 1
        assert parse_span(record).is_null() == expected.is_null_span()
        num_null += expected.is_null_span()
    # A pair is null in 2 * 2 ways and known as (0, 1), (0, 2) or (1, 2).
    assert (num_valid, num_null) == (7 * 7, 4 * 4)


def test_the_same_spans_are_equal():
    pairs = [(-1, -1), (0, 1), (0, 2), (1, 2)]
    records = [span(t, b) for t in pairs for b in pairs][1:]
    num_equal = 0
    for a, b in itertools.product(records, repeat=2):
        expected = eval_utils.nonnull_span_equal(official_span(a), official_span(b))
        assert parse_span(a).matches(parse_span(b)) == expected
        num_equal += expected
    assert 0 < num_equal < len(records) ** 2


@pytest.mark.parametrize("seed", range(300))
def test_random_tasks(seed, tmp_path):
    rng = seeded(seed)
    gold, predictions = random_task(rng)
    gold_path = write_gold(tmp_path / "gold.jsonl.gz", gold)
    predictions_path = write_predictions(tmp_path / "predictions.json", predictions)
    long_threshold, short_threshold = rng.choice([(2, 2), (2, 2), (1, 1), (3, 2), (2, 5), (0, 0)])

    with flagsaver.flagsaver(long_non_null_threshold=long_threshold,
                             short_non_null_threshold=short_threshold):
        expected = nq_eval.score_answers(
            eval_utils.read_annotation_from_one_split(gold_path),
            eval_utils.read_prediction_json(predictions_path))
    rows = measures.score_answers(read_gold([gold_path]), read_predictions(predictions_path),
                                  long_threshold, short_threshold)

    # As text, so that the order of keys counts, and whether a zero is 0 or 0.0.
    assert (json.dumps(measures.metrics(*rows))
            == json.dumps(nq_eval.get_metrics_with_answer_stats(*expected)))
    assert (json.dumps(measures.metrics_ignoring_scores(*rows))
            == json.dumps(nq_eval.compute_final_f1(*expected)))


def test_the_random_tasks_are_of_all_kinds():
    # Lest the test above compare nothing but zeros.
    outcomes, f1s = set(), set()
    for seed in range(300):
        gold, predictions = random_task(seeded(seed))
        long_rows, short_rows = measures.score_answers(
            dict(map(parse_question, gold)),
            {p.example_id: p for p in map(parse_prediction, predictions)})
        outcomes.update([("long",) + row[:3] for row in long_rows])
        outcomes.update([("short",) + row[:3] for row in short_rows])
        numbers = measures.metrics(long_rows, short_rows)
        f1s.add((numbers["long-best-threshold-f1"], numbers["short-best-threshold-f1"]))
    assert outcomes == {(kind,) + outcome for kind in ("long", "short") for outcome in [
        (False, False, False), (False, True, False), (True, False, False), (True, True, False),
        (True, True, True)]}
    assert len(f1s) > 100
