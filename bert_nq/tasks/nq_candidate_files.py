"""Files of candidates, a page a line, as forms of a prediction's output: scores, and readings."""
import collections
from typing import Any, Dict, List, Sequence, Tuple

from bert_nq.base.json_lines import line_file
from bert_nq.prediction.output import AnswerFormat, Entry

# The flags that name the files, and their help.
SCORES_FLAG = "output_candidate_scores"
SCORES_HELP = (
    "Write no answers, but how probable each candidate of each page is, such as scores.jsonl.gz: "
    "for training on hard ones, and for --prefilter. See docs/mining.md.")
READINGS_FLAG = "output_readings"
READINGS_HELP = (
    "Write no answers, but what the model says of each word, such as readings.jsonl.gz: "
    "eval/combine_readings.py adds up several models'. See docs/quesbelm.md.")


def to_prepare(shards: str, scores: str) -> Tuple[str, Sequence[str]]:
    """The next step with the scores of training pages, see tasks.task.OtherOutput."""
    return "choose training windows by them", (
        "prepare/prepare_nq_data.py", "--input_jsonl=" + shards, "--include_unknowns=0.02",
        "--unknowns_from=" + scores, "--output_tfrecord=mined.tfrecord")


def to_combine(shards: str, readings: str) -> Tuple[str, Sequence[str]]:
    """The next step with readings, see tasks.task.OtherOutput."""
    del shards
    return "make answers of them, and of other models' (with a comma between)", (
        "eval/combine_readings.py", "--readings=" + readings,
        "--output_prediction_file=predictions.json")


def _open(path: str, predictor: Dict[str, Any]) -> Any:
    del predictor  # The lines of the file are pages and nothing else.
    return line_file(path)


def _count(entry: Entry) -> Dict[str, int]:
    return {"candidates": len(entry["candidates"]), "without": int(not entry["candidates"])}


def _rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    return [("  without candidates", counts["without"]), ("candidates", counts["candidates"])]


SCORES, READINGS = (AnswerFormat(_open, _count, _rows, title=title)
                    for title in ("Candidate scores", "Readings"))
