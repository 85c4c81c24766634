r"""Makes the sample corpus: an encyclopedia of invented places, people and works, as NQ shards.

    python demos/make_sample_corpus.py --output_dir=build/corpus

writes nq-train-00.jsonl.gz ... and nq-dev-00.jsonl.gz ... in the original Natural Questions format.
No name of a dev page occurs in train. The same flags give the same files. How pages come about is
told in demos/sample_corpus/.
"""
from bert_nq.cli.start import run

import collections
import os

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("output_dir", None, "Folder for the shards.")
flags.DEFINE_integer("num_train_pages", 3000, "Pages with one annotation.")
flags.DEFINE_integer("num_dev_pages", 300, "Pages with five annotations that may disagree.")
flags.DEFINE_integer("train_questions", 4, "Examples that each training page gives.")
flags.DEFINE_integer("dev_questions", 1, "Examples that each dev page gives.")
flags.DEFINE_integer("shards_train", 4, "Files that the training pages are dealt to.")
flags.DEFINE_integer("shards_dev", 2, "Files that the dev pages are dealt to.")
flags.DEFINE_integer("seed", 17, "Another seed gives other pages.")

_QUANTILES = (0, 0.25, 0.5, 0.75, 0.95, 1)


class Counts:
    """Statistics of the pages of one split and of the questions on them."""

    def __init__(self):
        self._types = collections.Counter()
        self._lengths = []
        self._candidates = 0

    def add(self, samples):
        self._types.update(sample.question.answer_type for sample in samples)
        self._lengths.append(len(samples[0].page.tokens))
        self._candidates += len(samples[0].page.candidates)

    def rows(self):
        pages, lengths = len(self._lengths), sorted(self._lengths)
        quantiles = [lengths[int(q * (pages - 1))] for q in _QUANTILES]
        questions = sum(self._types.values())
        return [("pages", pages), ("questions", questions)] + [
            ("  " + name, "%d (%.0f %%)" % (n, 100 * n / questions))
            for name, n in self._types.most_common()
        ] + [
            ("tokens per page (0, 25, 50, 75, 95, 100 %)", "  ".join(map(str, quantiles))),
            ("tokens per page, mean", "%.0f" % (sum(lengths) / pages)),
            ("candidates per page, mean", "%.1f" % (self._candidates / pages)),
        ]


def main():
    program.require(FLAGS, "output_dir")
    sizes = {"train": (FLAGS.num_train_pages, FLAGS.shards_train, FLAGS.train_questions),
             "dev": (FLAGS.num_dev_pages, FLAGS.shards_dev, FLAGS.dev_questions)}
    for split, (pages, shards, questions) in sizes.items():
        _check(split, pages, shards, questions)
    from sample_corpus import corpus
    size = 0
    for split, (pages, shards, questions) in sizes.items():
        counts = Counts()
        written = corpus.write_shards(FLAGS.output_dir, split, pages, shards, FLAGS.seed, questions)
        for samples in program.progress(written, "%s pages" % split, pages):
            counts.add(samples)
        paths = [os.path.join(FLAGS.output_dir, corpus.shard_name(split, i))
                 for i in range(shards)]
        size += sum(map(os.path.getsize, paths))
        program.print_table(split, counts.rows() + [("files", "%s ... (%d)" % (paths[0], shards))])
    merged = os.path.join(FLAGS.output_dir, "merged", "train.jsonl.gz")
    print("\n%.1f MB in all. Next:\n  %s" % (size / 1e6, program.command(
        "prepare/extract_train_set.py", "--data_dir=" + FLAGS.output_dir,
        "--output_jsonl=" + merged)))


def _check(split, pages, shards, questions):
    if not 1 <= shards <= 100:
        raise UserError("--shards_%s=%d: between 1 and 100 are possible" % (split, shards))
    if pages < shards:
        raise UserError("--num_%s_pages=%d is less than --shards_%s=%d: every shard needs one"
                        % (split, pages, split, shards))
    if not 1 <= questions <= 5:
        raise UserError("--%s_questions=%d: between 1 and 5 are possible" % (split, questions))


if __name__ == "__main__":
    run(main)
