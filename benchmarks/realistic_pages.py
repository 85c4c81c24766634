"""Made-up pages of the size and shape of Natural Questions, for benchmarks.

They resemble five real pages that were measured: some 6,400 tokens, 180 candidates and 570 kB of
JSON in the original format with its keys in order; a fifth of the tokens are tags, most candidates
are nested, and a word has 1.2 wordpieces on average. Word frequencies follow Zipf's law, and some
words, like real numbers and names, occur only once, so that no cache of words looks better than it
is.
"""
import gzip
import json
import math
import os
import random
from typing import Dict, Iterator, List, Optional

from sample_corpus.page import Page, Span

from bert_nq.base import files

MEAN_TOKENS = 6400
_SIGMA = 0.6  # standard deviation of the logarithm of a page's number of tokens
_LEAST_TOKENS, _MOST_TOKENS = 400, 40000
_RARE_WORDS = 100000  # besides those of the vocabulary
_REPEATED = 0.45
_NULL_SPAN = {"end_byte": -1, "end_token": -1, "start_byte": -1, "start_token": -1}
_STYLES = ('class="wikitable sortable" style="text-align:center; font-size:88%"',
           'style="background:#f9f9f9; vertical-align:top; padding-right:0.5em;"')
# The kinds of blocks and their shares in thousandths.
_BLOCKS = (("paragraph", 560), ("list", 120), ("table", 120), ("aside", 200))


