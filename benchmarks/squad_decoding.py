r"""Measures how fast logits become answers and scores, beside run_qa and the official script.

    python benchmarks/squad_decoding.py --gold_path=dev-v1.1.json --vocab_file=vocab.txt \
        --peer_python=PYTHON --run_qa_utils=utils_qa.py --official_script=evaluate-v1.1.py

The questions of the file, as often as it takes to have --questions of them, are cut into windows
that share --doc_overlap wordpieces, and get made-up logits, the same for all: noise, and peaks, of
which every second question has its highest at an answer. Of these, in turns, each on one core:

    ours    the best positions, in numpy as the graph finds them; the decoders of --ours; the files
            of predictions and of the n best; the scores, from these files
    theirs  the function postprocess_qa_predictions of run_qa, which writes the same files, and the
            official script on them

The answers of --decoder=run_qa and the scores must be equal. Neither file of the peer is part of
this project: utils_qa.py lies in huggingface/transformers, examples/pytorch/question-answering; the
official scripts are those of https://rajpurkar.github.io/SQuAD-explorer/.

Beside it: squad_decoding_contender.py is what is measured. What was found is in README.md.
"""
from bert_nq.cli.start import run

import os
import statistics
import sys

import processes
import squad_comparison
import squad_logits
import squad_questions
from absl import flags
from contenders import Contender, check_known, median_turns

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.cli import program
from bert_nq.datasets.squad.reading import READING
from bert_nq.features.options import TextOptions
from bert_nq.features.squad_options import SquadOptions
from bert_nq.features.squad_windows import FEATURIZER

FLAGS = flags.FLAGS

flags.DEFINE_string("gold_path", None, "A file of SQuAD's format, of either version, gzip or not.")
flags.DEFINE_string("vocab_file", None, "BERT's vocab.txt, of an uncased model.")
flags.DEFINE_bool("version_2_with_negative", False, "Whether questions may have no answer.")
flags.DEFINE_list("ours", "run_qa,run_squad", "Our decoders: run_qa, run_squad.")
flags.DEFINE_list("theirs", "datasets,lists", "How the peer has its features: datasets, as run_qa "
                  "has them, or lists, in memory.")
flags.DEFINE_string("peer_python", None, "An interpreter that has transformers and datasets; if "
                    "not given, the one that runs this.")
flags.DEFINE_string("run_qa_utils", None, "The file utils_qa.py of run_qa.")
flags.DEFINE_string("official_script", None, "The official script of the version; in place "
                    "of that for 2.0, the functions that transformers has of it.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks"), "Folder for the files.")
flags.DEFINE_integer("questions", 10570, "Questions; SQuAD 1.1's dev set has 10,570.",
                     lower_bound=1)
flags.DEFINE_integer("num_turns", 3, "Turns, of which medians are taken.", lower_bound=1)
flags.DEFINE_integer("max_seq_length", 384, "Wordpieces of a window.")
flags.DEFINE_integer("doc_overlap", 128, "Wordpieces that two windows share.")
flags.DEFINE_integer("seed", 0, "Of the logits.")

_STAGES = ("decoding", "scoring")
# The decoder whose answers are those of the peer.
_SAME = "run_qa"


def main():
    program.require(FLAGS, "gold_path", "vocab_file")
    check_known("ours", FLAGS.ours, ["run_qa", "run_squad"])
    check_known("theirs", FLAGS.theirs, ["datasets", "lists"])
    if FLAGS.theirs:
        program.require(FLAGS, "run_qa_utils")
        if not FLAGS.version_2_with_negative:
            program.require(FLAGS, "official_script")
    folder = os.path.join(FLAGS.work_dir, "squad-decoding")
    settings = _make(folder)
    processes.on_one_core()
    contenders = {}
    for name in FLAGS.ours + FLAGS.theirs:
        python = sys.executable if name in FLAGS.ours else FLAGS.peer_python or sys.executable
        contenders[name] = Contender(python, "squad_decoding_contender", name, dict(
            settings, folder=os.path.join(folder, name)))
    turns = {name: [] for name in contenders}
    for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
        for name, contender in contenders.items():
            turns[name].append(contender.turn())
    done = {name: files.read_json(os.path.join(folder, name, "done.json"), must_exist=True)
            for name in contenders}
    _report(contenders, median_turns(turns), done)
    for peer in FLAGS.theirs if _SAME in FLAGS.ours else []:
        squad_comparison.check(folder, _SAME, peer)


def _make(folder):
    """Writes questions and logits; returns the settings of the contenders."""
    version = "2.0" if FLAGS.version_2_with_negative else "1.1"
    settings = {
        "gold": os.path.join(folder, "gold.json"), "logits": os.path.join(folder, "logits.npy"),
        "vocab_file": FLAGS.vocab_file, "max_seq_length": FLAGS.max_seq_length,
        "doc_overlap": FLAGS.doc_overlap, "version": version, "run_qa_utils": FLAGS.run_qa_utils,
        "official_script": FLAGS.official_script}
    squad_questions.write(settings["gold"], list(squad_questions.repeated(
        squad_questions.paragraphs_of(FLAGS.gold_path), FLAGS.questions)), version)
    maker = FEATURIZER.make(TextOptions(FLAGS.vocab_file), SquadOptions(
        FLAGS.max_seq_length, doc_overlap=FLAGS.doc_overlap,
        version_2_with_negative=FLAGS.version_2_with_negative))
    number = squad_logits.write(settings["logits"], maker, READING.examples(
        [settings["gold"]], BadInput()), FLAGS.seed)
    print("%s questions in %s windows" % (format(FLAGS.questions, ","), format(number, ",")))
    return settings


def _report(contenders, medians, done):
    print("\nmedians of %d turns, each on one core" % FLAGS.num_turns)
    row = "%-10s %9s %9s %11s %10s %13s %13s  %s"
    print("\n" + row % ("", "s", "CPU s", "decoding, s", "scoring, s", "memory, MB", "of it on top",
                        "release"))
    for name, median in medians.items():
        print(row % (name, "%.2f" % median.seconds, "%.2f" % median.cpu_seconds,
                     *("%.2f" % statistics.median(done[name][stage]) for stage in _STAGES),
                     "%.0f" % done[name]["peak_mb"], "%.0f" % median.peak_mb,
                     contenders[name].release))
    for ours in FLAGS.ours:
        program.print_table("--decoder=%s: times as fast, by time and by processor time" % ours, [
            (theirs, "%.1f  %.1f" % (medians[theirs].seconds / medians[ours].seconds,
                                     medians[theirs].cpu_seconds / medians[ours].cpu_seconds))
            for theirs in FLAGS.theirs])


if __name__ == "__main__":
    run(main)
