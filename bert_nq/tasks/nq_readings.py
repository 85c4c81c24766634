"""The file of readings as the form of a prediction's output."""
import collections
from typing import Any, Dict, List, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_readings import reading_file
from bert_nq.prediction.output import AnswerFormat, Entry

# The flag that names the file, and its help.
FLAG = "output_readings"
HELP = ("Write no answers, but what the model says of each word, such as readings.jsonl.gz: "
        "eval/combine_readings.py adds up several models'. See docs/quesbelm.md.")


def _open(path: str, predictor: Dict[str, Any]) -> Any:
    del predictor  # The lines of the file are pages and nothing else.
    return reading_file(path)


def _count(entry: Entry) -> Dict[str, int]:
    return {"candidates": len(entry["candidates"]), "without": int(not entry["candidates"])}


def _rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    return [("  without candidates", counts["without"]), ("candidates", counts["candidates"])]


def _load_thresholds(path: str) -> Any:
    raise UserError("--thresholds=%s is for answers: readings are written as they are" % path)


def to_combine(shards: str, readings: str) -> Tuple[str, Sequence[str]]:
    """What is done with readings next, see tasks.task.OtherOutput."""
    del shards
    return "make answers of them, and of other models' (with a comma between)", (
        "eval/combine_readings.py", "--readings=" + readings,
        "--output_prediction_file=predictions.json")


READINGS = AnswerFormat(_open, _open, _count, _rows, _load_thresholds, title="Readings")
