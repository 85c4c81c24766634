"""Examples and shards of the sample corpus."""
import glob
import os
import random
from typing import Any, Dict, Iterator, List, NamedTuple
from urllib.parse import quote

import orjson

from bert_nq.base import files
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import UserError
from sample_corpus import annotations, article
from sample_corpus.blocks import Answer
from sample_corpus.names import SPLITS, Namer
from sample_corpus.page import Page
from sample_corpus.plan import Plan, make_plan
from sample_corpus.questions import Question, draw_question

MAX_QUESTIONS = 5  # Each page has at least seven topics to ask about, stated or not.

_ANNOTATORS = {"train": 1, "dev": 5}
_HABITS = {"train": annotations.TRAIN, "dev": annotations.DEV}
_MASK = 2 ** 64 - 1


class Sample(NamedTuple):
    """One question on a page, with the plan and answers behind it for tests and statistics."""

    plan: Plan
    page: Page
    names: List[str]  # The invented words of the page, sorted.
    question: Question
    answers: List[Answer]  # To the question, in document order.
    example: Dict[str, Any]  # In the original format.


def page_rng(split: str, index: int, seed: int) -> random.Random:
    """The random generator of one page, the same in every version of Python."""
    return random.Random("%d/%s/%d" % (seed, split, index))


def make_samples(split: str, index: int, seed: int, questions: int = 1) -> List[Sample]:
    """Makes the first questions on page number `index` of a split.

    They depend only on the arguments; asking for more questions does not change the first ones.
    """
    if not 1 <= questions <= MAX_QUESTIONS:
        raise ValueError("%d questions on a page; at most %d can be asked"
                         % (questions, MAX_QUESTIONS))
    rng = page_rng(split, index, seed)
    namer = Namer(rng, split)
    plan = make_plan(rng, namer)
    page, answers = article.write(plan, rng, namer)
    document = _document(plan, page, rng)
    samples = []
    for number in range(questions):
        question = draw_question(plan, [s.question.about for s in samples], rng)
        right = [a for a in answers if a.about == question.about]
        samples.append(Sample(plan, page, sorted(namer.used), question, right, dict(
            document,
            annotations=[annotations.annotate(page, right, _HABITS[split], rng)
                         for _ in range(_ANNOTATORS[split])],
            example_id=example_id(split, index, number, seed),
            question_text=" ".join(question.tokens),
            question_tokens=question.tokens)))
    return samples


def generate(split: str, pages: int, seed: int, questions: int = 1) -> Iterator[Dict[str, Any]]:
    """The examples on the first `pages` pages of a split, in the original NQ format."""
    for index in range(pages):
        for sample in make_samples(split, index, seed, questions):
            yield sample.example


def write_shards(out_dir: str, split: str, pages: int, shards: int, seed: int,
                 questions: int = 1) -> Iterator[List[Sample]]:
    """Writes nq-SPLIT-00.jsonl.gz and so on, and yields the samples of each page once written.

    Shard i holds pages i, i + shards, i + 2 * shards, ...; the same arguments give the same bytes.
    A file is moved into place before the first page of the next one is yielded, the last file at
    the end.

    Raises:
      UserError: the folder holds further shards of the split, which would be read with these.
    """
    paths = [os.path.join(out_dir, shard_name(split, shard)) for shard in range(shards)]
    stale = sorted(set(glob.glob(os.path.join(glob.escape(out_dir), "nq-%s-*.jsonl.gz" % split)))
                   - set(paths))
    if stale:
        raise UserError("%s would be read together with the %d new shards: remove it or choose "
                        "another folder" % (stale[0], shards))
    for shard, path in enumerate(paths):
        with files.replacing(path) as out, deflating(out) as packed:
            for index in range(shard, pages, shards):
                samples = make_samples(split, index, seed, questions)
                for sample in samples:
                    packed.write(orjson.dumps(sample.example, option=orjson.OPT_SORT_KEYS) + b"\n")
                yield samples


def shard_name(split: str, shard: int) -> str:
    return "nq-%s-%02d.jsonl.gz" % (split, shard)


def example_id(split: str, index: int, number: int, seed: int) -> int:
    """A signed 64-bit id, unique among the questions of a seed.

    Made by the finaliser of SplitMix64, a bijection of 64-bit numbers.
    """
    counter = SPLITS.index(split) << 36 | index << 4 | number
    z = ((seed << 40) + counter) * 0x9E3779B97F4A7C15 & _MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    z ^= z >> 31
    return z - 2 ** 64 if z >= 2 ** 63 else z


def _document(plan: Plan, page: Page, rng: random.Random) -> Dict[str, Any]:
    """The fields that all questions on a page share."""
    return {
        "document_html": page.html,
        "document_title": plan.title,
        "document_tokens": page.tokens,
        "document_url": "https://encyclopedia.example/w/index.php?title=%s&amp;oldid=%d" % (
            quote(plan.title.replace(" ", "_")), rng.randint(800000000, 860000000)),
        "long_answer_candidates": page.candidates,
    }
