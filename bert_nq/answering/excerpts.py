"""Parts of a page that are read in its place, and their answers put back into it.

A long page has a hundred windows and more; its passages with the question's words are in a few.
"""
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.answering.answer import Alternative, Answer, Passage
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Candidate


class Excerpt(NamedTuple):
    """The part of a page that is read."""
    page: Page  # some candidates of the whole page, whose HTML and bytes it has; N tokens
    whole: Page
    tokens: Sequence[int]  # N: the place of each in the whole page
    score: float = 0.0  # of the page in the search that found it

    def restore(self, answer: Answer) -> Answer:
        """The answer to the excerpt as one to the whole page.

        An answer from the end of one passage to the beginning of another is none in the whole page,
        where there are other words between them: it is left out.
        """
        others = tuple(alternative for alternative in map(self._alternative, answer.others)
                       if alternative is not None)
        given: Tuple[Optional[Passage], Optional[Passage], Optional[str]] = (None, None, None)
        probability = others[0].probability if others else 0.0
        if answer and others:
            given = others[0].short, others[0].long, others[0].yes_no
        return Answer(answer.question, self.whole, probability, *given, others,
                      self.score)

    def _alternative(self, found: Alternative) -> Optional[Alternative]:
        short, long = self._passage(found.short), self._passage(found.long)
        if (short is None) != (found.short is None) or (long is None) != (found.long is None):
            return None
        return found._replace(short=short, long=long)

    def _passage(self, found: Optional[Passage]) -> Optional[Passage]:
        """A passage by tokens of the whole page; None where it is none there."""
        if found is None:
            return None
        start, end = self.tokens[found.start_token], self.tokens[found.end_token - 1] + 1
        if end - start != found.end_token - found.start_token:
            return None
        return found._replace(start_token=start, end_token=end)


def whole(page: Page) -> Excerpt:
    """All of a page."""
    return Excerpt(page, page, range(len(page.tokens)))


def of_candidates(page: Page, numbers: Sequence[int]) -> Excerpt:
    """Some candidates of a page, with those in them.

    Args:
      page: the page.
      numbers: of candidates at top level, in any order; those that the page does not have, as it
        may have changed since it was searched, are passed over. All of it where none is left.
    """
    chosen = sorted({number for number in numbers if number < len(page.candidates)
                     and page.candidates[number].top_level})
    tokens: List[int] = []
    candidates: List[Candidate] = []
    for number in chosen:
        top = page.candidates[number]
        shift = len(tokens) - top.start_token
        for candidate in page.candidates[number:]:
            if candidate.start_token >= top.end_token:
                break
            candidates.append(Candidate(candidate.start_token + shift, candidate.end_token + shift,
                                        candidate.top_level))
        tokens += range(top.start_token, top.end_token)
    if not tokens:
        return whole(page)
    return Excerpt(
        page._replace(tokens=[page.tokens[i] for i in tokens],
                      is_html=[page.is_html[i] for i in tokens],
                      start_bytes=[page.start_bytes[i] for i in tokens],
                      end_bytes=[page.end_bytes[i] for i in tokens], candidates=candidates),
        page, tokens)


AskMany = Callable[[Sequence[Tuple[str, Page]]], Sequence[Answer]]


def ask(ask_many: AskMany, question: str, excerpts: Sequence[Excerpt]) -> List[Answer]:
    """The answers to a question about each of several pages, by their excerpts."""
    if not excerpts:
        return []
    answers = ask_many([(question, excerpt.page) for excerpt in excerpts])
    return [excerpt.restore(answer) for excerpt, answer in zip(excerpts, answers)]
