"""The file of candidate scores as the form of a prediction's output."""
import collections
from typing import Any, Dict, List, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import score_file
from bert_nq.prediction.output import AnswerFormat, Entry

# The flag that names the file, and its help.
FLAG = "output_candidate_scores"
HELP = ("Write no answers, but how probable each candidate of each page is, such as "
        "scores.jsonl.gz: for training on hard ones, and for --prefilter. See docs/mining.md.")


def _open(path: str, predictor: Dict[str, Any]) -> Any:
    del predictor  # The lines of the file are pages and nothing else.
    return score_file(path)


def _count(entry: Entry) -> Dict[str, int]:
    return {"candidates": len(entry["candidates"]), "without": int(not entry["candidates"])}


def _rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    return [("  without candidates", counts["without"]), ("candidates", counts["candidates"])]


def _load_thresholds(path: str) -> Any:
    raise UserError("--thresholds=%s is for answers: candidate scores are written as they are"
                    % path)


def to_prepare(shards: str, scores: str) -> Tuple[str, Sequence[str]]:
    """What is done with the scores of training pages next, see tasks.task.OtherOutput."""
    return "choose training windows by them", (
        "prepare/prepare_nq_data.py", "--input_jsonl=" + shards, "--include_unknowns=0.02",
        "--unknowns_from=" + scores, "--output_tfrecord=mined.tfrecord")


SCORES = AnswerFormat(_open, _open, _count, _rows, _load_thresholds, title="Candidate scores")
