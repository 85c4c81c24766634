"""Answers of several pages to one question, in one list."""
import math
from typing import Any, Dict, List, NamedTuple, Sequence

from bert_nq.answering.answer import Alternative, Answer

# Of a page's score beside the logarithm of an answer's probability. A score of BM25 is one of
# log-odds that the page is the one (Robertson and Zaragoza 2009, section 3), in theory with weight
# 1; the words of a passage are not independent, so it is less sure than it says.
_PAGE_WEIGHT = 0.5
_LEAST_PROBABILITY = 1e-9


class Listed(NamedTuple):
    """An answer of a list."""
    page: int  # the number of its page's answer
    alternative: Alternative
    is_given: bool  # as the answer of its page, rather than as a guess


def best_first(answers: Sequence[Answer]) -> List[Answer]:
    """Answers of several pages: those that answer before those that do not, each by its probability
    and how well its page fits the question.

    A reader is as sure of an answer about another thing of the same kind: what one bird feeds on
    is as good an answer as what another does, to who has not read which bird is meant. The order
    of pages decides between equals.
    """
    return sorted(answers, key=lambda answer: (not answer, -_worth(answer.probability, answer)))


def _worth(probability: float, answer: Answer) -> float:
    """The logarithm of how likely an answer on the page of `answer` is, up to a constant."""
    return math.log(max(probability, _LEAST_PROBABILITY)) + _PAGE_WEIGHT * answer.page_score


def listed(answers: Sequence[Answer], num_answers: int) -> List[Listed]:
    """The alternatives of all pages: the best one of the best page, then those that are given, then
    guesses, in the same order.

    Args:
      answers: as `best_first` has them, so that the first of the list is the first page's answer.
      num_answers: how many are listed at most.
    """
    found = [Listed(page, alternative, bool(answer) and rank == 0)
             for page, answer in enumerate(answers)
             for rank, alternative in enumerate(answer.others)]
    rest = sorted(found[1:], key=lambda item: (
        not item.is_given, -_worth(item.alternative.probability, answers[item.page])))
    return (found[:1] + rest)[:num_answers]


def as_json(question: str, answers: Sequence[Answer], items: Sequence[Listed]) -> Dict[str, Any]:
    """The best answer, with None where there is none, and "others", each with its page.

    Args:
      question: as it was asked.
      answers: as `best_first` has them; none where no page was read.
      items: made of them by `listed`.
    """
    nothing = dict.fromkeys(("page", "short", "long", "yes_no", "probability"))
    best = answers[0].as_json() if answers else nothing
    return dict(best, question=question, others=[_item(item, answers) for item in items])


def _item(item: Listed, answers: Sequence[Answer]) -> Dict[str, Any]:
    short, long = item.alternative.short, item.alternative.long
    return {"page": answers[item.page].page.source, "page_number": item.page,
            "short": short and short.as_json(), "long": long and long.as_json(),
            "yes_no": item.alternative.yes_no, "probability": item.alternative.probability}
