"""Distractors: paragraphs of other pages, inserted between the candidates of a page."""
import bisect
import itertools
from typing import Iterable, List, NamedTuple, Optional, Set, Tuple

from bert_nq.augmentation.augmentation import Augmentation, BlockEdits, Draws, Paragraph
from bert_nq.augmentation.blocks import NUM_CANDIDATES_READ, is_paragraph, top_level_blocks
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Example, Span

# The purposes of the draws.
_PLACE, _ENTRY = range(2)
_TRIES = 8  # paragraphs drawn for each one to insert, since some do not fit
_PER_PAGE = 4  # the most paragraphs taken from one page, so that a pool covers many pages
_MIN_WORDS, _MAX_WORDS = 20, 200


class PoolEntry(NamedTuple):
    """A paragraph and the page that it comes from."""
    example_id: int
    title: str  # the page's, by `_title_of`
    text: str  # by `_plain_text`
    paragraph: Paragraph


class DistractorPool(NamedTuple):
    """Paragraphs to draw distractors from."""
    entries: List[PoolEntry]


def pool_of(examples: Iterable[Example], limit: int = 2000) -> DistractorPool:
    """Collects top-level paragraphs of 20 to 200 words.

    A page gives at most four, spread over the page. Paragraphs are left out if they hold words that
    could be taken for tags or markers, or words with blanks inside.

    Args:
      examples: pages; read only until the pool is full.
      limit: the most paragraphs of the pool.
    """
    entries = itertools.chain.from_iterable(map(_entries_of, examples))
    return DistractorPool(list(itertools.islice(entries, limit)))


class Distractors(Augmentation):
    """Inserts paragraphs of a pool before top-level candidates or after the last one."""

    def __init__(self, pool: DistractorPool, number: int = 1):
        """
        Args:
          pool: the paragraphs; see `pool_of`.
          number: how many paragraphs are inserted into a page.

        Raises:
          UserError: the pool is empty, or `number` is below 1.
        """
        if number < 1:
            raise UserError("the number of distractor paragraphs must be at least 1, it is %s"
                            % (number,))
        if not pool.entries:
            raise UserError("there are no distractor paragraphs: no page has a top-level paragraph "
                            "of %d to %d words" % (_MIN_WORDS, _MAX_WORDS))
        self._entries = pool.entries
        self._number = number

    def edits(self, example: Example, draws: Draws) -> Optional[BlockEdits]:
        """Chooses paragraphs and their places; None if no drawn paragraph fits.

        So that labels stay right, a paragraph does not fit if it comes from the page itself or from
        one with the same title, or if it contains a short answer of the page. Where too few of the
        drawn ones fit, fewer are inserted. They go after the last answer if that would otherwise be
        pushed beyond the candidates that windows are made of.
        """
        blocks = top_level_blocks(example)
        if not blocks:
            return None
        chosen = self._choose(example, draws)
        places = [block.start_token for block in blocks] + [blocks[-1].end_token]
        first = _last_answer(example, blocks) + 1
        if first + self._number > NUM_CANDIDATES_READ:
            places = places[first:] or places[-1:]
        numbers = draws.uniform(_PLACE, range(self._number))
        insertions = [(places[int(number * len(places))], paragraph)
                      for number, paragraph in zip(numbers, chosen)]
        insertions.sort(key=lambda insertion: insertion[0])
        return BlockEdits(insertions=insertions) if insertions else None

    def _choose(self, example: Example, draws: Draws) -> List[Paragraph]:
        title, answers = _title_of(example), _short_answers(example)
        numbers = draws.uniform(_ENTRY, range(self._number * _TRIES))
        chosen, seen = [], set()
        for i in (numbers * len(self._entries)).astype(int).tolist():
            if i in seen:
                continue
            seen.add(i)
            entry = self._entries[i]
            if (entry.example_id != example.example_id and (entry.title != title or not title)
                    and not any(answer in entry.text for answer in answers)):
                chosen.append(entry.paragraph)
                if len(chosen) == self._number:
                    break
        return chosen


def _last_answer(example: Example, blocks: List[Span]) -> int:
    """The index of the last block with a long answer in it; -1 if there is none."""
    answers = [example.candidates[annotation.candidate_index].start_token
               for annotation in example.annotations if annotation.candidate_index >= 0]
    ends = [block.end_token for block in blocks]
    return max([-1] + [bisect.bisect_right(ends, start) for start in answers])


def _entries_of(example: Example) -> List[PoolEntry]:
    found = []
    for start, end in filter(lambda b: is_paragraph(example, b), top_level_blocks(example)):
        words = _words(example, start, end)
        if _MIN_WORDS <= len(words) <= _MAX_WORDS and all(map(_is_safe, words)):
            found.append(words)
    step = max(1, -(-len(found) // _PER_PAGE))
    title = _title_of(example)
    return [PoolEntry(example.example_id, title, _plain_text(words), _paragraph(words))
            for words in found[::step]]


def _paragraph(words: List[str]) -> Paragraph:
    return Paragraph(("<P>", *words, "</P>"), (True,) + (False,) * len(words) + (True,))


def _words(example: Example, start_token: int, end_token: int) -> List[str]:
    return [token for token, is_html in zip(example.tokens[start_token:end_token],
                                            example.is_html[start_token:end_token]) if not is_html]


def _is_safe(word: str) -> bool:
    """Whether a word reads as a single word in both formats, and not as a tag or marker."""
    return word[:1] not in ("<", "[") and word.split() == [word]


def _plain_text(words: List[str]) -> str:
    """Case-folded words, each with a blank on both sides: " a town . "."""
    return " %s " % " ".join(words).casefold()


def _short_answers(example: Example) -> Set[str]:
    """The texts of all short answers, by `_plain_text`."""
    return {_plain_text(_words(example, start, end))
            for annotation in example.annotations for start, end in annotation.short_answers}


def _title_of(example: Example) -> str:
    """A page's title, case-folded; in the simplified format, which has none, the first heading."""
    return (example.title or " ".join(_first_heading(example))).casefold().strip()


def _first_heading(example: Example) -> Tuple[str, ...]:
    for start, token in enumerate(example.tokens):
        if token[:3].upper() == "<H1" and example.is_html[start]:
            return tuple(itertools.takewhile(lambda word: word[:1] != "<",
                                             example.tokens[start + 1:start + 50]))
    return ()
