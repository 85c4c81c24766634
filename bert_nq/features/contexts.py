"""An example's candidates laid out as one text of words, with the answer marked in it.

The text is, for every candidate that is kept, two marker words and the candidate's own words:

    [ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] Tovin is a town ... [ContextId=3] ...

Offsets are counted in characters of that text, words by white space, exactly as Google's bert_joint
does; where that makes words and document tokens drift apart (odd blanks inside a token) the drift
is kept, since records must be equal to the reference's (docs/parity.md).
"""
import bisect
import enum
from typing import Dict, List, NamedTuple, Optional, Tuple

from bert_nq.errors import BadExampleError
from bert_nq.features.options import FeatureOptions
from bert_nq.nq.example import Annotation, Example

_TYPES = {"<Table>": "Table", "<P>": "Paragraph", "<Ul>": "List", "<Dl>": "List", "<Ol>": "List"}
# U+202F, the narrow no-break space, separates words; other blanks of Unicode do not.
_WORD_BREAKS = ("\t", "\r", "\n", "\u202f")


class AnswerType(enum.IntEnum):
    """The classes of the answer-type head, numbered as in the reference."""
    UNKNOWN = 0
    YES = 1
    NO = 2
    SHORT = 3
    LONG = 4


class Answer(NamedTuple):
    """The labelled span: words [first_word, last_word] of the contexts, both ends inclusive."""
    type: AnswerType
    first_word: int
    last_word: int


class Contexts(NamedTuple):
    """W words and, for each, the document token it stands for, or -1 for a marker."""
    words: List[str]
    token_map: List[int]  # at least as long as words
    has_gold_candidate: bool  # whether the annotated candidate (or its absence) is in the text
    answer: Optional[Answer]  # None where the answer cannot be found again among the words


class _Page:
    """The words of a page: its tokens that are not tags, their blanks removed."""

    def __init__(self, example: Example):
        self.positions = [i for i, html in enumerate(example.is_html) if not html]
        self.texts = [example.tokens[i].replace(" ", "") for i in self.positions]

    def range(self, start_token: int, end_token: int) -> Tuple[int, int]:
        """Which of `texts` lie in document tokens [start_token, end_token)."""
        return (bisect.bisect_left(self.positions, start_token),
                bisect.bisect_left(self.positions, end_token))

    def text(self, start_token: int, end_token: int) -> str:
        start, end = self.range(start_token, end_token)
        return " ".join(self.texts[start:end])

    def offset(self, start_token: int, token: int) -> int:
        """Characters from the start of a text at `start_token` to the word at `token`.

        Each word counts with the blank behind it: of "Mount Tovin", Tovin is at 5 + 1 = 6.
        """
        start, end = self.range(start_token, token)
        return sum(map(len, self.texts[start:end])) + max(end - start, 0)


class _Gold(NamedTuple):
    """The annotation to learn from; `start`, `end` are characters of the candidate's text."""
    candidate_index: int  # -1: no long answer
    kind: AnswerType
    start: int
    end: int


_NO_GOLD = _Gold(-1, AnswerType.UNKNOWN, 0, 0)


def build_contexts(example: Example, options: FeatureOptions, with_answer: bool) -> Contexts:
    """Lays out the candidates of an example.

    Args:
      example: any example.
      options: which candidates to take.
      with_answer: whether to find the answer, as training needs.

    Raises:
      BadExampleError: the short answer holds no words of its candidate.
    """
    page = _Page(example)
    annotation = choose_annotation(example.annotations)
    gold_index = annotation.candidate_index if annotation else -1
    gold = _gold(example, page, annotation) if with_answer else None
    pieces = ["[ContextId=-1] [NoLongAnswer]"]
    token_map = [-1, -1]
    length = len(pieces[0]) + 1  # of the text so far, with the blank behind it
    gold_offset = length if gold_index == -1 else None
    for index, marker, start, end in _kept_candidates(example, page, options):
        heading = "[ContextId=%d] %s" % (index, marker)
        text = " ".join(page.texts[start:end])
        pieces += (heading, text)
        token_map += (-1, -1)
        token_map += page.positions[start:end]
        length += len(heading) + 1
        if index == gold_index:
            gold_offset = length
        length += len(text) + 1

    raw_text = text = " ".join(pieces)
    for character in _WORD_BREAKS:
        text = text.replace(character, " ")
    words = _split(text)
    token_map += [-1] * (len(words) - len(token_map))
    answer = None
    if gold:
        if gold_offset is None and not options.keep_unreachable_answers:
            gold = _NO_GOLD
        answer = _answer(gold, gold_offset or 0, raw_text, text, words)
    return Contexts(words, token_map, gold_offset is not None, answer)


