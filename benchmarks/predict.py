r"""Speed of a prediction's forward pass, beside other people's.

    python benchmarks/predict.py
    python benchmarks/predict.py --torch_python=torch-env/bin/python \
        --tf1_python=.venv-tf1/bin/python --threads=1
    python benchmarks/predict.py --latest_python=.venv-latest/bin/python --theirs=
    python benchmarks/predict.py --encoder=albert --max_seq_length=384 --threads=1 \
        --torch_python=torch-env/bin/python

The pass is that of run_nq.py, encoder and heads, its variables frozen. Beside it run
bert-tensorflow's BertModel, and the same encoder of PyTorch's transformers, in float32 and under
bfloat16 autocast, all on the same full windows. --ours=bf16,openvino-bf16,openvino-int8 has the
other runtime of ours. Each contender is one process or several; they take
turns, one batch at a time, and medians over the turns are printed. Processor time changes less than
time where other work runs on the machine.
"""
from bert_nq.cli.start import run

import sys

import encoder_flags
from absl import flags
from contenders import Contender, Turn, check_known, median_turns

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

encoder_flags.define_flags()
flags.DEFINE_integer("batch_size", 8, "Windows of a batch.", lower_bound=1)
flags.DEFINE_integer("num_turns", 9, "Batches that are measured of each.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Of each process; 0: as many as there are cores.",
                     lower_bound=0)
flags.DEFINE_integer("processes", 1, "Of each contender, each with a batch of its own.",
                     lower_bound=1)
flags.DEFINE_list("ours", ["fp32", "bf16"], "What to measure of ours: fp32, bf16, either with "
                  "-variables, not frozen; and openvino-fp32, openvino-bf16, openvino-int8, the "
                  "runtime of that name, which is also given what comes after the logits.")
flags.DEFINE_list("theirs", ["bert-tensorflow", "torch-fp32-sdpa", "torch-fp32-eager",
                             "torch-bf16-sdpa", "torch-bf16-eager"],
                  "What to measure of others: bert-tensorflow, and transformers in either "
                  "precision with either way of attention.")

_OURS = ["fp32", "bf16", "fp32-variables", "bf16-variables", "openvino-fp32", "openvino-bf16",
         "openvino-int8"]
_THEIRS = ["bert-tensorflow", "torch-fp32-sdpa", "torch-fp32-eager", "torch-bf16-sdpa",
           "torch-bf16-eager"]


def main():
    check_known("ours", FLAGS.ours, _OURS)
    check_known("theirs", FLAGS.theirs, _THEIRS)
    settings = dict(encoder_flags.settings(), batch_size=FLAGS.batch_size, threads=FLAGS.threads)
    contenders = start(settings)
    turns = {name: [] for name in contenders}
    for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
        for name, processes in contenders.items():
            turns[name].append(turn(processes))
    print_results(settings, contenders, median_turns(turns))


def turn(processes):
    """Runs a batch in all processes at the same time; returns their cost as one Turn."""
    for process in processes:
        process.begin()
    turns = [process.end() for process in processes]
    return Turn(max(t.seconds for t in turns), sum(t.cpu_seconds for t in turns),
                sum(t.peak_mb for t in turns))


def start(settings):
    """{name: list of Contenders} of all that can run here; prints which cannot."""
    torch = FLAGS.torch_python or sys.executable
    wanted = [("bert_nq, " + kind, sys.executable, kind) for kind in FLAGS.ours]
    wanted += [(kind, torch if kind.startswith("torch") else sys.executable, kind)
               for kind in encoder_flags.others(FLAGS.theirs)]
    contenders = {}
    for name, python, kind in encoder_flags.with_other_releases(wanted):
        try:
            contenders[name] = [Contender(python, "predict_contender", kind, settings)
                                for _ in range(FLAGS.processes)]
        except UserError as e:
            print("%s is left out: %s" % (name, e))
    return contenders


def print_results(settings, contenders, medians):
    """Prints the table, and how many times as fast as the others each of ours is."""
    print("\n%s: %d layers of %d, %d heads; batches of %d windows of %d wordpieces; %d processes "
          "of %s threads; medians of %d turns" % (
              settings["encoder"], settings["num_hidden_layers"], settings["hidden_size"],
              settings["num_attention_heads"], settings["batch_size"], settings["seq_length"],
              FLAGS.processes, settings["threads"] or "all", FLAGS.num_turns))
    print("\n%-28s %11s %14s %11s  %s" % (
        "forward pass", "windows/s", "CPU ms/window", "memory, MB", "release"))
    windows = settings["batch_size"] * FLAGS.processes
    for name, median in medians.items():
        print("%-28s %11.2f %14.1f %11.0f  %s" % (
            name, windows / median.seconds, 1000 * median.cpu_seconds / windows, median.peak_mb,
            contenders[name][0].release))
    others = [name for name in medians if not name.startswith("bert_nq")]
    for ours in [name for name in medians if name.startswith("bert_nq") and others]:
        program.print_table("%s: times as fast, by time and by processor time" % ours, [
            (theirs, "%.2f  %.2f" % (medians[theirs].seconds / medians[ours].seconds,
                                     medians[theirs].cpu_seconds / medians[ours].cpu_seconds))
            for theirs in others])


if __name__ == "__main__":
    run(main)
