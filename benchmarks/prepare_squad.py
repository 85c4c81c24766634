r"""Measures how fast SQuAD's questions become features, beside the fast tokenizer of transformers.

    python benchmarks/prepare_squad.py --input_file=train-v1.1.json.gz --vocab_file=vocab.txt \
        --peer_python=PYTHON

In turns, each in one thread: ours makes records of windows, labels included; transformers' fast
tokenizer makes lists of the same windows with offsets, and labels as run_qa does, by itself and in
Dataset.map. Each turn takes the next --questions of the file. All are given the overlap of run_qa;
the windows of the first turn are compared.

Beside it: prepare_squad_contender.py is what is measured. What was found is in README.md.
"""
from bert_nq.cli.start import run

import json
import os
import sys

import processes
from absl import flags
from contenders import Contender, check_known, median_turns

from bert_nq.base import files
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

flags.DEFINE_string("input_file", None, "Questions, as prepare_squad_data.py takes them.")
flags.DEFINE_string("vocab_file", None, "BERT's vocab.txt, of an uncased model.")
flags.DEFINE_string("peer_python", None, "An interpreter that has transformers and datasets; if "
                    "not given, the one that runs this.")
flags.DEFINE_list("theirs", "tokenizer,map", "The peers: tokenizer, map.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the files.")
flags.DEFINE_integer("questions", 1000, "Questions of a turn.", lower_bound=1)
flags.DEFINE_integer("num_turns", 9, "Turns, of which medians are taken.", lower_bound=1)
flags.DEFINE_integer("max_seq_length", 384, "Wordpieces of a window.")
flags.DEFINE_integer("doc_overlap", 128, "Wordpieces that two windows share.")

_OURS = "bert_nq"


def main():
    program.require(FLAGS, "input_file", "vocab_file")
    check_known("theirs", FLAGS.theirs, ["tokenizer", "map"])
    folder = os.path.join(FLAGS.work_dir, "prepare-squad")
    rows = _write_rows(os.path.join(folder, "rows.jsonl"))
    contenders, windows = {}, {}
    for name in [_OURS] + FLAGS.theirs:
        out = os.path.join(folder, "windows-%s.json" % name)
        settings = {"rows": rows, "vocab_file": FLAGS.vocab_file, "questions": FLAGS.questions,
                    "max_seq_length": FLAGS.max_seq_length, "doc_overlap": FLAGS.doc_overlap,
                    "output": out}
        python = sys.executable if name == _OURS else FLAGS.peer_python or sys.executable
        contenders[name] = Contender(python, "prepare_squad_contender", name, settings)
        windows[name] = files.read_json(out, must_exist=True)
    turns = {name: [] for name in contenders}
    for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
        for name, contender in contenders.items():
            turns[name].append(contender.turn())
    _report(contenders, median_turns(turns))
    whole = processes.run(
        [sys.executable, os.path.join(ROOT, "prepare", "prepare_squad_data.py"), "--num_workers=1",
         "--input_file=" + rows, "--vocab_file=" + FLAGS.vocab_file, "--version_2_with_negative",
         "--output_tfrecord=" + os.path.join(folder, "x.tfrecord"), "--seed=%d" % os.getpid()],
        os.path.join(folder, "prepare_squad_data.log"))
    number = sum(1 for _ in open(rows, "rb"))
    program.print_table("prepare_squad_data.py as a whole process, one worker", [
        ("questions", number), ("seconds", "%.1f" % whole.seconds),
        ("processor seconds", "%.1f" % whole.cpu_seconds),
        ("questions per processor second", "%.0f" % (number / whole.cpu_seconds)),
        ("peak memory of a process, MB", "%.0f" % whole.peak_mb)])
    for name in FLAGS.theirs:
        equal = len(set(windows[name]) & set(windows[_OURS]))
        print("\n%s: of %d and %d different windows %d are equal" % (
            name, len(set(windows[name])), len(set(windows[_OURS])), equal))


def _write_rows(path):
    """Writes the questions as run_qa takes them, a JSON object a line."""
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.squad.reading import READING, find_files
    with files.replacing(path) as out:
        for e in READING.examples(find_files(FLAGS.input_file), BadInput(True)):
            answers = {"text": [a.text for a in e.answers],
                       "answer_start": [a.start_char for a in e.answers]}
            out.write(json.dumps({"id": e.question_id, "context": e.context, "question": e.question,
                                  "answers": answers}).encode("ascii") + b"\n")
    return path


def _report(contenders, medians):
    print("\n%s questions a turn, medians of %d turns" % (format(FLAGS.questions, ","),
                                                          FLAGS.num_turns))
    print("\n%-12s %10s %12s %16s %11s  %s" % ("", "ms", "CPU ms", "questions/CPU s", "memory, MB",
                                               "release"))
    for name, median in medians.items():
        print("%-12s %10.1f %12.1f %16.0f %11.0f  %s" % (
            name, 1000 * median.seconds, 1000 * median.cpu_seconds,
            FLAGS.questions / median.cpu_seconds, median.peak_mb, contenders[name].release))
    ours = medians[_OURS]
    program.print_table("times as fast, by time and by processor time", [
        (name, "%.1f  %.1f" % (medians[name].seconds / ours.seconds,
                               medians[name].cpu_seconds / ours.cpu_seconds))
        for name in FLAGS.theirs])


if __name__ == "__main__":
    run(main)
