"""Synonyms as tinyBERT-NQ looked them up, and as they are looked up here, on the same pages."""
import random
import time
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

import nltk_wordnet

from bert_nq.augmentation import wordnet
from bert_nq.augmentation.augmentation import choose_words
from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.base import lines
from bert_nq.datasets.nq import decoding
from bert_nq.datasets.nq.example import Example

_RATE = 0.2


def rows(paths: Sequence[str], num_pages: int,
         wordnet_dir: Optional[str]) -> List[Tuple[str, str]]:
    """What a page takes each way: when nothing was looked up yet, and when it comes again.

    Args:
      paths: shards.
      num_pages: how many answerable pages to take, from the first on.
      wordnet_dir: where WordNet is; None: in its usual places.
    """
    examples = list(_answerable(paths, num_pages))
    files = wordnet.find(wordnet_dir)
    found = [("pages", "%d" % len(examples))]
    ways = [("this project's copy of it", _our_way(files)),
            ("NLTK asked word by word", _their_way(nltk_wordnet.open_reader(files), "context")),
            ("the same, for words of the answers alone",
             _their_way(nltk_wordnet.open_reader(files), "answer"))]
    for name, augment in ways:
        found.append((name, " ".join("%.2f" % _milliseconds(augment, examples) for _ in "12")))
    return found


def _answerable(paths: Sequence[str], num_pages: int) -> Iterator[Example]:
    for path in paths:
        for number, line in lines.read_lines(path):
            if num_pages <= 0:
                return
            example = decoding.decode_example(line, "%s, line %d" % (path, number))
            if any(a.candidate_index >= 0 for a in example.annotations):
                num_pages -= 1
                yield example


def _milliseconds(augment: Callable[[Example], None], examples: Sequence[Example]) -> float:
    start = time.process_time()
    for example in examples:
        augment(example)
    return 1e3 * (time.process_time() - start) / max(1, len(examples))


def _our_way(files: wordnet.WordNetFiles) -> Callable[[Example], None]:
    """Synonyms for a fifth of the words that have some, but for the words of the answers."""
    # The tagger would do what the other way does not.
    augmenter = AugmentationOptions(rate=_RATE, pos="wordnet", wordnet=files).make()

    def augment(example: Example) -> None:
        for _ in augmenter.copies(example):
            pass

    return augment


def _their_way(reader, words: str) -> Callable[[Example], None]:
    """Of the words that `choose_words` gives a fifth is replaced, each looked up when it is met."""
    rng = random.Random(0)

    def augment(example: Example) -> None:
        tokens = list(example.tokens)
        for i in choose_words(example, words).tokens.tolist():
            if not tokens[i].startswith("[") and rng.random() < _RATE:
                # The first lemma of each of its synsets, of any part of speech, but not itself.
                names = {synset.lemma_names()[0] for synset in reader.synsets(tokens[i])}
                names.discard(tokens[i])
                if names:
                    tokens[i] = rng.choice(sorted(names))

    return augment
