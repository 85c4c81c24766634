"""A system's predictions, scored: what the official scripts are given and what they print."""
from typing import Dict, Mapping, NamedTuple, Optional, Sequence, TypeVar

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number
from bert_nq.scoring.squad import measures
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row

Key = TypeVar("Key")  # of a question


class System(NamedTuple):
    """The predictions of a system. Lists are in the order of the questions."""
    name: str
    version: str  # one of measures.VERSIONS
    questions: Sequence[Question]
    texts: Sequence[str]  # predicted; "" where there is no prediction
    rows: Sequence[Row]
    na_probs: Optional[Sequence[Number]]  # that a question has no answer; None: not known
    order: Optional[Sequence[int]]  # the places of questions in the order of `na_probs`' file
    threshold: float = measures.THRESHOLD

    def numbers(self) -> Dict[str, Number]:
        """The numbers that the official script prints, in its order."""
        if self.version == measures.V1:
            return measures.metrics_v1(self.rows)
        numbers = measures.metrics_v2(self.rows, self.na_probs, self.threshold)
        if self.na_probs is not None:
            numbers.update(measures.best_thresholds(self.rows, self.na_probs, self.order))
        return numbers

    def settled(self) -> Sequence[Row]:
        """The rows at the threshold."""
        if self.version == measures.V1:
            return self.rows
        return measures.at_threshold(self.rows, self.na_probs, self.threshold)


def score(name: str, questions: Mapping[Key, Question], predictions: Mapping[Key, str],
          na_probs: Optional[Mapping[Key, Number]] = None, threshold: float = measures.THRESHOLD,
          version: Optional[str] = None) -> System:
    """Scores predictions.

    Args:
      name: of the system, such as the path of its predictions.
      questions: in their order.
      predictions: for questions without one see `measures.score_answers`.
      na_probs: probabilities of having no answer, in the order of their file; version 2.0 only.
      threshold: above it a question counts as not answered.
      version: one of measures.VERSIONS; None: that of the questions.

    Raises:
      UserError: `na_probs` lacks a question that has a prediction; and as `score_answers`.
    """
    version = version or measures.version_of(questions.values())
    rows = measures.score_answers(questions, predictions, version)
    texts = [predictions.get(key, "") for key in questions]
    probs = order = None
    if na_probs is not None and version == measures.V2:
        lacking = [key for key in questions if key not in na_probs and key in predictions]
        if lacking:
            raise UserError("%s of %s questions have a prediction but no probability, the first is "
                            "%s" % (format(len(lacking), ","), format(len(questions), ","),
                                    lacking[0]))
        # Questions without a prediction are not answered, whatever the threshold.
        probs = [na_probs.get(key, 0.0) for key in questions]
        places = {key: place for place, key in enumerate(questions)}
        order = [places[key] for key in na_probs if key in places]
        order += [place for key, place in places.items() if key not in na_probs]
    return System(name, version, list(questions.values()), texts, rows, probs, order, threshold)
