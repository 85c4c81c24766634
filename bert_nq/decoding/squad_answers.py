"""The answers of a question, best first, as entries of prediction files."""
import math
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

# The text in the place of an answer where none is possible, and how much better no answer is then:
# more than any difference of a model's scores.
NO_TEXT = "empty"
NULL_ODDS_WITHOUT_ANSWER = 10000.0


class Answer(NamedTuple):
    """An answer, or none."""
    text: str  # "" for none
    start_logit: float
    end_logit: float
    pieces: Optional[Tuple[int, int]] = None  # first and last of the context, where it is known

    def score(self) -> float:
        """Both logits added up."""
        return self.start_logit + self.end_logit


def distinct(answers: Iterable[Answer], most: int) -> Iterator[Answer]:
    """Yields the first answers of different texts, so many at the most."""
    texts: Set[str] = set()
    for answer in answers:
        if answer.text in texts:
            continue
        texts.add(answer.text)
        yield answer
        if len(texts) == most:
            return


def entry_of(example: Any, answers: Iterable[Answer], odds_of: Callable[[Answer], float],
             options: Any) -> Dict[str, Any]:
    """A question's entry of the prediction file.

    Args:
      example: the question.
      answers: best first; as many are drawn as are needed.
      odds_of: given the best of them that has a text, the odds that there is no answer.
      options: have `version_2_with_negative`, whether that may be, and `null_score_diff_threshold`,
        the odds above which it is so.

    Returns:
      Its ids and the answer's "text", "" for none; "is_impossible" where the data say that there is
      no answer, but one must be given; if it may have none, "null_odds" and
      "best_text", which is the text if it has one.
    """
    entry = {"example_id": example.example_id, "id": example.question_id}
    if not options.version_2_with_negative:
        entry["text"] = next((answer.text for answer in answers), NO_TEXT)
        # Who predicts is to know of it.
        return dict(entry, is_impossible=True) if example.is_impossible else entry
    best = next((answer for answer in answers if answer.text), None)
    odds = odds_of(best) if best else NULL_ODDS_WITHOUT_ANSWER
    text = best.text if best else ""
    is_null = odds > options.null_score_diff_threshold
    return dict(entry, text="" if is_null else text, best_text=text, null_odds=odds)


def nbest_entry(example: Any, answers: List[Answer]) -> Dict[str, Any]:
    """A question's entry of the n-best file, with probabilities, the softmax over its answers.

    For scores [0, 0] these are [1 / 2, 1 / 2].
    """
    scores = [answer.score() for answer in answers]
    top = max(scores, default=0.0)
    odds = [math.exp(score - top) for score in scores]
    total = sum(odds)
    return {"example_id": example.example_id, "id": example.question_id, "answers": [
        {"text": answer.text, "probability": odd / total, "start_logit": answer.start_logit,
         "end_logit": answer.end_logit} for answer, odd in zip(answers, odds)]}