def _kept_candidates(example: Example, page: _Page, options: FeatureOptions):
    """Yields (index, "[Type=n]", start, end in page.texts) of the candidates that are kept."""
    counts: Dict[str, int] = {}
    kept = 1  # the "no long answer" entry
    for index, candidate in enumerate(example.candidates):
        if kept >= options.max_contexts and kept > 1:
            return
        if options.skip_nested_contexts and not candidate.top_level:
            continue
        start, end = page.range(candidate.start_token, candidate.end_token)
        if not any(map(str.strip, page.texts[start:end])):
            continue
        kind = _TYPES.get(example.tokens[candidate.start_token], "Other")
        counts[kind] = min(counts.get(kind, 0) + 1, options.max_position)
        kept += 1
        yield index, "[%s=%d]" % (kind, counts[kind]), start, end


def choose_annotation(annotations: List[Annotation]) -> Optional[Annotation]:
    """The annotation that labels a training example.

    Of those with a long answer, in the order of their candidates, the first with a short answer;
    else the first; else None.
    """
    positive = sorted((a for a in annotations if a.candidate_index >= 0),
                      key=lambda a: a.candidate_index)
    for a in positive:
        if a.short_answers:
            return a
    return positive[0] if positive else None


def _gold(example: Example, page: _Page, annotation: Optional[Annotation]) -> _Gold:
    if annotation is None:
        return _NO_GOLD
    candidate = example.candidates[annotation.candidate_index]
    text = page.text(candidate.start_token, candidate.end_token)
    if not annotation.short_answers:
        kind = {"YES": AnswerType.YES, "NO": AnswerType.NO}.get(annotation.yes_no_answer,
                                                                AnswerType.LONG)
        return _Gold(annotation.candidate_index, kind, 0, len(text))
    # Several short answers are covered by one span, from the first to the last of the list.
    first, last = annotation.short_answers[0], annotation.short_answers[-1]
    start = page.offset(candidate.start_token, first.start_token)
    end = page.offset(candidate.start_token, last.end_token) - 1
    if text[start:end] != page.text(first.start_token, last.end_token):
        raise BadExampleError("%s: the short answer, tokens [%d, %d), holds no words of its "
                              "candidate" % (example.source, first.start_token, last.end_token))
    return _Gold(annotation.candidate_index, AnswerType.SHORT, start, end)


def _answer(gold: _Gold, offset: int, raw_text: str, text: str,
            words: List[str]) -> Optional[Answer]:
    """Places the gold span among the words.

    Where the annotated candidate is not in the text, `offset` is 0 and the span falls on whatever
    stands there, as in the reference (see FeatureOptions.keep_unreachable_answers).
    """
    start, end = gold.start + offset, gold.end + offset
    kind = gold.kind
    if gold.candidate_index == -1 or start >= len(text) or end > len(text):
        kind, start, end = AnswerType.UNKNOWN, 0, 1
    answer_text = raw_text[start:end]
    first_word = _word_at(text, start)
    last_word = _word_at(text, start + len(answer_text) - 1)
    found = " ".join(words[first_word:last_word + 1])
    # The reference drops the page where a blank of Unicode stands inside the answer.
    if " ".join(answer_text.split()) not in found:
        return None
    return Answer(kind, first_word, last_word)


def _split(text: str) -> List[str]:
    """The words of a text whose only word break is the blank."""
    words = text.split(" ")
    return [w for w in words if w] if "" in words else words


def _word_at(text: str, offset: int) -> int:
    """The word that covers the character at `offset`, or the last one before it."""
    return len(_split(text[:offset + 1] if offset != -1 else text)) - 1
