r"""The BERT-Tiny system that tinyBERT-NQ calls "60k": extract, prepare, train, predict, score.

On a made-up encyclopedia, in a few minutes:

    python demo_60k.py --output_dir=build/demo

On real NQ shards (DIR/train/nq-train-00.jsonl.gz ..., DIR/dev/nq-dev-00.jsonl.gz ...) with the
settings of that project (ten training shards, 2 layers of 128, windows of 384, 3 epochs):

    python demo_60k.py --data_dir=DIR --vocab_file=vocab-nq.txt \
        --init_checkpoint=uncased_L-2_H-128_A-2/bert_model.ckpt --output_dir=demo_60k

Every stage is one of the programs of this repository, called as it is printed. A stage whose
output is there is not run again: remove --output_dir to start anew. The settings are flag files
beside this program, in sample/ and nq/.
"""
from bert_nq.cli.start import run

import os
import sys
import time

from absl import flags

from bert_nq.cli import program

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()


def main():
    start = time.time()
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    system = nq_demo.System(demo, FLAGS.output_dir, demo.encoder(train))
    if FLAGS.do_train:
        system.train(train)
    if FLAGS.do_predict:
        show(system, system.predict_and_score(dev))
        print("Time: %s" % program.duration(time.time() - start))


def show(system, scores):
    """Prints the table of scores and the paths of the results."""
    print("\n%-14s %8s %10s %8s %15s" % ("", "F1", "precision", "recall", "best threshold"))
    for kind in ("long", "short"):
        print("%-14s %8.3f %10.3f %8.3f %15.2f" % ((kind + " answers",) + tuple(
            scores["%s-best-threshold%s" % (kind, key)]
            for key in ("-f1", "-precision", "-recall", ""))))
    print("\nModel:       %s\nPredictions: %s\nScores:      %s"
          % (system.model, system.predictions, system.scores_file))
    print("\nNext: see what the model was trained on\n  " + program.command(
        "records/inspect_records.py", "--input_tfrecord=" + system.records,
        "--vocab_file=" + os.path.join(system.model, "vocab.txt")))


if __name__ == "__main__":
    run(main)
