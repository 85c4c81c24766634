r"""Windows of a page when a faster reader has sorted out most of its candidates.

    python benchmarks/prefilter.py --vocab_file=vocab-nq.txt

Makes pages of real size, scores their candidates by the words that they share with the question
(BM25 with the page's candidates as documents) and at random, and counts the windows that
run_nq.py --prefilter reads with each --keep, and how long they take to make. The windows decide how
long a prediction takes: the model reads nothing else.
"""
from bert_nq.cli.start import run

import collections
import math
import random
import statistics
import time

import corpora
from absl import flags

from bert_nq.base.bad_input import BadInput

FLAGS = flags.FLAGS

corpora.define_flags()
FLAGS.set_default("corpora", ["realistic"])
FLAGS.set_default("pages", 100)
flags.DEFINE_list("keep", ["4", "10", "20"], "Candidates of a page that are kept.")
flags.DEFINE_integer("max_seq_length", 512, "Wordpieces of a window.", lower_bound=64)

# The usual constants of BM25 (Robertson and Zaragoza 2009).
_K, _B = 1.2, 0.75


def main():
    corpora.check_flags()
    for name in FLAGS.corpora:
        _, paths = corpora.shards(name)
        print("\n%s: windows of %d wordpieces" % (name, FLAGS.max_seq_length))
        print("\n%-24s %10s %10s %14s" % ("", "windows", "share", "CPU ms a page"))
        whole = measure(paths, None)
        show("all candidates", whole, whole)
        for keep in map(int, FLAGS.keep):
            for scores_of in (shared_words, at_random):
                title = "%d best, %s" % (keep, scores_of.__name__.replace("_", " "))
                show(title, measure(paths, (scores_of, keep)), whole)
    print("\nNext: put the numbers, with the machine they are from, into benchmarks/README.md")


def show(title, measured, whole):
    """Prints the line of a way to read."""
    print("%-24s %10.1f %9.1f%% %14.1f" % (title, measured[0], 100 * measured[0] / whole[0],
                                           1000 * measured[1]))


def measure(paths, prefilter):
    """(mean windows of a page, median processor seconds of making them, scores left out)."""
    from bert_nq.datasets.nq.shards import BARE_READING
    from bert_nq.features.cascade import Stage
    from bert_nq.features.making import make_window_maker
    from bert_nq.features.options import FeatureOptions, TextOptions
    from bert_nq.features.prefilter import keep_by

    class Known:
        """A prefilter in the place of one that reads files."""

        def open(self, skip_nested):
            return keep_by(lambda example: scores[example.example_id], Stage(prefilter[1]),
                           skip_nested)

    options = FeatureOptions(max_seq_length=FLAGS.max_seq_length)
    maker = make_window_maker(TextOptions(FLAGS.vocab_file), options,
                              prefilter=Known() if prefilter else None)
    windows, seconds, scores = [], [], {}
    for example in BARE_READING.examples(paths, BadInput()):
        if prefilter:
            scores[example.example_id] = prefilter[0](example)
        begun = time.process_time()
        windows.append(maker.prediction(example).total)
        seconds.append(time.process_time() - begun)
    return statistics.mean(windows), statistics.median(seconds)


def shared_words(example):
    """BM25 of the question's words, as a number from 0 to 1."""
    documents = [collections.Counter(word.lower() for word, is_html in zip(
        example.tokens[start:end], example.is_html[start:end]) if not is_html)
        for start, end, _ in example.candidates]
    lengths = [sum(document.values()) for document in documents]
    mean = statistics.mean(lengths) or 1
    found = [0.0] * len(documents)
    for word in set(example.question.lower().split()):
        having = sum(word in document for document in documents)
        weight = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
        for i, document in enumerate(documents):
            count = document[word]
            found[i] += weight * count * (_K + 1) / (
                count + _K * (1 - _B + _B * lengths[i] / mean))
    return page_scores(example, [score / (1 + score) for score in found])


def at_random(example):
    """Numbers that say nothing of the question."""
    rng = random.Random(example.example_id)
    return page_scores(example, [rng.random() for _ in example.candidates])


def page_scores(example, probabilities):
    """The scores of all candidates of a page."""
    import numpy as np

    from bert_nq.datasets.nq.candidate_scores import PageScores
    return PageScores(example.example_id, np.arange(len(probabilities)), np.array(probabilities))


if __name__ == "__main__":
    run(main)
