r"""Measures how fast prepare_nq_data.py makes records, and compares it with the reference script.

    python benchmarks/prepare.py --vocab_file=vocab-nq.txt

Makes shards of pages of real size, and the sample corpus, in --work_dir, where a second run finds
them; runs prepare_nq_data.py on them as a whole process, several times, with one worker and with
all cores; prints medians of pages and megabytes a second, and the peak memory of a process. What
the steps of a page take is measured as well, in processor time.

    python benchmarks/prepare.py --vocab_file=vocab-nq.txt --reference=google-research-language \
        --reference_python=venv-tf1/bin/python

also runs the first pages of a shard through Google's script, whose checkout and interpreter
(TensorFlow 1.15 with bert-tensorflow) are given, and checks that the features are equal.

Beside it: corpora.py and realistic_pages.py make the pages, stages.py measures steps, reference.py
runs the script. What was found is in README.md.
"""
from bert_nq.cli.start import run

import os
import statistics
import subprocess
import sys
import tempfile

import corpora
from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

corpora.define_flags()
flags.DEFINE_integer("runs", 3, "Runs of which medians are taken.", lower_bound=1)
flags.DEFINE_float("include_unknowns", -1.0,
                   "As in prepare_nq_data.py; with --reference, -1 or 1, so that nothing is drawn.")
flags.DEFINE_bool("stages", True, "Whether to measure the steps of a page by themselves.")
flags.DEFINE_string("reference", None, "A checkout of google-research/language, to compare with.")
flags.DEFINE_string("reference_python", None, "The interpreter that can run it.")
flags.DEFINE_integer("reference_pages", 100, "How many pages to run through it.", lower_bound=2)

_PREPARE = os.path.join(ROOT, "prepare", "prepare_nq_data.py")


def main():
    corpora.check_flags()
    if FLAGS.reference:
        program.require(FLAGS, "reference_python")
        if 0 <= FLAGS.include_unknowns < 1:
            raise UserError("--include_unknowns=%g draws windows at random, which the reference "
                            "does in its own way: compare with -1 or 1" % FLAGS.include_unknowns)
        import reference
        reference.check(FLAGS.reference)
    for name in FLAGS.corpora:
        _measure(name, *corpora.shards(name))
    print("\nNext: put the numbers, with the machine they are from, into benchmarks/README.md")


def _measure(name, folder, paths):
    """Measures one corpus and prints the results."""
    pages, text_bytes = corpora.count(paths)
    packed_bytes = sum(map(os.path.getsize, paths))
    program.print_table("%s: %d shards" % (name, len(paths)), [
        ("pages", pages),
        ("kB of a page, packed and as text",
         "%.0f, %.0f" % (packed_bytes / pages / 1e3, text_bytes / pages / 1e3))])
    ours = []
    for workers in _worker_counts():
        more = ["--num_workers=%d" % workers] if len(_worker_counts()) > 1 else []
        runs = [_run_ours(paths, folder, more) for _ in range(FLAGS.runs)]
        seconds = statistics.median(run.seconds for run in runs)
        cpu_seconds = statistics.median(run.cpu_seconds for run in runs)
        ours.append((pages / seconds, pages / cpu_seconds))
        program.print_table("%s, %d %s, median of %d runs" % (
            name, workers, "worker" if workers == 1 else "workers", len(runs)), [
                ("pages/s", "%.1f (%s)" % (pages / seconds, ", ".join(
                    "%.1f" % (pages / run.seconds) for run in runs))),
                ("MB/s, packed and as text", "%.1f, %.1f" % (packed_bytes / seconds / 1e6,
                                                             text_bytes / seconds / 1e6)),
                ("seconds", "%.2f" % seconds),
                ("processor seconds", "%.2f" % cpu_seconds),
                ("peak memory of a process, MB", "%.0f" % max(run.peak_mb for run in runs))])
    if FLAGS.stages:
        import stages
        program.print_table("%s, milliseconds of one processor for a page" % name,
                            stages.rows(paths, FLAGS.vocab_file, FLAGS.include_unknowns))
    if FLAGS.reference:
        _compare(name, folder, paths[0], *ours[0])


def _worker_counts():
    """1 and the number of cores; only 1 if prepare_nq_data.py has no flag --num_workers."""
    help_text = subprocess.run([sys.executable, _PREPARE, "--help"], stdout=subprocess.PIPE).stdout
    return sorted({1, os.cpu_count()}) if b"--num_workers" in help_text else [1]


def _run_ours(paths, folder, more):
    """Makes records in a new folder each time, so that no earlier run can be resumed."""
    with tempfile.TemporaryDirectory(dir=folder) as output:
        return _prepare(paths, os.path.join(output, "records.tfrecord"), folder, more)


def _prepare(paths, output, folder, more):
    import processes
    return processes.run(
        [sys.executable, _PREPARE, "--input_jsonl=" + ",".join(paths),
         "--vocab_file=" + FLAGS.vocab_file, "--output_tfrecord=" + output,
         "--include_unknowns=%g" % FLAGS.include_unknowns] + more,
        os.path.join(folder, "prepare.log"))


def _compare(name, folder, path, speed, cpu_speed):
    """Runs the first pages of a shard through the reference script and compares the two.

    Args:
      name: the corpus.
      folder: its folder.
      path: the shard.
      speed: our pages per second.
      cpu_speed: our pages per second of processor time, which other load changes less.
    """
    import reference
    pages = FLAGS.reference_pages
    with tempfile.TemporaryDirectory(dir=folder) as output:
        theirs = reference.Reference(FLAGS.reference, FLAGS.reference_python, FLAGS.vocab_file,
                                     FLAGS.include_unknowns, output)
        start = theirs.run(path, 1)
        runs = [theirs.run(path, pages) for _ in range(FLAGS.runs)]
        records = os.path.join(output, "ours.tfrecord")
        _prepare([path], records, folder, ["--max_examples=%d" % pages])
        features = [reference.features(r) for r in (theirs.records, records)]
    # The reference's start-up time is not counted; ours is.
    their_speed = (pages - 1) / (statistics.median(r.seconds for r in runs) - start.seconds)
    their_cpu_speed = (pages - 1) / (statistics.median(r.cpu_seconds for r in runs)
                                     - start.cpu_seconds)
    program.print_table("%s, the reference script on %d pages of %s" % (name, pages, path), [
        ("its pages/s, without its start", "%.2f" % their_speed),
        ("its pages per processor second, the same", "%.2f" % their_cpu_speed),
        ("ours are more by a factor of", "%.1f" % (speed / their_speed)),
        ("per processor second", "%.1f" % (cpu_speed / their_cpu_speed)),
        ("records that were compared", sum(features[0].values())),
        ("features", "equal" if features[0] == features[1] else "DIFFERENT")])
    if features[0] != features[1]:
        raise UserError("the features of %s differ" % path)


if __name__ == "__main__":
    run(main)
