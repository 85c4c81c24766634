"""Answers that are known by their text, found among the tokens of a page."""
import collections
import math
from bisect import bisect_left, bisect_right
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from bert_nq.datasets.html_pages import words
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Span

# Of an answer that occurs all over a page, no more places are compared.
_MOST_PLACES = 200
# So many characters before and behind a place are beside it.
_BESIDE = 200
# A paragraph of the page is the asked one if it shares so much with it (F1 of the words).
_LEAST_LIKENESS = 0.7


class Place(NamedTuple):
    """Where an answer stands in a page."""
    candidate_index: int  # of the outermost candidate around it, as most long answers of NQ are
    span: Span
    num_places: int  # at which it might be as well


class PageText:
    """The words of a page as one text, with the blanks that are between them in the page."""

    def __init__(self, page: Page):
        self._tokens: List[int] = []  # of each word
        self._starts: List[int] = []  # its first character in the text
        self._ends: List[int] = []
        parts: List[str] = []
        size, end_byte = 0, -1
        for token, text in enumerate(page.tokens):
            if page.is_html[token]:
                continue
            if parts and page.start_bytes[token] != end_byte:
                parts.append(" ")
                size += 1
            end_byte = page.end_bytes[token]
            self._tokens.append(token)
            self._starts.append(size)
            parts.append(text)
            size += len(text)
            self._ends.append(size)
        self._text = "".join(parts)
        self._top = [(i, c.start_token, c.end_token) for i, c in enumerate(page.candidates)
                     if c.top_level]
        self._top_starts = [start for _, start, _ in self._top]
        self._words: Dict[int, collections.Counter[str]] = {}  # of top-level candidates

    def find(self, answer: str, question: str) -> Optional[Place]:
        """The place of an answer; of several, the one beside most words of the question.

        A word weighs the more, the fewer paragraphs of the page have it.

        Args:
          answer: its text; case matters only where that helps.
          question: the question.
        """
        places = list(self._places(answer, 0, len(self._text)))
        if not places:
            return None
        best = 0
        if len(places) > 1:
            weights = {word: self._weight(word) for word in words.words(question.lower())}
            scores = [sum(weights[word] for word in weights.keys() & self._words_beside(*place))
                      for place in places]
            best = scores.index(max(scores))
        number, span = places[best]
        return Place(self._top[number][0], span, len(places))

    def _weight(self, word: str) -> float:
        having = sum(word in self._words_of(number) for number in range(len(self._top)))
        return math.log((1 + len(self._top)) / (1 + having))

    def _words_beside(self, number: int, span: Span) -> Set[str]:
        """The words before and behind a place in its top-level candidate."""
        first, last = self._chars(number)
        start = self._starts[bisect_left(self._tokens, span.start_token)]
        end = self._ends[bisect_left(self._tokens, span.end_token - 1)]
        beside = self._text[max(first, start - _BESIDE):min(last, end + _BESIDE)]
        return set(words.words(beside.lower()))

    def find_in(self, context: str, answer: str, start_char: int) -> Optional[Place]:
        """The place of an answer in the paragraph of the page that a context is.

        Args:
          context: the text of the paragraph, white space aside, or nearly that.
          answer: the answer's text.
          start_char: its first character in the context.
        """
        context, before = " ".join(context.split()), " ".join(context[:start_char].split())
        answer = " ".join(answer.split())
        if not answer:
            return None
        at = self._text.find(context)
        if at >= 0:
            # The blank before the answer, if there is one, is not in `before`.
            at = self._text.find(answer, at + len(before), at + len(before) + 1 + len(answer))
            place = self._place(at, at + len(answer)) if at >= 0 else None
        else:
            region = self._likest(context)
            nth = sum(1 for _ in _occurrences(before + " " + answer, answer, 0, len(before)))
            places = list(self._places(answer, *region)) if region else []
            place = places[nth] if nth < len(places) else None
        return place and Place(self._top[place[0]][0], place[1], 1)

    def _likest(self, context: str) -> Optional[Tuple[int, int]]:
        """The characters of the paragraph that is nearly a context."""
        wanted = collections.Counter(words.words(context.lower()))
        likeness = [self._likeness(wanted, number) for number in range(len(self._top))]
        best = max(likeness, default=0.0)
        return self._chars(likeness.index(best)) if best >= _LEAST_LIKENESS else None

    def _chars(self, number: int) -> Tuple[int, int]:
        """The characters of a top-level candidate."""
        _, start, end = self._top[number]
        first, last = bisect_left(self._tokens, start), bisect_left(self._tokens, end) - 1
        return self._starts[first], self._ends[last]

    def _likeness(self, wanted: "collections.Counter[str]", number: int) -> float:
        found = self._words_of(number)
        total = sum(wanted.values()) + sum(found.values())
        return 2 * sum((wanted & found).values()) / total if total else 0.0

    def _words_of(self, number: int) -> "collections.Counter[str]":
        if number not in self._words:
            start, end = self._chars(number)
            self._words[number] = collections.Counter(words.words(self._text[start:end].lower()))
        return self._words[number]

    def _places(self, answer: str, start: int, end: int) -> Iterator[Tuple[int, Span]]:
        """Yields (number of the top-level candidate, span) of an answer in a part of the text."""
        answer = " ".join(answer.split())
        found = False
        if not answer:
            return
        for text, wanted in ((self._text, answer), (self._text.lower(), answer.lower())):
            if found or len(text) != len(self._text):  # a letter that is two in small
                return
            for at in _occurrences(text, wanted, start, end):
                place = self._place(at, at + len(wanted))
                if place is not None:
                    found = True
                    yield place

    def _place(self, start: int, end: int) -> Optional[Tuple[int, Span]]:
        first = bisect_right(self._starts, start) - 1
        last = bisect_left(self._ends, end)
        number = bisect_right(self._top_starts, self._tokens[first]) - 1
        if number < 0 or self._tokens[last] >= self._top[number][2]:
            return None  # in a heading, or in two paragraphs
        return number, Span(self._tokens[first], self._tokens[last] + 1)


def _occurrences(text: str, wanted: str, start: int, end: int) -> Iterator[int]:
    """Yields the places of a text in another between two of its characters, no part of a word."""
    num_places = 0
    at = text.find(wanted, start, end)
    while at >= 0 and num_places < _MOST_PLACES:
        after = at + len(wanted)
        # Beside letters and digits at its ends there are none.
        begins = at == 0 or not (text[at - 1] + wanted[0]).isalnum()
        if begins and (after == len(text) or not (wanted[-1] + text[after]).isalnum()):
            num_places += 1
            yield at
        at = text.find(wanted, at + 1, end)
