"""The characters of a word that each of its wordpieces stands for."""
import itertools
from typing import List, Sequence, Tuple

from bert_nq.text.basic_words import basic_words
from bert_nq.text.vocabulary import UNK


def piece_offsets(word: str, pieces: Sequence[str], do_lower_case: bool) -> List[Tuple[int, int]]:
    """The characters [start, end) of each wordpiece of a word.

    Cleaning a text drops, decomposes and splits characters, so pieces are laid beside the cleaned
    form of the word, character by character. Of "Bücher," as "bucher ##, ," these are "Bücher" and
    ",". A piece that stands for no character of the word, or [UNK], which stands for a whole
    basic word, is laid as far as its basic word goes.

    Args:
      word: without blanks at its ends.
      pieces: what WordPieceTokenizer.tokenize_word makes of it.
      do_lower_case: as it was cut.
    """
    if word.isascii() and UNK not in pieces:
        ends = list(itertools.accumulate(len(_text(piece)) for piece in pieces))
        if ends and ends[-1] == len(word):  # Nothing was dropped: character by character.
            return list(zip([0] + ends, ends))
    cleaned, origins = _cleaned(word, do_lower_case)
    ends_of_words = _ends(cleaned)
    offsets, place = [], 0
    for piece in pieces:
        while place < len(cleaned) and cleaned[place] == " ":
            place += 1
        text = _text(piece)
        if cleaned.startswith(text, place):
            end = place + len(text)
        else:
            end = next((e for e in ends_of_words if e > place), len(cleaned))
        covered = origins[place:end]
        if covered:
            offsets.append((covered[0], covered[-1] + 1))
        else:
            offsets.append((len(word), len(word)))
        place = end
    return offsets


def _text(piece: str) -> str:
    return piece[2:] if piece.startswith("##") and len(piece) > 2 else piece


def _cleaned(word: str, do_lower_case: bool) -> Tuple[str, List[int]]:
    """The basic words of a word, with blanks between them, and the character that each of their
    characters comes from."""
    text = " ".join(basic_words(word, do_lower_case))
    origins: List[int] = []
    place = 0
    for number, char in enumerate(word):
        # A character by itself; what lower-casing makes of it may depend on its neighbours (a
        # final sigma), but not how many characters these are.
        for _ in "".join(basic_words(char, do_lower_case)):
            while place < len(text) and text[place] == " ":
                origins.append(number)
                place += 1
            if place < len(text):
                origins.append(number)
                place += 1
    origins += [len(word) - 1] * (len(text) - len(origins))
    return text, origins


def _ends(cleaned: str) -> List[int]:
    return [i for i, char in enumerate(cleaned) if char == " "] + [len(cleaned)]
