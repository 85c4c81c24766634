"""The answer of a question among the words and the wordpieces of its context.

The rules are those of Google's run_squad, so that records are equal to its own.
"""
import bisect
from typing import List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.squad.example import Answer, Example


class Found(NamedTuple):
    """The words of an answer, and how they were found."""
    words: Optional[Tuple[int, int]]  # first and last word, inclusive; None: not found
    is_off: bool  # whether the text at the answer's offset is another
    is_fixed: bool  # whether it was found by its text instead


def labelled_answer(example: Example, version_2_with_negative: bool) -> Optional[Answer]:
    """The answer that training learns, the first; None where the question has none.

    Raises:
      BadExampleError: the question has no answer and should have, or does not say whether it has.
    """
    if version_2_with_negative:
        if example.is_impossible is None:
            raise BadExampleError(
                "%s: is_impossible is missing, as in SQuAD 1.1: leave out "
                "--version_2_with_negative" % example.place())
        if example.is_impossible:
            return None
    elif example.is_impossible:
        raise BadExampleError("%s: the question has no answer, as in SQuAD 2.0: give "
                              "--version_2_with_negative" % example.place())
    if not example.answers:
        raise BadExampleError("%s: there is no answer to learn from%s" % (
            example.place(), " and is_impossible is false" if version_2_with_negative else ""))
    if not example.answers[0].text.strip():
        raise BadExampleError("%s: the answer is empty" % example.place())
    return example.answers[0]


def find(example: Example, answer: Answer, words: Sequence[str], starts: Sequence[int],
         fix_offsets: bool) -> Found:
    """Finds the words of an answer.

    Args:
      example: the question.
      answer: of it.
      words: of its context.
      starts: the first character of each word.
      fix_offsets: look for the text of an answer that is not at its offset. Where it occurs once,
        that is the answer.

    Raises:
      BadExampleError: the offset is outside the context, and nothing else is looked at.
    """
    text, start = answer
    context = example.context
    if start >= 0 and context.startswith(text, start):
        return Found(_words_of(text, start, words, starts), False, False)
    if fix_offsets:
        place = context.find(text)
        if place >= 0 and context.find(text, place + 1) < 0:
            return Found(_words_of(text, place, words, starts), True, True)
    if start >= 0 and start + len(text) <= len(context):
        # A few characters off, the answer may still be in the words there.
        return Found(_words_of(text, start, words, starts), True, False)
    if not fix_offsets:
        raise BadExampleError(
            "%s: the answer %s (--fix_offsets looks for its text)" % (
                example.place(), "has no offset" if start == -1 else
                "is characters [%d, %d), the context has %d" % (start, start + len(text),
                                                                len(context))))
    return Found(None, True, False)


def _words_of(text: str, start_char: int, words: Sequence[str], starts: Sequence[int]
              ) -> Optional[Tuple[int, int]]:
    """The words at an offset; None where the text is not in them.

    A blank belongs to the word before it, and one before the first word to the last. As in
    run_squad, the text is looked for after any blank of Unicode in it has become a plain one:
    answers with other blanks are not found.
    """
    first = bisect.bisect_right(starts, start_char) - 1
    last = bisect.bisect_right(starts, start_char + len(text) - 1) - 1
    if " ".join(text.split()) not in " ".join(words[first:last + 1]):
        return None
    return first % len(words), last


def narrowed(pieces: List[int], answer_pieces: List[int]) -> Tuple[int, int]:
    """(start, length) of the first of the pieces that are those of the answer; else of all.

    The answer 1895 is in the word (1895-1943), whose pieces are ( 1895 - 1943 ).

    Args:
      pieces: of the answer's words.
      answer_pieces: of the answer's text by itself.
    """
    length = len(answer_pieces)
    if length:
        for start in range(len(pieces) - length + 1):
            if pieces[start:start + length] == answer_pieces:
                return start, length
    return 0, len(pieces)


def narrowed_by_characters(words: Sequence[str], offsets: Sequence[Sequence[Tuple[int, int]]],
                           answer: str) -> Tuple[int, int]:
    """(start, length) of the pieces that stand for a character of the answer; else of all.

    Args:
      words: the answer's.
      offsets: the characters [start, end) of each word that each of its pieces stands for.
      answer: its text; of several places in these words, the first is taken.
    """
    wanted = " ".join(answer.split())
    place = " ".join(words).find(wanted)
    end = place + len(wanted)
    before, inside, number = 0, [], 0
    for word, pieces in zip(words, offsets):
        for first, last in pieces:
            if place < before + last and before + first < end and first < last:
                inside.append(number)
            number += 1
        before += len(word) + 1
    if place < 0 or not inside:
        return 0, number
    return inside[0], inside[-1] - inside[0] + 1
