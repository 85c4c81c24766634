"""What an augmentation is: it says which words or parts of a page to change, and changes nothing.

    Example, Draws ──(an Augmentation)──► WordEdits or BlockEdits ──(rewriting)──► Example, record

How a page is changed, its offsets and its HTML with it, is known in one place, `rewriting`; an
augmentation is a file of its own that knows of words and chance alone.
"""
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from bert_nq.base import randomness
from bert_nq.datasets.nq.example import Example, Span

# Tells the draws made here from all others that are made with the same seed and example.
_DRAW_AUGMENTATION = 4


class WordEdits(NamedTuple):
    """Words to put in place of others, each at its own place: no word is added.

    Tags are never edited, and the first and last token of a candidate are never deleted.
    """
    words: Dict[int, Optional[str]]  # document token → its new text without blanks; None deletes it
    question: Optional[str] = None  # the new question; None keeps it


class Paragraph(NamedTuple):
    """A paragraph that is put in: its tokens, the first and last of them tags such as <P>, </P>."""
    tokens: Tuple[str, ...]
    is_html: Tuple[bool, ...]


class BlockEdits(NamedTuple):
    """Parts of a page to put in other places, and paragraphs to put in between.

    The places are top-level candidates in the order of the page, and `blocks` are the same ones in
    another order: places[i] will hold what stands at blocks[i]. An inserted paragraph becomes a
    top-level candidate.
    """
    places: Sequence[Span] = ()
    blocks: Sequence[Span] = ()
    insertions: Sequence[Tuple[int, Paragraph]] = ()  # before this token, in the order of the page


Edits = Union[WordEdits, BlockEdits]


class Draws:
    """Random numbers of one copy of one page: the same for it whatever was drawn before."""

    def __init__(self, seed: int, example_id: int, copy: int, part: int = 0):
        """
        Args:
          seed: the user's.
          example_id: of the page that is copied.
          copy: which copy of it, from 0.
          part: which of several augmentations that are made to it, from 0.
        """
        self._parts = (seed, _DRAW_AUGMENTATION, example_id, copy, part)

    def uniform(self, purpose: int, items) -> np.ndarray:
        """A number in [0, 1) for each of `items`.

        Args:
          purpose: what is decided; numbers for different purposes do not depend on each other.
          items: integers that tell things apart, such as token numbers: an array, or one of them.

        Returns:
          float64, one for each item.
        """
        return randomness.uniform(*self._parts, purpose, np.asarray(items))


class Augmentation:
    """Decides what to change on a page."""

    def edits(self, example: Example, draws: Draws) -> Optional[Edits]:
        """What to change; None where nothing can be.

        Args:
          example: the page; it is not changed.
          draws: the only source of chance, so that the same copy is always the same.
        """
        raise NotImplementedError


class WordChoice(NamedTuple):
    """Which words of a page may be changed."""
    tokens: np.ndarray  # int64, ascending: document tokens that are no tags
    question: bool  # whether the question's words may be


WORDS = ("context", "answer", "both", "question", "all")


def tags_of(example: Example) -> np.ndarray:
    """Whether each of T tokens is a tag; bool [T]."""
    # A list of bools becomes bytes three times as fast as an array.
    return np.frombuffer(bytes(example.is_html), bool)


def choose_words(example: Example, words: str) -> WordChoice:
    """The words that one of `WORDS` stands for.

    "answer" is the text of the answers of all annotations: their short answers, and where an
    annotation has none (a yes, a no, a long answer alone) its long answer. "context" is the rest of
    the page. "both" is the page, "all" the page and the question.
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
    """The tokens of all answers; see `choose_words`."""
    spans = []
    for annotation in example.annotations:
        if annotation.candidate_index >= 0:
            spans += annotation.short_answers or [
                Span(*example.candidates[annotation.candidate_index][:2])]
    return spans
