r"""Measures how fast predictions for SQuAD are scored, beside the official script's functions.

    python benchmarks/squad_eval.py --gold_path=dev-v2.0.json --peer_python=PYTHON

The questions of the file, as often as it takes to have --questions of them, each with an annotated
answer, a part of one, that of another question or none as its prediction, and with a probability.
The functions of the official script for version 2.0 are those that transformers has
(`transformers.data.metrics.squad_metrics`), run by --peer_python. Both score the same questions in
turns: scoring alone, and with the reading of the three files; their numbers are compared.

Beside it: squad_eval_contender.py is what is measured. What was found is in README.md.
"""
from bert_nq.cli.start import run

import os
import random
import sys

import processes
import squad_questions
from absl import flags
from contenders import Contender, median_turns

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

flags.DEFINE_string("gold_path", None, "A file of SQuAD's format, of either version, gzip or not.")
flags.DEFINE_string("peer_python", None, "An interpreter that has transformers; if not given, the "
                    "one that runs this.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the files.")
flags.DEFINE_integer("questions", 10570, "Questions; SQuAD 1.1's dev set has 10,570.",
                     lower_bound=1)
flags.DEFINE_integer("num_turns", 9, "Turns, of which medians are taken.", lower_bound=1)

_OURS, _THEIRS = "bert_nq", "transformers"
_SUFFIXES = ("", "-with-reading")


def main():
    program.require(FLAGS, "gold_path")
    folder = os.path.join(FLAGS.work_dir, "squad-%d" % FLAGS.questions)
    settings = {name: os.path.join(folder, name + ".json")
                for name in ("gold", "predictions", "na_probs")}
    _make(FLAGS.gold_path, settings)
    contenders, numbers = {}, {}
    for name, python in ((_OURS, sys.executable), (_THEIRS, FLAGS.peer_python or sys.executable)):
        for suffix in _SUFFIXES:
            out = os.path.join(folder, "numbers-%s%s.json" % (name, suffix))
            contenders[name + suffix] = Contender(python, "squad_eval_contender", name + suffix,
                                                  dict(settings, output=out))
            numbers[name + suffix] = files.read_json(out, must_exist=True)
    turns = {name: [] for name in contenders}
    for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
        for name, contender in contenders.items():
            turns[name].append(contender.turn())
    _report(contenders, median_turns(turns))
    whole = processes.run(
        [sys.executable, os.path.join(ROOT, "eval", "squad_eval.py"), "--version=2.0"]
        + ["--%s_path=%s" % (flag, settings[name]) for flag, name in (
            ("gold", "gold"), ("predictions", "predictions"), ("na_prob", "na_probs"))],
        os.path.join(folder, "squad_eval.log"))
    program.print_table("eval/squad_eval.py as a whole process", [
        ("seconds", "%.2f" % whole.seconds), ("processor seconds", "%.2f" % whole.cpu_seconds),
        ("peak memory, MB", "%.0f" % whole.peak_mb)])
    if any(found != numbers[_THEIRS] for found in numbers.values()):
        raise UserError("the numbers DIFFER: %s" % numbers)
    print("\nThe %d numbers are the same to the last digit; exact %.4f, F1 %.4f." % (
        len(numbers[_OURS]), numbers[_OURS]["exact"], numbers[_OURS]["f1"]))


def _make(gold_path, paths):
    """Writes the questions with new ids, and predictions and probabilities for them."""
    paragraphs = squad_questions.paragraphs_of(gold_path)
    rng = random.Random(0)
    kept = list(squad_questions.repeated(paragraphs, FLAGS.questions))
    texts, na_probs = {}, {}
    for _, qas in kept:
        for qa in qas:
            texts[qa["id"]] = _prediction(qa, rng.choice(paragraphs)["qas"], rng)
            na_probs[qa["id"]] = rng.random()
    squad_questions.write(paths["gold"], kept, "2.0")
    files.write_json(paths["predictions"], texts)
    files.write_json(paths["na_probs"], na_probs)


def _prediction(qa, others, rng):
    """Half of the predictions are right, a quarter are a part of an answer."""
    answers = qa["answers"] or rng.choice(others)["answers"] or [{"text": ""}]
    text, kind = rng.choice(answers)["text"], rng.random()
    if kind < 0.5:
        return text if qa["answers"] else ""
    return text.split(" ")[0] if kind < 0.75 else "the %s and more" % text


def _report(contenders, medians):
    print("\n%s questions, medians of %d turns" % (format(FLAGS.questions, ","), FLAGS.num_turns))
    print("\n%-28s %10s %12s %12s %11s  %s" % ("", "ms", "CPU ms", "questions/s", "memory, MB",
                                               "release"))
    for name, median in medians.items():
        print("%-28s %10.1f %12.1f %12.0f %11.0f  %s" % (
            name, 1000 * median.seconds, 1000 * median.cpu_seconds,
            FLAGS.questions / median.seconds, median.peak_mb, contenders[name].release))
    program.print_table("times as fast, by time and by processor time", [
        (suffix.replace("-", " ").strip() or "scoring alone", "%.1f  %.1f" % (
            medians[_THEIRS + suffix].seconds / medians[_OURS + suffix].seconds,
            medians[_THEIRS + suffix].cpu_seconds / medians[_OURS + suffix].cpu_seconds))
        for suffix in _SUFFIXES])


if __name__ == "__main__":
    run(main)
