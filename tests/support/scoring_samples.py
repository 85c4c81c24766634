"""Hand-made and random gold and predictions in the official formats, for tests of scoring."""
import gzip
import json
import random

NULL = {"start_byte": -1, "end_byte": -1, "start_token": -1, "end_token": -1}

_BYTES = [(10, 20), (11, 20), (30, 40)]
_TOKENS = [(0, 3), (1, 3), (5, 6)]


def span(tokens=(-1, -1), start_end_bytes=(-1, -1)):
    """A span in the original format."""
    return {"start_byte": start_end_bytes[0], "end_byte": start_end_bytes[1],
            "start_token": tokens[0], "end_token": tokens[1]}


def annotation(long_answer=None, short_answers=(), yes_no_answer="NONE"):
    """One annotation in the original format."""
    return {"annotation_id": 1, "long_answer": dict(long_answer or NULL, candidate_index=0),
            "short_answers": list(short_answers), "yes_no_answer": yes_no_answer}


def prediction(example_id, long_answer=None, short_answers=(), yes_no_answer="NONE",
               long_score=0.0, short_score=0.0):
    """An entry of a prediction file."""
    return {"example_id": example_id, "long_answer": long_answer or NULL,
            "long_answer_score": long_score, "short_answers": list(short_answers),
            "short_answers_score": short_score, "yes_no_answer": yes_no_answer}


def random_task(rng, num_questions=None):
    """(gold examples, predictions), with few spans and scores so that many agree or tie."""
    num_questions = num_questions or rng.choice([1, 2, 3, 10, 40])
    null_share = rng.choice([0.0, 0.2, 0.5, 1.0])
    score = rng.choice([lambda: rng.choice([-1.5, 0.0, 0.5, 2.0]),
                        lambda: rng.randrange(-2, 3),
                        lambda: rng.gauss(0, 5)])
    gold, predictions = [], []
    for _ in range(num_questions):
        example_id = rng.getrandbits(64) - 2 ** 63
        # Keys in the order of NQ's files, which the reader relies on.
        gold.append({"annotations": [
            _random_answers(rng, null_share) for _ in range(rng.choice([1, 2, 5, 5]))],
            "document_html": "<P>", "example_id": example_id})
        predicted = _random_answers(rng, null_share)
        if predicted["yes_no_answer"].lower() != "none":
            predicted["short_answers"] = [NULL] * rng.randrange(3)
        for field in ("long_answer", "short_answers", "yes_no_answer"):
            if rng.random() < 0.05:
                del predicted[field]
        predicted.update(example_id=example_id, long_answer_score=score(),
                         short_answers_score=score())
        predictions.append(predicted)
    rng.shuffle(predictions)
    return gold, predictions


def _random_answers(rng, null_share):
    yes_no = rng.choice(["yes", "NO", "Yes"] if rng.random() < 0.2 else ["NONE", "none"])
    num_short = 0 if rng.random() < null_share else rng.choice([0, 1, 1, 1, 2, 3])
    return annotation(_random_span(rng, null_share),
                      [_random_span(rng, null_share / 2) for _ in range(num_short)], yes_no)


def _random_span(rng, null_share):
    if rng.random() < null_share:
        return rng.choice([NULL, span((-1, -7), (-2, -1))])
    known = rng.choice(["both", "both", "both", "bytes", "tokens"])
    return span(rng.choice(_TOKENS) if known != "bytes" else (-1, -1),
                rng.choice(_BYTES) if known != "tokens" else (-1, -1))


def write_gold(path, examples):
    """Writes a shard, gzipped if its name ends in .gz."""
    text = "".join(json.dumps(e) + "\n" for e in examples).encode("utf8")
    with open(str(path), "wb") as f:
        f.write(gzip.compress(text) if str(path).endswith(".gz") else text)
    return str(path)


def write_predictions(path, predictions):
    """Writes a prediction file."""
    with open(str(path), "w") as f:
        json.dump({"predictions": predictions}, f)
    return str(path)


def seeded(seed):
    """A random generator for a seed."""
    return random.Random("scoring %d" % seed)
