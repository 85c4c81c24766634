"""The answers of SQuAD, as prediction and training take them."""
import collections
import functools
import os
from typing import Any, Dict, List, Mapping, Tuple

from bert_nq.datasets.squad import prediction_files, reading
from bert_nq.prediction.dev_set import DevFormat
from bert_nq.prediction.output import AnswerFormat, Entry
from bert_nq.scoring.squad import gold, measure, measures, predictions, system
from bert_nq.scoring.squad.tuned import Tuned
from bert_nq.scoring.text_tables import aligned


def count(entry: Entry) -> Dict[str, int]:
    """Counts the questions that are answered, and those that had to be: 0 or 1."""
    return {"answered": int(bool(entry["text"])),
            "impossible": int(entry.get("is_impossible", False))}


def rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    """The lines of a prediction's summary, given the counts of all entries and "pages"."""
    impossible = [("  impossible ones, answered: the model is for SQuAD 1.1", counts["impossible"])
                  ] if counts["impossible"] else []
    return [("  answered", counts["answered"]),
            ("  without answer", counts["pages"] - counts["answered"])] + impossible


def _beside(path: str) -> List[str]:
    return [prediction_files.null_odds_path(path)]


read_gold = functools.partial(gold.read_usable, read=reading.READING.read)


def score(questions: Mapping[int, Any], entries: Mapping[int, Any]) -> Dict[str, float]:
    """The official numbers of the entries, by example id."""
    return measure.score(questions, entries)


def evaluate(paths: List[str], predictions_path: str) -> str:
    """The official scores of predictions, and of odds beside them, as a table."""
    questions = gold.read_questions(paths, reading.READING.read)
    odds_path = prediction_files.null_odds_path(predictions_path)
    odds = None
    if measures.version_of(questions.values()) == measures.V2 and os.path.exists(odds_path):
        odds = predictions.read_na_probs(odds_path)
    # Odds are no probabilities: none of them is too high.
    found = system.score(predictions_path, questions, predictions.read_predictions(
        predictions_path), odds, float("inf"))
    return "Scores as SQuAD %s\n\n%s" % (found.version, aligned([
        [key, "%d" % value if isinstance(value, int) and key.endswith("total")
         else "%.3f" % value] for key, value in found.numbers().items()]))


ANSWERS = AnswerFormat(prediction_files.predictions, count, rows, prediction_files.nbest,
                       Tuned.load, _beside, "questions")
DEV_FORMAT = DevFormat(reading.READING, read_gold, score, evaluate)