class Words:
    """Draws words: those of a vocabulary by Zipf's law, rarer ones made of two, and numbers."""

    def __init__(self, vocabulary: List[str], rng: random.Random):
        """
        Args:
          vocabulary: the tokens of a vocab.txt, common words first.
          rng: the source of randomness.
        """
        self._common = [t for t in vocabulary if t.isascii() and t.isalpha() and len(t) > 1]
        self._rng = rng
        self._log_ranks = math.log(len(self._common) + _RARE_WORDS)
        self._used: List[str] = []

    def word(self) -> str:
        """A word, often one that is on the page already."""
        if self._used and self._rng.random() < _REPEATED:
            return self._rng.choice(self._used)
        word = self._new_word()
        self._used.append(word)
        return word

    def _new_word(self) -> str:
        rng, common = self._rng, self._common
        draw = rng.random()
        if draw < 0.03:
            return str(rng.randrange(1700, 2020) if draw < 0.015 else rng.randrange(1000))
        if draw < 0.045:  # Seen once: 48,213.07 or Qabar-71h.
            return (format(rng.randrange(10 ** 9) / 100, ",") if draw < 0.037 else
                    "%s-%d%s" % (rng.choice(common).title(), rng.randrange(10 ** 4),
                                 rng.choice("abdhkrx")))
        # The logarithm of the rank is uniform: the share of rank r is proportional to 1 / r.
        rank = int(math.exp(rng.random() * self._log_ranks)) - 1
        if rank < len(common):
            return common[rank].title() if draw > 0.88 else common[rank]
        rank -= len(common)
        size = len(common)
        name = common[rank * 7919 % size] + common[(rank * 104729 + rank // size) % size][:4]
        return name.title() if rank % 2 else name

    def text(self, least: int, most: int) -> str:
        """Words with some commas, brackets and quotation marks, and a full stop."""
        parts = []
        for _ in range(self._rng.randint(least, most)):
            draw = self._rng.random()
            word = self.word()
            parts.append(word + "," if draw < 0.06 else word + "." if draw < 0.1 else
                         "(%s)" % word if draw < 0.12 else '"%s"' % word if draw < 0.13 else
                         word + "'s" if draw < 0.14 else word)
        return " ".join(parts) + "."


def make_page(vocabulary: List[str], index: int, seed: int, annotators: int = 1) -> Dict:
    """Page number `index` in the original format; it depends only on the arguments."""
    rng = random.Random("%d/%d" % (seed, index))
    words = Words(vocabulary, rng)
    # The mean of a log-normal distribution is exp(mu + sigma**2 / 2).
    size = MEAN_TOKENS * math.exp(rng.gauss(-_SIGMA ** 2 / 2, _SIGMA))
    page = Page()
    page.raw('<!DOCTYPE html>\n<HTML class="client-js" lang="en"><HEAD><META charset="UTF-8">\n')
    title = "%s %s" % (words.word().title(), words.word())
    page.block("H1", title, 'id="firstHeading" class="firstHeading" lang="en"')
    while len(page.tokens) < min(max(size, _LEAST_TOKENS), _MOST_TOKENS):
        if rng.random() < 0.12:
            page.block("H2", words.text(1, 3), '<SPAN class="mw-headline">')
        kind, = rng.choices([name for name, _ in _BLOCKS], [share for _, share in _BLOCKS])
        _WRITERS[kind](page, words, rng)
    # The place of the answer does not affect reading times, so it is random.
    question = [words.word().lower() for _ in range(rng.randint(6, 12))]
    annotations = [_annotation(page, rng)]
    while len(annotations) < annotators:
        annotations.append(_another_annotation(annotations[0], page, rng))
    return {
        "annotations": annotations,
        "document_html": page.html,
        "document_title": title,
        "document_tokens": page.tokens,
        "document_url": "https://example.org/w/index.php?title=%s" % title.replace(" ", "_"),
        "example_id": rng.getrandbits(63),
        "long_answer_candidates": page.candidates,
        "question_text": " ".join(question),
        "question_tokens": question,
    }


def write_shards(folder: str, vocabulary: List[str], pages: int, shards: int,
                 seed: int = 0, annotators: int = 1) -> Iterator[int]:
    """Writes realistic-00.jsonl.gz and so on into `folder`; yields the bytes of each line."""
    for shard in range(shards):
        path = os.path.join(folder, "realistic-%02d.jsonl.gz" % shard)
        with files.replacing(path) as out, gzip.GzipFile(
                filename="", mode="wb", compresslevel=6, fileobj=out, mtime=0) as packed:
            for index in range(shard, pages, shards):
                page = make_page(vocabulary, index, seed, annotators)
                yield packed.write(json.dumps(page).encode() + b"\n")


def _write_paragraph(page: Page, words: Words, rng: random.Random) -> None:
    page.open("P")
    for _ in range(rng.randint(1, 6)):
        page.text(words.text(8, 28))
        page.raw(' <A href="/wiki/%s" title="%s">' % (words.word(), words.word()))
        page.text(words.text(1, 2))
        page.raw("</A>")
    page.close()


def _write_list(page: Page, words: Words, rng: random.Random) -> None:
    page.open("Ul" if rng.random() < 0.8 else "Ol", 'class="references"')
    for number in range(rng.randint(3, 14)):
        page.open("Li", 'id="cite_note-%d"' % number)
        page.text(words.text(3, 20))
        page.close()
    page.close()


def _write_table(page: Page, words: Words, rng: random.Random) -> None:
    columns = rng.randint(2, 6)
    page.open("Table", rng.choice(_STYLES))
    for _ in range(rng.randint(3, 16)):
        page.open("Tr", _STYLES[1] if rng.random() < 0.1 else "")
        for _ in range(columns):
            page.block("Td", " ".join(words.word() for _ in range(rng.randint(1, 3))))
        page.close()
    page.close()


def _write_aside(page: Page, words: Words, rng: random.Random) -> None:
    """Contents, captions and footers, which are not candidates."""
    page.open("Ul", 'class="toc"', candidate=False)
    for _ in range(rng.randint(3, 25)):
        page.block("Li", words.text(2, 9), candidate=False)
    page.close()


_WRITERS = {"paragraph": _write_paragraph, "list": _write_list, "table": _write_table,
            "aside": _write_aside}


def _annotation(page: Page, rng: random.Random) -> Dict:
    """An annotation: half have a long answer, two thirds of these a short one too."""
    annotation = {"annotation_id": rng.getrandbits(63),
                  "long_answer": dict(_NULL_SPAN, candidate_index=-1),
                  "short_answers": [], "yes_no_answer": "NONE"}
    if rng.random() < 0.5:
        return annotation
    top = [i for i, c in enumerate(page.candidates) if c["top_level"]]
    # Answers stand early on a page.
    index = top[int(len(top) * rng.random() ** 3)]
    candidate = page.candidates[index]
    span = {name: candidate[name] for name in sorted(_NULL_SPAN)}
    annotation["long_answer"] = dict(span, candidate_index=index)
    draw = rng.random()
    short = _short_answer(page, candidate, rng) if draw < 0.67 else None
    if short:
        annotation["short_answers"] = [page.offsets(short)]
    elif draw > 0.97:
        annotation["yes_no_answer"] = rng.choice(("YES", "NO"))
    return annotation


def _another_annotation(first: Dict, page: Page, rng: random.Random) -> Dict:
    """The annotation of another annotator, the same as the first in six cases of ten."""
    if rng.random() < 0.6:
        return dict(first, annotation_id=rng.getrandbits(63))
    return _annotation(page, rng)


def _short_answer(page: Page, candidate: Dict, rng: random.Random) -> Optional[Span]:
    """Up to three consecutive words of the candidate; None if the drawn place is a tag."""
    start = rng.randrange(candidate["start_token"], candidate["end_token"])
    end = start
    while end < candidate["end_token"] and end < start + 3 and not page.tokens[end]["html_token"]:
        end += 1
    return Span(start, end) if end > start else None
