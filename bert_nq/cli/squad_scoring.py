"""Parts of all programs that score predictions for SQuAD: files read, compared, and told of."""
from typing import List, Mapping, Optional

from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.scoring.squad import measures, predictions
from bert_nq.scoring.squad import system as systems
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.system import System

_IDS_SHOWN = 5


def score(questions: Mapping[str, Question], version: str, predictions_path: str,
          na_prob_path: Optional[str], na_prob_flag: str, threshold: float) -> System:
    """Scores a file of predictions, and notes which questions it lacks and which it has beside.

    Args:
      questions: annotated, by id.
      version: one of measures.VERSIONS.
      predictions_path: {id: text}.
      na_prob_path: {id: number}, that there is no answer; None: not known.
      na_prob_flag: the flag that gave it.
      threshold: what is above it counts as not answered.

    Raises:
      UserError: a file cannot be used, or the version has no probabilities.
    """
    if na_prob_path and version == measures.V1:
        raise UserError("%s: SQuAD 1.1 has no questions without an answer and no probabilities of "
                        "it: leave the flag out, or give --version=2.0" % na_prob_flag)
    texts = predictions.read_predictions(predictions_path)
    na_probs = predictions.read_na_probs(na_prob_path) if na_prob_path else None
    try:
        system = systems.score(predictions_path, questions, texts, na_probs, threshold, version)
    except UserError as e:
        raise UserError("%s: %s" % (predictions_path, e)) from e
    _tell_of([key for key in questions if key not in texts], predictions_path,
             "questions have no prediction, they count as %s" % (
                 "wrong" if version == measures.V1 else "answered with nothing"))
    for path, content in ((predictions_path, texts), (na_prob_path, na_probs or {})):
        _tell_of([key for key in content if key not in questions], path,
                 "ids are of other questions, they count for nothing")
    return system


def _tell_of(ids: List[str], path: Optional[str], what: str) -> None:
    if ids:
        program.note("%s: %s %s: %s%s" % (path, format(len(ids), ","), what, ", ".join(
            ids[:_IDS_SHOWN]), " ..." if len(ids) > _IDS_SHOWN else ""))
