"""The answers of the service, as JSON."""
from typing import Any, Dict, Sequence

from bert_nq.answering import listing
from bert_nq.answering.answer import Answer
from bert_nq.answering.service import page_view


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
    answers = listing.best_first(answers)
    items = listing.listed(answers, num_answers)
    pages = [{"page": answer.page.source, "title": answer.page.title} for answer in answers]
    if show_pages:
        for page, answer in enumerate(answers):
            pages[page]["html"] = page_view.render(answer.page, [
                (number, item.alternative) for number, item in enumerate(items)
                if item.page == page])
    return dict(listing.as_json(question, answers, items),
                answered=bool(answers and answers[0]), pages=pages, faults=list(faults))
