"""The interface of augmentations, which decide what to change on a page but change nothing.

    Example, Draws ──(an Augmentation)──► WordEdits or BlockEdits ──(rewriting)──► Example, record

`rewriting` alone changes pages, with their offsets and HTML. Each augmentation is a file of its own
that deals only with words and random numbers.
"""
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from bert_nq.base import randomness
from bert_nq.datasets.nq.example import Example, Span

# Keeps these draws independent of all others with the same seed and example.
_DRAW_AUGMENTATION = 4


class WordEdits(NamedTuple):
    """Replacements and deletions of single words; no word is added.

    Tags are never edited, and the first and last token of a candidate are never deleted.
    """
    words: Dict[int, Optional[str]]  # document token → its new text without blanks; None deletes it
    question: Optional[str] = None  # the new question; None keeps the old one


class Paragraph(NamedTuple):
    """A paragraph to insert; its first and last tokens are tags such as <P> and </P>."""
    tokens: Tuple[str, ...]
    is_html: Tuple[bool, ...]


class BlockEdits(NamedTuple):
    """Parts of a page to move, and paragraphs to insert.

    `places` are top-level candidates in the order of the page, `blocks` the same ones in another
    order: the text at blocks[i] moves to places[i]. An inserted paragraph becomes a top-level
    candidate.
    """
    places: Sequence[Span] = ()
    blocks: Sequence[Span] = ()
    insertions: Sequence[Tuple[int, Paragraph]] = ()  # (token to insert before, what) in page order


Edits = Union[WordEdits, BlockEdits]


class Draws:
    """Random numbers for one copy of one page; they do not depend on earlier draws."""

    def __init__(self, seed: int, example_id: int, copy: int, part: int = 0):
        """
        Args:
          seed: the user's seed.
          example_id: the id of the page that is copied.
          copy: number of the copy, from 0.
          part: number of the augmentation, from 0, among those applied to the copy.
        """
        self._parts = (seed, _DRAW_AUGMENTATION, example_id, copy, part)

    def uniform(self, purpose: int, items) -> np.ndarray:
        """Draws a number in [0, 1) for each of N items.

        Args:
          purpose: an integer for what is decided; draws for different purposes are independent.
          items: integers that identify what is decided about, such as token numbers: an array [N],
            or one integer.

        Returns:
          float64 [N].
        """
        return randomness.uniform(*self._parts, purpose, np.asarray(items))


class Augmentation:
    """Base class of augmentations, which decide what to change on a page."""

    def edits(self, example: Example, draws: Draws) -> Optional[Edits]:
        """Returns the changes to make; None if there is nothing to change.

        Args:
          example: the page; it is not modified.
          draws: the only source of randomness, so that a copy is reproducible.
        """
        raise NotImplementedError


class WordChoice(NamedTuple):
    """The words of a page that may be changed."""
    tokens: np.ndarray  # int64, ascending: numbers of document tokens that are not tags
    question: bool  # whether the question's words may be changed too


WORDS = ("context", "answer", "both", "question", "all")


def tags_of(example: Example) -> np.ndarray:
    """Whether each of T tokens is a tag; bool [T], read-only."""
    # Converting the list to bytes first is three times as fast as np.array.
    return np.frombuffer(bytes(example.is_html), bool)


def choose_words(example: Example, words: str) -> WordChoice:
    """Chooses the words that one of `WORDS` stands for.

    "answer" is the text of the answers of all annotations: the short answers, or where an
    annotation has none (a yes, a no, only a long answer) the long answer. "context" is the rest of
    the page. "both" is the whole page, "question" the question, "all" the page and the question.
    """
    is_word = ~tags_of(example)
    if words in ("context", "answer"):
        is_answer = np.zeros([len(example.tokens)], bool)
        for start, end in answer_spans(example):
            is_answer[start:end] = True
        is_word &= is_answer if words == "answer" else ~is_answer
    elif words == "question":
        is_word[:] = False
    return WordChoice(np.flatnonzero(is_word), words in ("question", "all"))


def answer_spans(example: Example) -> List[Span]:
    """The token spans of all answers, as `choose_words` defines "answer"."""
    spans = []
    for annotation in example.annotations:
        if annotation.candidate_index >= 0:
            spans += annotation.short_answers or [
                Span(*example.candidates[annotation.candidate_index][:2])]
    return spans
