"""SQuAD files made by hand, and the official measures written plainly, as an oracle."""
import collections
import gzip
import json
import re
import string

FIRST, SECOND, THIRD = "56be4db0", "56be4db1", "56be4db2"


def question(question_id, answers=(), is_impossible=None, text="Who is it?"):
    """A question of version 1.1, or of 2.0 where `is_impossible` is given."""
    record = {"id": question_id, "question": text,
              "answers": [{"text": answer, "answer_start": 0} for answer in answers]}
    return record if is_impossible is None else dict(record, is_impossible=is_impossible)


def squad(*questions, **more):
    """The content of a file with these questions, two to a paragraph, a paragraph to an article."""
    paragraphs = [{"context": "It is here.", "qas": list(questions[i:i + 2])}
                  for i in range(0, len(questions), 2)]
    return dict(more, data=[{"title": "Here", "paragraphs": [p]} for p in paragraphs])


def write_json(path, content):
    """Writes JSON, gzipped where the name says so, and returns the path as a string."""
    data = json.dumps(content).encode("utf8")
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return str(path)


def plain_scores(questions, predictions, na_probs=None, threshold=1.0):
    """The numbers of version 2.0, by the definition, and with as little cleverness as may be."""
    probs = na_probs or dict.fromkeys(predictions, 0.0)
    has = {q["id"]: bool(q["answers"]) for q in questions}
    raw = {name: {q["id"]: max(measure(gold, predictions[q["id"]]) for gold in _gold(q))
                  for q in questions} for name, measure in (("exact", _exact), ("f1", _f1))}
    cut = {name: {key: float(not has[key]) if probs[key] > threshold else score
                  for key, score in scores.items()} for name, scores in raw.items()}
    numbers = {}
    for prefix, keys in (("", list(has)), ("HasAns_", [k for k in has if has[k]]),
                         ("NoAns_", [k for k in has if not has[k]])):
        for name in ("exact", "f1") if keys else ():
            numbers[prefix + name] = 100.0 * sum(cut[name][k] for k in keys) / len(keys)
        if keys:
            numbers[prefix + "total"] = len(keys)
    for name in ("exact", "f1") if na_probs else ():
        score = best = sum(not h for h in has.values())
        at = 0.0
        for key in sorted(na_probs, key=na_probs.get):
            score += raw[name][key] if has[key] else -1 if predictions[key] else 0
            if score > best:
                best, at = score, na_probs[key]
        numbers["best_" + name] = 100.0 * best / len(has)
        numbers["best_%s_thresh" % name] = at
    return numbers


def plain_scores_v1(questions, predictions):
    """The numbers of version 1.1, by the definition."""
    exact = f1 = 0
    for q in questions:
        if q["id"] in predictions:
            gold = [answer["text"] for answer in q["answers"]]
            exact += max(_exact(text, predictions[q["id"]]) for text in gold)
            f1 += max(_f1(text, predictions[q["id"]], empty=0) for text in gold)
    return {"exact_match": 100.0 * exact / len(questions), "f1": 100.0 * f1 / len(questions)}


def _gold(record):
    return [a["text"] for a in record["answers"] if _words(a["text"])] or [""]


def _words(text):
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", kept).split()


def _exact(gold, predicted):
    return int(_words(gold) == _words(predicted))


def _f1(gold, predicted, empty=1):
    gold, predicted = _words(gold), _words(predicted)
    if not gold or not predicted:
        return empty * int(gold == predicted)
    same = sum((collections.Counter(gold) & collections.Counter(predicted)).values())
    if not same:
        return 0
    precision, recall = same / len(predicted), same / len(gold)
    return 2 * precision * recall / (precision + recall)
