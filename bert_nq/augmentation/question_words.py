"""Shortened questions, without the words that a person in a hurry would leave out.

    who is the mayor of tovin                   the mayor of tovin, mayor of tovin
    when did tovin become a town                tovin become a town
    what is the name of the river in tovin      the name of the river in tovin, river in tovin, ...
    how many people live in tovin               people live in tovin
    where is tovin located on a map             tovin located on a map, tovin located, ...
"""
import re
from typing import List, Optional

from bert_nq.augmentation.augmentation import Augmentation, Draws, WordEdits
from bert_nq.datasets.nq.example import Example

_CHOICE = 0  # the purpose of the draw
_MIN_WORDS = 2

# An auxiliary verb is dropped with its question word: left alone, as in "did tovin become a town",
# it would make a yes-no question.
_VERB = ("is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|"
         "must")
_QUESTION_WORDS = re.compile(
    r"(?:(?:in|on|at|of|to|from|for|by|with|during|under) +)?"
    r"(?:(?:who|what|when|where|how)(?:'s|\u2019s)"
    r"|(?:who|whom|whose|what|which|when|where|why|how)"
    r"(?:(?<=how) +(?:many|much|long|old|far|often))?(?: +(?:%s))?) +" % _VERB, re.IGNORECASE)
# Phrases after the question words that may be dropped too, one after the other.
_ARTICLE = re.compile(r"(?:the|an?) +", re.IGNORECASE)
_NAME_OF = re.compile(r"(?:the +)?names? +of +", re.IGNORECASE)
_FILLERS = re.compile(r" +(?:please|right now|on (?:a|the) map)(?= *\??$)", re.IGNORECASE)


class QuestionWords(Augmentation):
    """Drops the question words at the beginning, a filler at the end, or both."""

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """Chooses one of the `shorter_questions`, equally likely; the page does not change."""
        questions = shorter_questions(example.question)
        if not questions:
            return None
        choice = int(draws.uniform(_CHOICE, 0)[0] * len(questions))
        return WordEdits({}, questions[choice])


def shorter_questions(question: str) -> List[str]:
    """The shorter forms of a question with at least two words, in a fixed order."""
    begins = [0] + _beginnings(question)
    filler = _FILLERS.search(question)
    shorter = []
    for begin in begins:
        shorter.append(question[begin:])
        if filler and filler.start() >= begin:
            shorter.append(question[begin:filler.start()] + question[filler.end():])
    return [text for text in shorter[1:] if len(text.split()) >= _MIN_WORDS]


def _beginnings(question: str) -> List[int]:
    """The character offsets at which a question may begin without its question words."""
    match = _QUESTION_WORDS.match(question)
    begins = []
    while match:
        begins.append(match.end())
        match = _NAME_OF.match(question, begins[-1]) or _ARTICLE.match(question, begins[-1])
    return begins
