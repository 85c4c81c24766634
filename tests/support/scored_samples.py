"""Predictions with scores for each kind of answer, and gold for them."""
from bert_nq.scoring.nq.labels import parse_question
from bert_nq.scoring.nq.options import KINDS, TWO_KINDS, ScoredFile, make_table, options_of
from bert_nq.scoring.nq.predictions import parse_prediction
from tests.support.scoring_samples import annotation, prediction, span

PREDICTOR = {"model": "0123abcd", "decoder": "page", "options": {"span_score": "cls"}}


def scored_prediction(example_id, scores, long_answer=None, best_short_answers=(),
                      yes_no_answer="NONE"):
    """An entry of a prediction file by the page decoder; scores in the order of KINDS."""
    scores = dict(zip(KINDS, scores))
    short = [] if yes_no_answer != "NONE" else best_short_answers
    entry = prediction(example_id, long_answer, short, yes_no_answer, scores["long"],
                       scores["short"])
    return dict(entry, scores=scores, best_short_answers=list(best_short_answers))


def question(long_answer=None, short_answers=(), yes_no_answer="NONE", annotators=2):
    """The annotations of `annotators` who all agree."""
    return [annotation(long_answer, short_answers, yes_no_answer)] * annotators


def gold_of(questions):
    """{example id: parsed annotations}."""
    return dict(parse_question({"example_id": example_id, "annotations": annotations})
                for example_id, annotations in questions.items())


def scored_file(entries, predictor=None):
    """The result of read_scored for a file with these entries."""
    parsed = [parse_prediction(e) for e in entries]
    options = {p.example_id: options_of(e, p) for e, p in zip(entries, parsed)}
    kinds = KINDS if any(len(o) == len(KINDS) for o in options.values()) else TWO_KINDS
    return ScoredFile(predictor, kinds, {p.example_id: p for p in parsed}, options)


def random_task(rng, num_questions, two_kinds=False):
    """({id: annotations}, entries), with few spans and scores so that many agree or tie."""
    score = rng.choice([lambda: rng.choice([-1.5, 0.0, 0.5, 2.0]), lambda: rng.uniform(-4, 4)])
    questions, entries = {}, []
    for example_id in range(1, num_questions + 1):
        questions[example_id] = [annotation(
            rng.choice([None, span((0, 9)), span((0, 9)), span((9, 19))]),
            rng.choice([[], [span((1, 3))], [span((1, 3))], [span((1, 3)), span((5, 6))]]),
            rng.choice(["NONE", "NONE", "YES", "NO"])) for _ in range(rng.choice([1, 2, 5]))]
        long_answer = rng.choice([None, span((0, 9)), span((9, 19))])
        spans = rng.choice([[], [span((1, 3))], [span((1, 3)), span((5, 6))]])
        if two_kinds:
            entries.append(prediction(example_id, long_answer, spans,
                                      rng.choice(["NONE", "Yes"]) if not spans else "NONE",
                                      score(), score()))
        else:
            entries.append(scored_prediction(example_id, [score() for _ in KINDS], long_answer,
                                             spans, rng.choice(["NONE", "YES"])))
    return questions, entries


def random_table(rng, num_questions, two_kinds=False):
    """(table, kinds) of a random task."""
    questions, entries = random_task(rng, num_questions, two_kinds)
    scored = scored_file(entries)
    return make_table(gold_of(questions), scored), scored.kinds
