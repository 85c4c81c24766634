r"""Speed, memory and utilisation of a training step, beside other people's.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --torch_python=torch-env/bin/python \
        --tf1_python=.venv-tf1/bin/python --latest_python=.venv-latest/bin/python
    python benchmarks/train_step.py --encoder=albert --max_seq_length=384 \
        --torch_python=torch-env/bin/python

The step is that of run_nq.py: encoder, heads, joint loss, gradients, clipping, AdamW. Beside it run
bert-tensorflow's BertModel with its optimizer, and the same encoder of PyTorch's transformers, in
float32 and under bfloat16 autocast, each on the same batch. Each contender is a process; they take
turns, one step at a time, and medians over the turns are printed. Processor time changes less than
time where other work runs on the machine.

Utilisation is the rate of the step's matrix products (forward once and backward twice, nothing that
is computed again) over the rate of one large float32 product, a contender as well.
"""
from bert_nq.cli.start import run

import sys

import encoder_flags
from absl import flags
from contenders import Contender, check_known, median_turns

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

encoder_flags.define_flags()
flags.DEFINE_integer("batch_size", 8, "Windows of a step.", lower_bound=1)
flags.DEFINE_integer("num_turns", 7, "Steps that are measured of each.", lower_bound=1)
flags.DEFINE_integer("product_size", 4096, "Rows of the large product.", lower_bound=1)
flags.DEFINE_list("ours", ["fp32", "bf16", "fp32-recompute", "bf16-recompute"],
                  "What to measure of ours: fp32, bf16 and fp16 (which CPUs are very slow at), "
                  "each also with -recompute.")
flags.DEFINE_list("theirs", ["bert-tensorflow", "torch-bf16-sdpa", "torch-bf16-eager"],
                  "What to measure of others: bert-tensorflow, and transformers in either "
                  "precision with either way of attention, torch-fp32-sdpa and so on. Each holds "
                  "its memory to the end; take fewer where that is too much.")

_OURS = ["fp32", "bf16", "fp16", "fp32-recompute", "bf16-recompute", "fp16-recompute"]
_THEIRS = ["bert-tensorflow", "torch-bf16-sdpa", "torch-bf16-eager", "torch-fp32-sdpa",
           "torch-fp32-eager"]


def main():
    check_known("ours", FLAGS.ours, _OURS)
    check_known("theirs", FLAGS.theirs, _THEIRS)
    settings = dict(encoder_flags.settings(), batch_size=FLAGS.batch_size,
                    product_size=FLAGS.product_size)
    contenders = start(settings)
    turns = {name: [] for name in contenders}
    for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
        for name, contender in contenders.items():
            turns[name].append(contender.turn())
    print_results(settings, contenders, median_turns(turns))


def start(settings):
    """{name: Contender} of all that can run here; prints which cannot."""
    wanted = [("large product", sys.executable, "product")]
    wanted += [("bert_nq, " + kind, sys.executable, kind) for kind in FLAGS.ours]
    torch = FLAGS.torch_python or sys.executable
    wanted += [(kind, torch if kind.startswith("torch") else sys.executable, kind)
               for kind in encoder_flags.others(FLAGS.theirs)]
    contenders = {}
    for name, python, kind in encoder_flags.with_other_releases(wanted):
        try:
            contenders[name] = Contender(python, "train_step_contender", kind, settings)
        except UserError as e:
            print("%s is left out: %s" % (name, e))
    return contenders


def step_flops(settings):
    """Floating point operations of a step's matrix products, without embeddings and heads.

    They are those of BERT's layers; scores by distance and the like are more.
    """
    width, inner = settings["hidden_size"], settings["intermediate_size"]
    rows = settings["batch_size"] * settings["seq_length"]
    # Per row: queries, keys, values and output; the two feed-forward products; scores and context.
    layer = 2 * (4 * width * width + 2 * width * inner + 2 * settings["seq_length"] * width)
    return 3 * rows * settings["num_hidden_layers"] * layer


def print_results(settings, contenders, medians):
    """Prints the table, and how many times as fast as the others each of ours is."""
    size = settings["product_size"]
    peak = (2 * size ** 3 / medians["large product"].seconds
            if "large product" in medians else float("nan"))
    print("\n%s: %d layers of %d, %d heads; %d windows of %d wordpieces; medians of %d turns; the "
          "large product: %.0f GFLOP/s" % (
              settings["encoder"], settings["num_hidden_layers"], settings["hidden_size"],
              settings["num_attention_heads"], settings["batch_size"], settings["seq_length"],
              FLAGS.num_turns, peak / 1e9))
    print("\n%-28s %11s %12s %11s %12s  %s" % (
        "step", "examples/s", "CPU s/step", "memory, MB", "utilisation", "release"))
    for name, turn in medians.items():
        if name != "large product":
            print("%-28s %11.2f %12.2f %11.0f %12.2f  %s" % (
                name, settings["batch_size"] / turn.seconds, turn.cpu_seconds, turn.peak_mb,
                step_flops(settings) / turn.seconds / peak, contenders[name].release))
    others = [name for name in medians if not name.startswith(("bert_nq", "large"))]
    for ours in [name for name in medians if name.startswith("bert_nq") and others]:
        program.print_table("%s: times as fast, by time and by processor time" % ours, [
            (theirs, "%.2f  %.2f" % (medians[theirs].seconds / medians[ours].seconds,
                                     medians[theirs].cpu_seconds / medians[ours].cpu_seconds))
            for theirs in others])


if __name__ == "__main__":
    run(main)
