r"""Measures how fast eval/nq_eval.py scores, beside the official script of natural-questions.

    python benchmarks/nq_eval.py --vocab_file=vocab-nq.txt

Makes dev pages of real size, five-way annotated, in shards, and predictions for them, in
--work_dir, where a second run finds them: 7,830 pages as NQ has, 0.8 GB. Runs both programs on them
as whole processes, in turns; checks that they print the same 20 numbers; prints medians, how many
times as fast ours is, and the peak memory of a process.

Beside it: realistic_pages.py makes the pages. What was found is in README.md.
"""
from bert_nq.cli.start import run

import json
import os
import random
import statistics
import sys

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "demos"))  # for sample_corpus.page

FLAGS = flags.FLAGS

flags.DEFINE_string("vocab_file", None, "A vocab.txt; pages use its words.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"),
                    "Folder for shards and predictions.")
flags.DEFINE_integer("pages", 7830, "Pages; NQ's dev set has 7,830.", lower_bound=1)
flags.DEFINE_integer("shards", 5, "Shards; NQ's dev set has 5.", lower_bound=1)
flags.DEFINE_integer("runs", 3, "Turns, of which medians are taken.", lower_bound=1)
flags.DEFINE_integer("num_threads", 10, "For both programs, whose default it is.", lower_bound=1)

_ANNOTATORS = 5


def main():
    program.require(FLAGS, "vocab_file")
    folder = os.path.join(FLAGS.work_dir, "dev-%d-in-%d" % (FLAGS.pages, FLAGS.shards))
    predictions = os.path.join(folder, "predictions.json")
    if not os.path.exists(predictions):
        _make(folder, predictions)
    arguments = ["--gold_path=" + os.path.join(folder, "*.jsonl.gz"),
                 "--predictions_path=" + predictions, "--num_threads=%d" % FLAGS.num_threads]
    commands = {"eval/nq_eval.py": [os.path.join(ROOT, "eval", "nq_eval.py")],
                "natural_questions.nq_eval": ["-m", "natural_questions.nq_eval"]}
    runs, lines = _run_in_turns(
        {name: [sys.executable] + command + arguments for name, command in commands.items()},
        folder)
    _report(folder, runs)
    if len(lines) > 1:
        raise UserError("the numbers DIFFER: %s" % " and ".join(sorted(lines)))
    numbers = json.loads(lines.pop())
    print("\nThe %d numbers are the same to the last digit; long F1 %.4f, short F1 %.4f." % (
        len(numbers), numbers["long-best-threshold-f1"], numbers["short-best-threshold-f1"]))
    print("Next: put them, with the machine they are from, into benchmarks/README.md")


def _make(folder, predictions):
    """Writes the shards, then the predictions, whose presence shows that all is complete."""
    import realistic_pages

    from bert_nq.text.vocabulary import read_tokens
    files.make_folder(folder)
    shards = realistic_pages.write_shards(folder, read_tokens(FLAGS.vocab_file), FLAGS.pages,
                                          FLAGS.shards, annotators=_ANNOTATORS)
    for _ in program.progress(shards, "pages", FLAGS.pages):
        pass
    rng = random.Random(FLAGS.pages)
    entries = [_prediction(page, rng) for page in _pages(folder)]
    with files.replacing(predictions) as out:
        out.write(json.dumps({"predictions": entries}).encode("utf8"))


def _pages(folder):
    from bert_nq.base import lines
    for path in files.expand(os.path.join(folder, "*.jsonl.gz")):
        for _, line in lines.read_lines(path):
            yield json.loads(line.decode("utf8"))


def _prediction(page, rng):
    """An annotator's answer, or a random candidate with a lower score on average."""
    marked = rng.choice(page["annotations"])
    trust = rng.gauss(0, 1)
    if rng.random() < 0.5:
        candidate = rng.choice(page["long_answer_candidates"])
        marked = {"long_answer": candidate, "short_answers": [], "yes_no_answer": "NONE"}
        trust -= 1
    return {"example_id": page["example_id"], "long_answer": marked["long_answer"],
            "long_answer_score": trust + rng.gauss(0, 1), "short_answers": marked["short_answers"],
            "short_answers_score": trust + rng.gauss(0, 1),
            "yes_no_answer": marked["yes_no_answer"]}


def _run_in_turns(commands, folder):
    """({name: runs}, the distinct lines of scores that were printed)."""
    import processes
    runs = {name: [] for name in commands}
    lines = set()
    for _ in range(FLAGS.runs):
        for name, command in commands.items():
            log = os.path.join(folder, "scoring.log")
            runs[name].append(processes.run(command, log))
            with open(log, encoding="utf8") as f:
                lines.update(line.strip() for line in f if line.startswith("{"))
    return runs, lines


def _report(folder, runs):
    packed = sum(map(os.path.getsize, files.expand(os.path.join(folder, "*.jsonl.gz"))))
    program.print_table("%s pages in %d shards, %.0f MB packed; medians of %d turns" % (
        format(FLAGS.pages, ","), FLAGS.shards, packed / 1e6, FLAGS.runs), [])
    medians = {}
    for name, its_runs in runs.items():
        medians[name] = (statistics.median(run.seconds for run in its_runs),
                         statistics.median(run.cpu_seconds for run in its_runs))
        program.print_table(name, [
            ("seconds", "%.2f (%s)" % (medians[name][0],
                                       ", ".join("%.2f" % run.seconds for run in its_runs))),
            ("processor seconds", "%.2f" % medians[name][1]),
            ("pages/s", "%.0f" % (FLAGS.pages / medians[name][0])),
            ("peak memory of a process, MB", "%.0f" % max(run.peak_mb for run in its_runs))])
    ours, theirs = medians.values()
    program.print_table("ours is as many times as fast", [
        ("by time", "%.1f" % (theirs[0] / ours[0])),
        ("by processor time", "%.1f" % (theirs[1] / ours[1]))])


if __name__ == "__main__":
    run(main)
