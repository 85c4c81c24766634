"""Parts of speech by NLTK's tagger, where its data is installed."""
from typing import Callable, List, Sequence

_ENDS = frozenset(".!?")
# Of a sentence that does not end, such as a list in a table's cell, this much on each side.
_MOST_WORDS = 60

Tagger = Callable[[Sequence[str]], List[str]]


class Sentences:
    """The sentences of a page, tagged as they are asked for."""

    def __init__(self, tokens: Sequence[str], is_html: Sequence[bool], tagger: Tagger):
        """
        Args:
          tokens: of the page.
          is_html: whether each is a tag, which ends a sentence.
          tagger: from the words of a sentence to their Penn Treebank tags.
        """
        self._tokens, self._is_html, self._tagger = tokens, is_html, tagger
        self._tags = {}

    def tag(self, i: int) -> str:
        """The tag of token i, a word."""
        if i not in self._tags:
            start, end = self._around(i)
            tags = self._tagger(self._tokens[start:end])
            # Of a long sentence only the words whose surroundings were seen.
            self._tags.update(zip(range(start, end), tags))
        return self._tags[i]

    def _around(self, i: int):
        """Tokens [start, end) of the sentence with token i."""
        start = i
        while start > max(0, i - _MOST_WORDS) and not self._is_end(start - 1):
            start -= 1
        end = i
        limit = min(len(self._tokens), i + _MOST_WORDS)
        while end < limit and not self._is_end(end):
            end += 1
        if end < len(self._tokens) and not self._is_html[end]:
            end += 1  # The full stop.
        return start, max(end, i + 1)

    def _is_end(self, i: int) -> bool:
        return self._is_html[i] or self._tokens[i] in _ENDS
