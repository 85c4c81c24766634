r"""Measures how fast pages are augmented, beside how fast they are prepared.

    python benchmarks/augment.py --vocab_file=vocab-nq.txt

Makes shards of pages of real size, and the sample corpus, in --work_dir, where a second run and
benchmarks/prepare.py find them. On them run in turns, each as a whole process, with one worker and
with all cores: prepare_nq_data.py as it is, the same with --augment=synonyms, and
augment_nq_data.py, which also writes the pages themselves. Medians of pages a second are printed,
of pages that are read and, where copies are made, of pages and copies together.

WordNet has to be there, see --wordnet_dir. corpora.py has the pages; the results are in README.md.
"""
from bert_nq.cli.start import run

import os
import statistics
import sys
import tempfile
from typing import NamedTuple, Tuple

import corpora
import processes
from absl import flags

from bert_nq.cli import program
from bert_nq.records import manifest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

corpora.define_flags()
flags.DEFINE_string("wordnet_dir", None, "Where WordNet is, if not in its usual places.")
flags.DEFINE_integer("runs", 3, "Turns, of which medians are taken.", lower_bound=1)

_PREPARE, _AUGMENT = "prepare/prepare_nq_data.py", "augment/augment_nq_data.py"


class Contender(NamedTuple):
    """A program that is measured."""
    name: str
    script: str
    flags: Tuple[str, ...]


def main():
    corpora.check_flags()
    found = {name: corpora.shards(name) for name in FLAGS.corpora}
    for name, (folder, paths) in found.items():
        pages, _ = corpora.count(paths)
        for workers in sorted({1, program.num_cores()}):
            measure_programs(name, folder, paths, pages, workers)
    print("\nNext: put the numbers, with the machine they are from, into benchmarks/README.md")


def contenders():
    """The programs to measure, each with its own flags."""
    synonyms = ("--augment=synonyms",)
    if FLAGS.wordnet_dir:
        synonyms += ("--wordnet_dir=" + FLAGS.wordnet_dir,)
    vocab = ("--vocab_file=" + FLAGS.vocab_file,)
    return [Contender("prepare_nq_data.py", _PREPARE, vocab),
            Contender("prepare_nq_data.py --augment=synonyms", _PREPARE, vocab + synonyms),
            Contender("augment_nq_data.py", _AUGMENT, synonyms)]


def measure_programs(name, folder, paths, pages, workers):
    """Measures the programs on a corpus and prints their speed."""
    runs = {contender: [] for contender in contenders()}
    copies = {}
    for _ in range(FLAGS.runs):
        for contender, contender_runs in runs.items():
            done, copies[contender] = run_once(contender, folder, paths, workers)
            contender_runs.append(done)
    rows, speeds = [], []
    for contender, contender_runs in runs.items():
        seconds = statistics.median(r.seconds for r in contender_runs)
        cpu_seconds = statistics.median(r.cpu_seconds for r in contender_runs)
        made = pages + copies[contender]
        speeds.append(made / seconds)
        rows += [(contender.name, "%.1f pages/s (%s)" % (pages / seconds, ", ".join(
                     "%.1f" % (pages / r.seconds) for r in contender_runs))),
                 ("  with copies", "%.1f pages/s" % (made / seconds)),
                 ("  processor time of a page or copy", "%.2f ms" % (1e3 * cpu_seconds / made)),
                 ("  peak memory of a process",
                  "%.0f MB" % max(r.peak_mb for r in contender_runs))]
    alone, both, augmenting = speeds
    rows += [("pages and copies, as many times as fast as pages are prepared", ""),
             ("  prepared with copies", "%.2f" % (both / alone)),
             ("  written by augment_nq_data.py", "%.2f" % (augmenting / alone))]
    program.print_table("%s: %d pages, %d %s, medians of %d turns" % (
        name, pages, workers, "worker" if workers == 1 else "workers", FLAGS.runs), rows)


def run_once(contender, folder, paths, workers):
    """Runs a program with a new output folder; returns (its `Run`, the number of copies)."""
    with tempfile.TemporaryDirectory(dir=folder) as output:
        target = ("--output_tfrecord=%s/records.tfrecord" if contender.script == _PREPARE
                  else "--output_jsonl=%s/pages.jsonl.gz") % output
        done = processes.run(
            [sys.executable, os.path.join(ROOT, contender.script),
             "--input_jsonl=" + ",".join(paths), target, "--num_workers=%d" % workers]
            + list(contender.flags), os.path.join(folder, "augment.log"))
        if contender.script == _PREPARE:
            counts = manifest.read_manifest(os.path.join(output, "records.manifest.json")).counts
            return done, counts.get("copies", 0)
        with open(os.path.join(output, "pages.sources.tsv")) as table:
            return done, sum(1 for _ in table) - 1


if __name__ == "__main__":
    run(main)
