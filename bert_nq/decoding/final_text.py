"""A predicted span of wordpieces as it is written in the text: the projection of run_squad.

Wordpieces have lost case, accents and blanks, and a word of the text, such as "Mozart's", may be
cut within. The projection looks for the pieces in the words they come from, both without blanks.
Where the two differ in more than blanks and case, all the words are taken. Pieces of SentencePiece
know their characters, so that nothing has to be looked for.
"""
from typing import List, Optional, Sequence

from bert_nq.text.basic_words import basic_words


def text_of_pieces(pieces: Sequence[str]) -> str:
    """Wordpieces as text: "##" is glued to what is before it, "mo ##zart" is "mozart"."""
    return " ".join(" ".join(pieces).replace(" ##", "").replace("##", "").split())


def project(predicted: str, words: List[str], do_lower_case: bool) -> str:
    """The part of some words that a predicted text stands for.

    Args:
      predicted: see `text_of_pieces`.
      words: the text's words, cut at white space, that the pieces are of.
      do_lower_case: as the words were cut.

    Returns:
      `predicted` as the words have it; all words, with blanks between them, where it is not found.
    """
    text = " ".join(words)
    cut = " ".join(basic_words(text, do_lower_case))
    start = cut.find(predicted)
    if start < 0 or not predicted or len(cut) - cut.count(" ") != len(text) - text.count(" "):
        return text
    end = start + len(predicted)
    first = _place(words, start - cut.count(" ", 0, start))
    last = _place(words, end - 1 - cut.count(" ", 0, end - 1))
    return text if first is None or last is None else text[first:last + 1]


def between(words: List[str], start: int, end: int) -> str:
    """The part of some words from the character `start` of the first to `end` of the last one.

    All words where that is nothing: a piece may stand for the blank before a word alone.
    """
    text = " ".join(words)
    return text[start:len(text) - len(words[-1]) + end].strip() or text


def _place(words: List[str], number: int) -> Optional[int]:
    """The place, in words with blanks between them, of their character number `number`, from 0."""
    before = 0
    for word in words:
        if number < len(word):
            return before + number
        number -= len(word)
        before += len(word) + 1
    return None
