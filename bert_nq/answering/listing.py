"""Answers of several pages to one question, in one list."""
from typing import Any, Dict, List, NamedTuple, Sequence

from bert_nq.answering.answer import Alternative, Answer


class Listed(NamedTuple):
    """An answer of a list."""
    page: int  # the number of its page's answer
    alternative: Alternative
    is_given: bool  # as the answer of its page, rather than as a guess


def best_first(answers: Sequence[Answer]) -> List[Answer]:
    """Answers of several pages: those that answer before those that do not, by probability.

    The order of pages decides between equals.
    """
    return sorted(answers, key=lambda answer: (not answer, -answer.probability))


def listed(answers: Sequence[Answer], num_answers: int) -> List[Listed]:
    """The alternatives of all pages: the best one of the best page, then those that are given, then
    guesses, by probability.

    Args:
      answers: as `best_first` has them, so that the first of the list is the first page's answer.
      num_answers: how many are listed at most.
    """
    found = [Listed(page, alternative, bool(answer) and rank == 0)
             for page, answer in enumerate(answers)
             for rank, alternative in enumerate(answer.others)]
    rest = sorted(found[1:], key=lambda item: (not item.is_given, -item.alternative.probability))
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
