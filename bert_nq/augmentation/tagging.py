"""Parts of speech by NLTK's tagger, if its data is installed."""
from typing import Callable, List, Optional, Sequence

from bert_nq.base.errors import UserError

# How parts of speech are found. "wordnet": by the counts of WordNet's senses. "tagger": by NLTK's
# tagger, which must be installed. "auto": by the tagger if it is installed, else as "wordnet".
POS = ("auto", "wordnet", "tagger")

# Names of the tagger's data: as JSON, from NLTK 3.8.2 on; as a pickle, before.
_DATA = ("averaged_perceptron_tagger_eng", "averaged_perceptron_tagger")

_ENDS = frozenset(".!?")
# The most words on each side of a word that are tagged with it, since some sentences do not end,
# such as a list in a table's cell.
_MOST_WORDS = 60

Tagger = Callable[[Sequence[str]], List[str]]


def wants_tagger(pos: str) -> bool:
    """Whether parts of speech come from the tagger; fast enough to check before any work.

    Args:
      pos: one of `POS`.

    Raises:
      UserError: the tagger is required and not installed; the message says how to get it.
    """
    if pos == "wordnet":
        return False
    name = _data_name()
    import nltk.data
    try:
        nltk.data.find("taggers/%s/" % name)  # Finds it in a zip file of this name as well.
    except LookupError:
        if pos != "tagger":
            return False
        raise UserError("NLTK's tagger is not installed: run 'python -m nltk.downloader %s', or "
                        "have parts of speech chosen by WordNet's counts (--pos=wordnet)"
                        % name) from None
    return True


def open_tagger(pos: str) -> Optional[Tagger]:
    """Opens the tagger for this process; None if `wants_tagger` is false.

    Raises:
      UserError: the tagger is required and not installed, or its data cannot be read.
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
    """Makes a function from words to tags out of one of NLTK's PerceptronTaggers."""
    def tags(words: Sequence[str]) -> List[str]:
        # NLTK looks at the first letter of a word, which an empty token lacks.
        return [tag for _, tag in perceptron.tag([word or "-" for word in words])]
    return tags


def _data_name() -> str:
    from nltk.tag.perceptron import PerceptronTagger
    return _DATA[0] if hasattr(PerceptronTagger, "load_from_json") else _DATA[1]


class Sentences:
    """The sentences of a page, tagged when a tag in them is first needed."""

    def __init__(self, tokens: Sequence[str], is_html: Sequence[bool], tagger: Tagger):
        """
        Args:
          tokens: the tokens of the page.
          is_html: whether each token is an HTML tag, which ends a sentence.
          tagger: function from the words of a sentence to their Penn Treebank tags.
        """
        self._tokens, self._is_html, self._tagger = tokens, is_html, tagger
        self._tags = {}

    def tag(self, i: int) -> str:
        """The part-of-speech tag of token i, a word."""
        if i not in self._tags:
            start, end = self._sentence_around(i)
            tags = self._tagger(self._tokens[start:end])
            self._tags.update(zip(range(start, end), tags))
        return self._tags[i]

    def _sentence_around(self, i: int):
        """The sentence of token i as (start_token, end_token), up to _MOST_WORDS on each side."""
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
