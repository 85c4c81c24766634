"""The answer to a question about a page."""
from typing import Any, Dict, NamedTuple, Optional, Tuple

from bert_nq.datasets.html_pages.page import Page


class Passage(NamedTuple):
    """A part of a page, by document tokens and by bytes of `Page.html`; ends are exclusive."""
    text: str  # its words, as people write them
    start_token: int
    end_token: int
    start_byte: int
    end_byte: int

    def as_json(self) -> Dict[str, Any]:
        """All of it."""
        return dict(self._asdict())


class Alternative(NamedTuple):
    """An answer that was not given, or the one that was, with its probability."""
    probability: float
    short: Optional[Passage]
    long: Optional[Passage]
    yes_no: Optional[str]  # "yes" or "no"


class Answer(NamedTuple):
    """The answer to a question about a page. It is false where there is none."""
    question: str
    page: Page
    probability: float  # of the answer that is given; where there is none, of the best of `others`
    short: Optional[Passage]  # the words that answer
    long: Optional[Passage]  # the paragraph, list or table that does
    yes_no: Optional[str]  # "yes" or "no", in place of `short`
    others: Tuple[Alternative, ...] = ()  # the best answers, the first included, best first
    # How well a search engine found that the page fits the question, as `Hit.score`.
    page_score: float = 0.0

    def __bool__(self) -> bool:
        """Whether there is an answer."""
        return bool(self.short or self.long or self.yes_no)

    def as_json(self) -> Dict[str, Any]:
        """All but the page, of which it has the source, and the others; None where there is none.
        """
        return {"question": self.question, "page": self.page.source,
                "short": self.short and self.short.as_json(),
                "long": self.long and self.long.as_json(), "yes_no": self.yes_no,
                "probability": self.probability}
