"""A contender of squad_eval.py, a process of its own that scores all predictions for each line of
input.

    python -c 'import squad_eval_contender; squad_eval_contender.main()' KIND '{"gold": ...}'

It runs in an interpreter that has the packages that its kind needs.
"""
import json
import sys
import types

from train_step_contender import serve


def ours_read(settings):
    from bert_nq.scoring.squad import gold, predictions
    return (gold.read_questions([settings["gold"]]),
            predictions.read_predictions(settings["predictions"]),
            predictions.read_na_probs(settings["na_probs"]))


def ours_score(questions, texts, na_probs):
    from bert_nq.scoring.squad import system
    return system.score("", questions, texts, na_probs, version="2.0").numbers()


def their_read(settings):
    """As the official script reads, which transformers leaves to its callers."""
    contents = []
    for name in ("gold", "predictions", "na_probs"):
        with open(settings[name], encoding="utf8") as f:
            contents.append(json.load(f))
    contents[0] = [types.SimpleNamespace(qas_id=qa["id"], answers=qa["answers"])
                   for article in contents[0]["data"] for paragraph in article["paragraphs"]
                   for qa in paragraph["qas"]]
    return tuple(contents)


def their_score(examples, texts, na_probs):
    from transformers.data.metrics.squad_metrics import squad_evaluate
    return squad_evaluate(examples, texts, na_probs)


def their_release():
    import transformers
    return "transformers " + transformers.__version__


# Kind to the functions that read and score, and the release.
KINDS = {"bert_nq": (ours_read, ours_score, lambda: "this checkout"),
         "transformers": (their_read, their_score, their_release)}


def main():
    kind, settings = sys.argv[1], json.loads(sys.argv[2])
    name, with_reading = kind.replace("-with-reading", ""), kind.endswith("-with-reading")
    read, score, release = KINDS[name]
    inputs = None if with_reading else read(settings)

    def step():
        numbers = score(*(inputs or read(settings)))
        return numbers["f1"]

    with open(settings["output"], "w", encoding="utf8") as f:
        json.dump(score(*(inputs or read(settings))), f)
    serve(step, release())
