"""The answers of Natural Questions, as prediction and training take them."""
import collections
import functools
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.example import Example
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.prediction.dev_set import DevFormat, Limits
from bert_nq.prediction.output import AnswerFormat, Entry
from bert_nq.scoring.nq import annotators, gold, measures, tables
from bert_nq.scoring.nq.labels import Answers, parse_prediction
from bert_nq.scoring.nq.measure import F1_KEYS
from bert_nq.scoring.nq.measures import NON_NULL_THRESHOLD
from bert_nq.scoring.nq.predictions import read_predictions
from bert_nq.scoring.nq.tuned import Tuned


def count(entry: Entry) -> Dict[str, int]:
    """Counts the kinds of answer that an entry gives: 0 or 1 of each."""
    return {"long": int(entry["long_answer"]["start_token"] >= 0),
            "short": int(bool(entry["short_answers"])),
            "yes_no": int(entry["yes_no_answer"] != "NONE")}


def rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    """The lines of a prediction's summary, given the counts of all entries and "pages"."""
    pages = counts["pages"]
    return [("  without long answer", pages - counts["long"]),
            ("  without short answer", pages - counts["short"] - counts["yes_no"]),
            ("  answered yes or no", counts["yes_no"])]


def score(annotations: Mapping[int, Sequence[Answers]], entries: Mapping[int, Any],
          long_non_null_threshold: int = NON_NULL_THRESHOLD,
          short_non_null_threshold: int = NON_NULL_THRESHOLD) -> Dict[str, float]:
    """The official 20 numbers of the entries of a prediction file, by example id."""
    predictions = {example_id: parse_prediction(entry) for example_id, entry in entries.items()}
    return measures.metrics(*measures.score_answers(
        annotations, predictions, long_non_null_threshold, short_non_null_threshold))


def limits(annotations: Mapping[int, Sequence[Answers]],
           long_non_null_threshold: int = NON_NULL_THRESHOLD,
           short_non_null_threshold: int = NON_NULL_THRESHOLD) -> Limits:
    """The F1s that no model can move, since too few annotators marked an answer."""
    found = annotators.shortage(annotations, long_non_null_threshold, short_non_null_threshold)
    return Limits(frozenset(F1_KEYS[kind] for kind in found.kinds), found.remarks)


def evaluate(paths: List[str], predictions_path: str,
             long_non_null_threshold: int = NON_NULL_THRESHOLD,
             short_non_null_threshold: int = NON_NULL_THRESHOLD) -> str:
    """The official scores of a prediction file as the tables of nq_eval.py."""
    annotations = gold.read_gold(paths)
    if not any(annotations.values()):
        raise UserError("%s: there are no annotations to score with" % paths[0])
    predictions = read_predictions(predictions_path)
    measures.check_units(annotations, predictions)
    least = long_non_null_threshold, short_non_null_threshold
    scores = tables.format_tables(*measures.score_answers(annotations, predictions, *least))
    return "\n\n".join((scores,) + annotators.shortage(annotations, *least).remarks)


def dev_format(long_non_null_threshold: int = NON_NULL_THRESHOLD,
               short_non_null_threshold: int = NON_NULL_THRESHOLD) -> DevFormat:
    """Annotated pages on which a question has an answer if so many annotators marked one."""
    least = {"long_non_null_threshold": long_non_null_threshold,
             "short_non_null_threshold": short_non_null_threshold}
    return DevFormat(shards.BARE_READING, gold.read_usable, functools.partial(score, **least),
                     functools.partial(evaluate, **least), functools.partial(limits, **least))


def is_annotated(page: Example) -> bool:
    """Whether anybody has said what the answer is, or that there is none."""
    return bool(page.annotations)


VIEWER = ("eval/error_pages.py", "--output_dir=answers")
ANSWERS = AnswerFormat(prediction_file, count, rows, prediction_file, Tuned.load)
DEV_FORMAT = dev_format()
