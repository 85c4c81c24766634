"""What the service answers, as JSON."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from bert_nq.answering.answer import Alternative, Answer
from bert_nq.answering.folder_pages import best_first
from bert_nq.answering.service import page_view


class _Listed(NamedTuple):
    """An answer of a list, with the number of its page."""
    page: int
    alternative: Alternative
    is_given: bool  # as the answer, rather than as a guess


def as_json(question: str, answers: Sequence[Answer], num_answers: int, faults: Sequence[str] = (),
            show_pages: bool = False) -> Dict[str, Any]:
    """The response to a question.

    Args:
      question: as it was asked.
      answers: of the pages that were read; none where no page has a word of the question.
      num_answers: how many are listed at most.
      faults: of pages that could not be read.
      show_pages: whether the HTML of the pages is wanted, see `page_view.render`.
    """
    answers = best_first(answers)
    listed = _listed(answers)[:num_answers]
    pages = [{"page": answer.page.source, "title": answer.page.title} for answer in answers]
    if show_pages:
        for number, answer in enumerate(answers):
            places = [(i, item.alternative) for i, item in enumerate(listed)
                      if item.page == number]
            pages[number]["html"] = page_view.render(answer.page, places)
    return dict(_best(question, answers),
                others=[_item(item, answers) for item in listed], pages=pages,
                faults=list(faults))


def _best(question: str, answers: Sequence[Answer]) -> Dict[str, Any]:
    """The answer that is given, as `ask.py --json` prints it."""
    if not answers:
        nothing = dict.fromkeys(("page", "short", "long", "yes_no", "probability"))
        return dict(nothing, question=question, answered=False)
    return dict(answers[0].as_json(), question=question, answered=bool(answers[0]))


def _listed(answers: Sequence[Answer]) -> List[_Listed]:
    """The answers of all pages: first that which is given, then by probability."""
    found = []
    for page, answer in enumerate(answers):
        for rank, alternative in enumerate(answer.others):
            found.append(_Listed(page, alternative, bool(answer) and rank == 0))
    first = found[:1] if answers and answers[0] else []
    rest = sorted(found[len(first):],
                  key=lambda item: (not item.is_given, -item.alternative.probability))
    return first + rest


def _item(item: _Listed, answers: Sequence[Answer]) -> Dict[str, Any]:
    def passage(value: Optional[Any]) -> Optional[Dict[str, Any]]:
        return value and value.as_json()

    return {"page": answers[item.page].page.source, "page_number": item.page,
            "short": passage(item.alternative.short), "long": passage(item.alternative.long),
            "yes_no": item.alternative.yes_no, "probability": item.alternative.probability}
