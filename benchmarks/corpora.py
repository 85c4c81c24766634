"""The corpora of the benchmarks: their flags and their shards, which are made once."""
import os
import sys
from typing import Iterator, List, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "demos"))  # for sample_corpus.page

# In --help the flags count as those of the program that calls `define_flags`.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags for the choice, size and folder of corpora."""
    flags.DEFINE_string("vocab_file", None,
                        "A vocab.txt with the NQ markers; pages use its words.")
    flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"),
                        "Folder for shards and records.")
    flags.DEFINE_list("corpora", ["realistic", "sample"], "What to measure: 'realistic' pages of "
                      "NQ's size, the 'sample' corpus, or both.")
    flags.DEFINE_integer("pages", 1000, "Pages of real size.", lower_bound=1)
    flags.DEFINE_integer("sample_pages", 1000, "Pages of the sample corpus; each gives four "
                         "examples.", lower_bound=1)
    flags.DEFINE_integer("shards", 4, "Shards of each corpus.", lower_bound=1)


def check_flags() -> None:
    """Checks the flags.

    Raises:
      UserError: a flag is missing or names an unknown corpus.
    """
    program.require(FLAGS, "vocab_file")
    unknown = set(FLAGS.corpora) - set(_MAKERS)
    if unknown:
        raise UserError("--corpora: %s is none of %s"
                        % (", ".join(sorted(unknown)), ", ".join(sorted(_MAKERS))))


def shards(name: str) -> Tuple[str, List[str]]:
    """(folder, paths of the shards) of a corpus, made now or by an earlier run."""
    flag, make = _MAKERS[name]
    pages = FLAGS[flag].value
    folder = os.path.join(FLAGS.work_dir, "%s-%d-in-%d" % (name, pages, FLAGS.shards))
    done = os.path.join(folder, "done")
    if not os.path.exists(done):
        files.make_folder(folder)
        for _ in program.progress(make(folder), "pages", pages):
            pass
        with files.replacing(done):
            pass
    return folder, files.expand(os.path.join(folder, "*.jsonl.gz"))


def count(paths: List[str]) -> Tuple[int, int]:
    """(number of lines, number of uncompressed bytes) of shards."""
    from bert_nq.base import lines
    sizes = [len(line) for path in paths for _, line in lines.read_lines(path)]
    return len(sizes), sum(sizes)


def _make_realistic(folder: str) -> Iterator[int]:
    import realistic_pages

    from bert_nq.text.vocabulary import read_tokens
    return realistic_pages.write_shards(folder, read_tokens(FLAGS.vocab_file), FLAGS.pages,
                                        FLAGS.shards)


def _make_sample(folder: str) -> Iterator[int]:
    from sample_corpus import corpus
    return corpus.write_shards(folder, "train", FLAGS.sample_pages, FLAGS.shards, seed=17,
                               questions=4)


# {corpus: (flag with its number of pages, function that writes them, a page per iteration)}.
_MAKERS = {"realistic": ("pages", _make_realistic), "sample": ("sample_pages", _make_sample)}
