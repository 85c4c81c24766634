"""Examples and shards of the sample corpus."""
import glob
import gzip
import os
import random
from typing import Any, Dict, Iterator, List, NamedTuple
from urllib.parse import quote

import orjson

from bert_nq import files
from bert_nq.errors import UserError
from sample_corpus import annotations, article
from sample_corpus.blocks import Answer
from sample_corpus.names import SPLITS, Namer
from sample_corpus.page import Page
from sample_corpus.plan import Plan, make_plan

_ANNOTATORS = {"train": 1, "dev": 5}
_MASK = 2 ** 64 - 1


class Sample(NamedTuple):
    """One page with all that is known about it, for tests and counts."""

    plan: Plan
    page: Page
    answers: List[Answer]
    names: List[str]  # The invented words, sorted.
    example: Dict[str, Any]  # In the original format.


def make_sample(split: str, index: int, seed: int) -> Sample:
    """Page number `index` of a split; it depends on the three arguments and on nothing else."""
    rng = random.Random("%d/%s/%d" % (seed, split, index))
    namer = Namer(rng, split)
    plan = make_plan(rng, namer)
    page, answers = article.write(plan, rng, namer)
    habits = annotations.TRAIN if split == "train" else annotations.DEV
    annotated = [annotations.annotate(page, answers, habits, rng)
                 for _ in range(_ANNOTATORS[split])]
    return Sample(plan, page, answers, sorted(namer.used),
                  _example(split, index, seed, plan, page, annotated))


def generate(split: str, pages: int, seed: int) -> Iterator[Dict[str, Any]]:
    """The first `pages` examples of a split, in the original NQ format."""
    for index in range(pages):
        yield make_sample(split, index, seed).example


def write_shards(out_dir: str, split: str, pages: int, shards: int, seed: int) -> Iterator[Sample]:
    """Writes nq-SPLIT-00.jsonl.gz and so on, and yields each sample once it is written.

    Shard i holds pages i, i + shards, i + 2 * shards, ...; the same arguments give the same bytes.
    A file is in its place when the first sample of the next one comes, and the last at the end.

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
        with files.replacing(path) as out, gzip.GzipFile(
                filename="", mode="wb", compresslevel=4, fileobj=out, mtime=0) as packed:
            for index in range(shard, pages, shards):
                sample = make_sample(split, index, seed)
                packed.write(orjson.dumps(sample.example) + b"\n")
                yield sample


def shard_name(split: str, shard: int) -> str:
    return "nq-%s-%02d.jsonl.gz" % (split, shard)


def example_id(split: str, index: int, seed: int) -> int:
    """A signed 64-bit id; no two pages of a seed share one.

    It is the finaliser of splitmix64, which maps 64-bit numbers one to one.
    """
    z = ((seed << 40) + (SPLITS.index(split) << 36) + index) * 0x9E3779B97F4A7C15 & _MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    z ^= z >> 31
    return z - 2 ** 64 if z >= 2 ** 63 else z


def _example(split: str, index: int, seed: int, plan: Plan, page: Page,
             annotated: List[Dict]) -> Dict[str, Any]:
    identifier = example_id(split, index, seed)
    # The keys in the order of the real files.
    return {
        "annotations": annotated,
        "document_html": page.html,
        "document_title": plan.title,
        "document_tokens": page.tokens,
        "document_url": "https://encyclopedia.example/w/index.php?title=%s&amp;oldid=%d" % (
            quote(plan.title.replace(" ", "_")), 800000000 + identifier % 60000000),
        "example_id": identifier,
        "long_answer_candidates": page.candidates,
        "question_text": " ".join(plan.question),
        "question_tokens": plan.question,
    }
