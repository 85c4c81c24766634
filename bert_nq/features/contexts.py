"""An example's candidates laid out as one text of words, with the answer marked in it.

The text is, for every candidate that is kept, two marker words and the candidate's own words:

    [ContextId=-1] [NoLongAnswer] [ContextId=0] [Paragraph=1] Tovin is a town ... [ContextId=3] ...

Words are split at white space, exactly as Google's bert_joint does, so that a token may be no word
(an empty one, or one of blanks) or several (one with U+202F in it). The words of the answer are
those that come from its tokens, and each word stands for the token that it comes from. The
reference counts tokens as words instead and drifts by one at each such token;
FeatureOptions.keep_drift has that as well (docs/parity.md).
"""
import itertools
import re
from typing import Collection, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.example import Annotation, AnswerType, Candidate, Example
from bert_nq.features.options import FeatureOptions

_TYPES = {"<Table>": "Table", "<P>": "Paragraph", "<Ul>": "List", "<Dl>": "List", "<Ol>": "List"}
# The other tags that candidates of NQ begin with.
_OTHERS = {"<Tr>", "<Li>", "<Dd>", "<Dt>"}
# U+202F, the narrow no-break space, separates words; other blanks of Unicode do not.
_WORD_BREAKS = ("\t", "\r", "\n", "\u202f")
_WORDS = re.compile("[^ %s]+" % "".join(_WORD_BREAKS)).findall
_NOT = bytes([1, 0]) + bytes(254)  # a table for bytes.translate


class Answer(NamedTuple):
    """The labelled span: words [first_word, last_word] of the contexts, both ends inclusive."""
    type: AnswerType
    first_word: int
    last_word: int


class Contexts(NamedTuple):
    """W words with an answer, for training, or a token map, for prediction; or with both."""
    words: List[str]
    # int64 [W] the document token of each word, -1 for a marker; None where it is not wanted
    token_map: Optional[np.ndarray]
    has_gold_candidate: bool  # whether the annotated candidate (or its absence) is in the text
    answer: Optional[Answer]  # None also where it cannot be found again among the words
    # The first tokens of the candidates in the text that are of no kind that NQ has.
    unknown_kinds: Sequence[str]


class _Page:
    """The words of a page: its tokens that are not tags, their blanks removed."""

    def __init__(self, example: Example):
        self._tokens = example.tokens
        self._is_word = bytes(example.is_html).translate(_NOT)  # a byte a token, 0 or 1

    def words(self, start_token: int, end_token: int) -> Tuple[List[str], str]:
        """The words among document tokens [start_token, end_token), and the text they make."""
        words = list(itertools.compress(self._tokens[start_token:end_token],
                                        self._is_word[start_token:end_token]))
        # Words hardly ever have blanks; looking for them in all words at once is fastest.
        if " " in "".join(words):
            words = [word.replace(" ", "") for word in words]
        return words, " ".join(words)

    def positions(self) -> np.ndarray:
        """int64: the numbers of the tokens that are no tags, in order."""
        return np.flatnonzero(np.frombuffer(self._is_word, np.uint8))

    def num_words(self) -> np.ndarray:
        """int64: how many words the text has of each of these tokens: 0 of an empty one."""
        return np.array([len(_WORDS(token.replace(" ", "")))
                         for token in itertools.compress(self._tokens, self._is_word)], np.int64)

    def offset(self, start_token: int, token: int) -> int:
        """Characters from the start of a text at `start_token` to the word at `token`.

        Each word counts with the blank behind it: of "Mount Tovin", Tovin is at 5 + 1 = 6.
        """
        words, text = self.words(start_token, token)
        return len(text) + 1 if words else 0


class _Gold(NamedTuple):
    """The annotation to learn from; `start`, `end` are characters of the candidate's text."""
    candidate_index: int  # -1: no long answer
    kind: AnswerType
    start: int
    end: int


_NO_GOLD = _Gold(-1, AnswerType.UNKNOWN, 0, 0)


def build_contexts(example: Example, options: FeatureOptions, with_answer: bool,
                   with_tokens: bool = False,
                   chosen: Optional[Collection[int]] = None) -> Contexts:
    """Lays out the candidates of an example.

    Args:
      example: any example.
      options: decide which candidates are taken.
      with_answer: whether to find the answer, for training, or else the tokens of the words.
      with_tokens: whether to find these tokens even so.
      chosen: the indexes of the candidates that are laid out, of those that would be; None: all.
        Their markers are the same as with all, and only they count against `max_contexts`.

    Raises:
      BadExampleError: the short answer holds no words of its candidate.
    """
    page = _Page(example)
    annotation = choose_annotation(example.annotations)
    gold_index = annotation.candidate_index if annotation else -1
    gold = _gold(example, page, annotation) if with_answer else None
    texts = ["[ContextId=-1] [NoLongAnswer]"]
    words = texts[0].split(" ")
    length = len(texts[0]) + 1  # of the text so far, with the blank behind it
    gold_offset = length if gold_index == -1 else None
    kept = []
    for index, heading, candidate_words, text in _kept_candidates(example, page, options, chosen):
        texts += (heading, text)
        words += heading.split(" ")
        words += candidate_words
        length += len(heading) + 1
        if index == gold_index:
            gold_offset = length
        length += len(text) + 1
        kept.append(example.candidates[index])

    raw_text = " ".join(texts)
    text = _unbroken(raw_text)
    # Nearly always the words are those of the text: there is no break in one and none is empty.
    each_token_is_a_word = text == raw_text and "  " not in text and not text.endswith(" ")
    if not each_token_is_a_word:
        words = _split(text)
    first_tokens = [example.tokens[candidate.start_token] for candidate in kept]
    unknown = [token for token in first_tokens if token not in _TYPES and token not in _OTHERS]
    token_map = None
    if with_tokens or not with_answer:
        token_map = _token_map(page, kept, each_token_is_a_word or options.keep_drift, len(words))
    contexts = Contexts(words, token_map, gold_offset is not None, None, unknown)
    if not with_answer:
        return contexts
    if gold_offset is not None and not options.keep_drift:
        return contexts._replace(answer=_answer(gold, gold_offset, text))
    if gold_offset is None and not options.keep_unreachable_answers:
        gold = _NO_GOLD
    return contexts._replace(answer=_answer_of_reference(gold, gold_offset or 0, raw_text, text,
                                                         words))


