"""Pages of n-best files for the tests, made by hand."""
from bert_nq.datasets.nq.example import Span
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.decoding.nbest import probabilities
from bert_nq.ensembling.nbest_files import ModelPage
from bert_nq.scoring.nq.nbest import NBestAnswer


def page(longs, shorts, yes_no=None, example_id=1):
    """A page from scores by (start, end), and those of "yes" and "no"."""
    return ModelPage(example_id, "where is tovin", _answers(longs, 7),
                     _answers(shorts, None, list(yes_no or ())),
                     {} if yes_no is None else dict(zip(("yes", "no"), yes_no)))


def _answers(scores, candidate, others=()):
    """Answers of a list; `others` are scores that share in the probabilities."""
    shares = probabilities(list(scores.values()) + list(others))
    return {Span(*span): NBestAnswer(span[0], span[1], "words %d to %d" % span, score, share, 3,
                                     candidate)
            for (span, score), share in zip(scores.items(), shares)}


def record(a_page):
    """The page's entry of an n-best file."""
    longs, shorts = (
        [dict(start_token=span[0], end_token=span[1], text=answer.text, score=answer.score,
              window=answer.window) for span, answer in answers.items()]
        for answers in (a_page.longs, a_page.shorts))
    yes_no = {name: {"score": score} for name, score in a_page.yes_no.items()}
    for entries in (longs, shorts + list(yes_no.values())):
        for entry, p in zip(entries, probabilities([e["score"] for e in entries])):
            entry["probability"] = p
    return {"example_id": a_page.example_id, "question": a_page.question,
            "long_answers": [dict(entry, candidate_index=7) for entry in longs],
            "short_answers": shorts, "yes_no": yes_no}


def write_nbest(path, pages, predictor=None):
    """Writes an n-best file as run_nq.py does."""
    with prediction_file(str(path), predictor) as write:
        for a_page in pages:
            write(record(a_page))
    return str(path)
