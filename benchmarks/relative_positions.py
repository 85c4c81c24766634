r"""What relative positions cost beside absolute ones: a training step and a forward pass of BERT.

    python benchmarks/relative_positions.py

Step and pass are those of train_step.py and predict.py. The three kinds of positions, in each
precision, are processes that take turns. Medians over the turns are printed, and each kind's time
and processor time over those of absolute positions in the same precision.

Nothing stands beside them: transformers 5 passes over `position_embedding_type`, and computes
absolute positions whatever it says.
"""
from bert_nq.cli.start import run

import sys

import encoder_flags
import encoder_settings
from absl import flags
from contenders import Contender, check_known, median_turns

from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.modeling.encoders.bert_config import ABSOLUTE, POSITIONS

FLAGS = flags.FLAGS

encoder_flags.define_sizes(384)
flags.DEFINE_integer("batch_size", 8, "Windows of a step.", lower_bound=1)
flags.DEFINE_integer("num_turns", 7, "Steps that are measured of each.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Of a process that predicts; 0: as many as there are cores.",
                     lower_bound=0)
flags.DEFINE_list("precisions", ["fp32", "bf16"], "Of layers: fp32, bf16.")

# What is measured, and the module that does.
_PARTS = [("training step", "train_step_contender"), ("forward pass", "predict_contender")]


def main():
    check_known("precisions", FLAGS.precisions, ["fp32", "bf16", "fp16"])
    sizes = encoder_flags.sizes()
    print("%d layers of %d, %d heads; %d windows of %d wordpieces; medians of %d turns" % (
        sizes["num_hidden_layers"], sizes["hidden_size"], sizes["num_attention_heads"],
        FLAGS.batch_size, FLAGS.max_seq_length, FLAGS.num_turns))
    for title, module in _PARTS:
        contenders = start(module, sizes)
        turns = {name: [] for name in contenders}
        for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
            for name, contender in contenders.items():
                turns[name].append(contender.turn())
        for contender in contenders.values():
            contender.close()
        print_results(title, median_turns(turns))


def start(module, sizes):
    """{(precision, kind of positions): Contender} of all that can run; prints which cannot."""
    contenders = {}
    for precision in FLAGS.precisions:
        for positions in POSITIONS:
            settings = encoder_settings.make("bert", sizes, FLAGS.max_seq_length,
                                             {"position_embedding_type": positions})
            settings.update(batch_size=FLAGS.batch_size, threads=FLAGS.threads)
            try:
                contenders[precision, positions] = Contender(sys.executable, module, precision,
                                                             settings)
            except UserError as e:
                print("%s, %s is left out: %s" % (precision, positions, e))
    return contenders


def print_results(title, medians):
    """Prints the table of what was measured."""
    print("\n%-13s %-20s %10s %10s %11s %9s %9s" % (
        title, "positions", "windows/s", "CPU s", "memory, MB", "time", "CPU time"))
    for (name, positions), turn in medians.items():
        base = medians.get((name, ABSOLUTE), turn)
        print("%-13s %-20s %10.2f %10.3f %11.0f %8.2fx %8.2fx" % (
            name, positions, FLAGS.batch_size / turn.seconds, turn.cpu_seconds, turn.peak_mb,
            turn.seconds / base.seconds, turn.cpu_seconds / base.cpu_seconds))


if __name__ == "__main__":
    run(main)