def _token_map(page: _Page, kept: List[Candidate], each_token_is_a_word: bool,
               num_words: int) -> np.ndarray:
    """int64 [num_words]: the document token of each word of the kept candidates.

    Args:
      page: the page.
      kept: the candidates.
      each_token_is_a_word: whether that is so, or taken to be so as the reference does it.
      num_words: those of the markers included.
    """
    markers = np.full([2], -1)
    positions = page.positions()
    num_words_of = None if each_token_is_a_word else page.num_words()
    parts = [markers]
    for start, end in np.searchsorted(positions, [c[:2] for c in kept]).tolist():
        tokens = positions[start:end]
        if num_words_of is not None:
            tokens = np.repeat(tokens, num_words_of[start:end])
        parts += (markers, tokens)
    # The reference may have words left over, which then stand for no token, or tokens.
    parts.append(np.full([max(num_words - sum(map(len, parts)), 0)], -1))
    return np.concatenate(parts)[:num_words]


def _kept_candidates(example: Example, page: _Page, options: FeatureOptions,
                     chosen: Optional[Collection[int]] = None):
    """Yields (index, heading of two markers, words, text) of the candidates that are kept."""
    counts: Dict[str, int] = {}
    kept = 1  # the "no long answer" entry
    for index, (start, end, top_level) in enumerate(example.candidates):
        if kept >= options.max_contexts and kept > 1:
            return
        if options.skip_nested_contexts and not top_level:
            continue
        words, text = page.words(start, end)
        if not text or text.isspace():
            continue
        kind = _TYPES.get(example.tokens[start], "Other")
        counts[kind] = min(counts.get(kind, 0) + 1, options.max_position)
        if chosen is not None and index not in chosen:
            continue
        kept += 1
        yield index, "[ContextId=%d] [%s=%d]" % (index, kind, counts[kind]), words, text


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
    _, text = page.words(candidate.start_token, candidate.end_token)
    if not annotation.short_answers:
        kind = {"YES": AnswerType.YES, "NO": AnswerType.NO}.get(annotation.yes_no_answer,
                                                                AnswerType.LONG)
        return _Gold(annotation.candidate_index, kind, 0, len(text))
    # Several short answers are covered by one span. The reference takes it from the first to the
    # last of the list, which is the same where they are in the order of the page, as NQ's are.
    start_token = min(s.start_token for s in annotation.short_answers)
    end_token = max(s.end_token for s in annotation.short_answers)
    start = page.offset(candidate.start_token, start_token)
    end = page.offset(candidate.start_token, end_token) - 1
    answer = page.words(start_token, end_token)[1]
    if text[start:end] != answer or not _unbroken(answer).strip(" "):
        raise BadExampleError("%s: the short answer, tokens [%d, %d), holds no words of its "
                              "candidate" % (example.source, start_token, end_token))
    return _Gold(annotation.candidate_index, AnswerType.SHORT, start, end)


def _answer(gold: _Gold, offset: int, text: str) -> Answer:
    """The words of the gold span, whose candidate's words begin at `offset` of the text."""
    if gold.candidate_index == -1:
        return Answer(AnswerType.UNKNOWN, 0, 0)
    return Answer(gold.kind, _num_words(text[:offset + gold.start]),
                  _num_words(text[:offset + gold.end]) - 1)


def _answer_of_reference(gold: _Gold, offset: int, raw_text: str, text: str,
                         words: List[str]) -> Optional[Answer]:
    """Places the gold span among the words as the reference does.

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


def _unbroken(text: str) -> str:
    """The text with blanks for all that breaks words."""
    for character in _WORD_BREAKS:
        text = text.replace(character, " ")
    return text


def _split(text: str) -> List[str]:
    """The words of a text whose only word break is the blank."""
    words = text.split(" ")
    return [w for w in words if w] if "" in words else words


def _num_words(text: str) -> int:
    """The words of a text that begins with one, whose only word break is the blank."""
    if "  " in text:
        return len(_split(text))
    return text.count(" ") + (not text.endswith(" "))


def _word_at(text: str, offset: int) -> int:
    """The word that covers the character at `offset`, or the last one before it."""
    head = text[:offset + 1] if offset != -1 else text
    if "  " in head or head[:1] in ("", " "):
        return len(_split(head)) - 1
    # Of "a b c" it is word 2, behind two blanks; of "a b " word 1, before the last of them.
    return head.count(" ") - head.endswith(" ")
