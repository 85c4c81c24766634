"""Parts of speech by NLTK's tagger, where its data is installed."""
from typing import Callable, List, Optional, Sequence

from bert_nq.base.errors import UserError

# How parts of speech are found: by the tagger if its data is installed, else as WordNet's senses
# are counted; always so; by the tagger, which must be there.
POS = ("auto", "wordnet", "tagger")

# What NLTK's tagger is kept in: JSON from 3.8.2 on, a pickle before.
_DATA = ("averaged_perceptron_tagger_eng", "averaged_perceptron_tagger")

_ENDS = frozenset(".!?")
# Of a sentence that does not end, such as a list in a table's cell, this much on each side.
_MOST_WORDS = 60

Tagger = Callable[[Sequence[str]], List[str]]


def wants_tagger(pos: str) -> bool:
    """Whether parts of speech are to be found by the tagger; fast enough to ask before any work.

    Args:
      pos: one of `POS`.

    Raises:
      UserError: the tagger is wanted and not installed; the message says how to get it.
    """
    if pos == "wordnet":
        return False
    name = _data_name()
    import nltk.data
    try:
        nltk.data.find("taggers/%s/" % name)  # In a zip file of this name as well.
    except LookupError:
        if pos != "tagger":
            return False
        raise UserError("NLTK's tagger is not installed: run 'python -m nltk.downloader %s', or "
                        "have parts of speech chosen by WordNet's counts (--pos=wordnet)"
                        % name) from None
    return True


def open_tagger(pos: str) -> Optional[Tagger]:
    """The tagger for this process, None if `wants_tagger` says that there is none.

    Raises:
      UserError: the tagger is wanted and not installed, or its data cannot be read.
    """
    if not wants_tagger(pos):
        return None
    from nltk.tag.perceptron import PerceptronTagger
    try:
        return tagger_of(PerceptronTagger())
    except (LookupError, OSError, ValueError) as e:
        reason = str(e).strip().splitlines()
        raise UserError("cannot read NLTK's tagger (%s): run 'python -m nltk.downloader %s' anew"
                        % (reason[0] if reason else type(e).__name__, _data_name())) from e


def tagger_of(perceptron) -> Tagger:
    """A function from words to tags, of one of NLTK's PerceptronTaggers."""
    def tags(words: Sequence[str]) -> List[str]:
        # NLTK looks at first letters, and an empty token has none.
        return [tag for _, tag in perceptron.tag([word or "-" for word in words])]
    return tags


def _data_name() -> str:
    from nltk.tag.perceptron import PerceptronTagger
    return _DATA[0] if hasattr(PerceptronTagger, "load_from_json") else _DATA[1]


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
