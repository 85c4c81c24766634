"""Simulated annotators: one for train, nearly always right, and five for dev, who disagree."""
import random
from typing import Dict, List, NamedTuple

from sample_corpus.blocks import Answer
from sample_corpus.page import Page, Span
from sample_corpus.values import MONTHS

_NULL_SPAN = {"end_byte": -1, "end_token": -1, "start_byte": -1, "start_token": -1}


class Habits(NamedTuple):
    """Probabilities that an annotator departs from the canonical answer."""

    overlooks: float  # Misses an answer.
    long_only: float  # Marks only the long answer.
    other_place: float  # Marks the fact where the page repeats it.
    trims: float  # Marks a shorter span, such as the surname of a full name.
    strays: float  # Marks an answer to a question without one.


TRAIN = Habits(overlooks=0.02, long_only=0.0, other_place=0.0, trims=0.0, strays=0.0)
DEV = Habits(overlooks=0.15, long_only=0.07, other_place=0.3, trims=0.07, strays=0.03)


def annotate(page: Page, answers: List[Answer], habits: Habits, rng: random.Random) -> Dict:
    """Makes one annotation in the dataset's format.

    Args:
      page: the finished page.
      answers: the right answers, the canonical one first; empty for a null question.
      habits: the annotator's.
      rng: decides what the annotator does.
    """
    return _record(page, _judged(page, answers, habits, rng), rng)


def _judged(page: Page, answers: List[Answer], habits: Habits, rng: random.Random):
    if not answers:
        return _stray(page, rng) if rng.random() < habits.strays else None
    if rng.random() < habits.overlooks:
        return None
    takes_second = len(answers) > 1 and rng.random() < habits.other_place
    answer = answers[1 if takes_second else 0]
    draw = rng.random()
    if draw < habits.long_only:
        return answer._replace(short=[], yes_no="NONE")
    if draw < habits.long_only + habits.trims:
        return answer._replace(short=_trimmed(page, answer.short))
    return answer


def _trimmed(page: Page, short: List[Span]) -> List[Span]:
    """The first of several spans, or the part of a single span that a hasty annotator marks."""
    if len(short) != 1:
        return short[:1]
    start, end = short[0]
    words = [t["token"] for t in page.tokens[start:end]]
    if len(words) == 3 and words[1] in MONTHS:
        return [Span(start, end - 1)]  # A date without its year.
    if len(words) == 2 and words[0][0].isdigit():
        return [Span(start, end - 1)]  # A number without its unit.
    if len(words) == 2 and words[0][0].isupper():
        return [Span(start + 1, end)]  # A surname.
    return short


def _stray(page: Page, rng: random.Random) -> Answer:
    top = [c for c in page.candidates if c["top_level"]]
    chosen = rng.choice(top)
    return Answer("", Span(chosen["start_token"], chosen["end_token"]), [])


def _record(page: Page, answer, rng: random.Random) -> Dict:
    record = {"annotation_id": rng.getrandbits(64)}
    if answer is None:
        record.update(long_answer=dict(candidate_index=-1, **_NULL_SPAN), short_answers=[],
                      yes_no_answer="NONE")
        return record
    record["long_answer"] = dict(candidate_index=page.candidate_index(answer.long),
                                 **page.offsets(answer.long))
    record["short_answers"] = [page.offsets(span) for span in answer.short]
    record["yes_no_answer"] = answer.yes_no
    return record
