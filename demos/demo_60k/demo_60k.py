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
import json
import os
import shlex
import subprocess
import sys
import time

from absl import flags

from bert_nq import files, program
from bert_nq.errors import UserError

FLAGS = flags.FLAGS

flags.DEFINE_string("output_dir", None, "Where everything is written.")
flags.DEFINE_string("data_dir", None,
                    "Folder of NQ shards, with train/ and dev/ in it; else the sample corpus.")
flags.DEFINE_string("vocab_file", None, "With --data_dir: the vocabulary with the NQ markers.")
flags.DEFINE_string("init_checkpoint", None,
                    "With --data_dir: BERT-Tiny's checkpoint; else training starts from nothing.")
flags.DEFINE_string("bert_config_file", None, "The encoder, if not the one beside this program.")
flags.DEFINE_integer("num_train", 10, "With --data_dir: how many training shards are used.")
flags.DEFINE_integer("num_train_pages", 3000, "Pages of the sample corpus to train on.")
flags.DEFINE_integer("num_dev_pages", 300, "Pages of the sample corpus to score on.")
flags.DEFINE_bool("do_train", True, "Whether to train.")
flags.DEFINE_bool("do_predict", True, "Whether to predict and score.")

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Stages:
    """Runs the repository's programs one after the other."""

    def __init__(self):
        self._count = 0

    def run(self, title, output, script, *args):
        """Runs a program, unless the file `output` is there already; returns `output`."""
        self._count += 1
        if output and os.path.exists(output):
            print("\n[%d] %s: %s is there" % (self._count, title, output), flush=True)
            return output
        command = [os.path.relpath(os.path.join(ROOT, script))] + list(args)
        print("\n[%d] %s\n$ python %s" % (self._count, title, " ".join(map(shlex.quote, command))),
              flush=True)
        code = subprocess.call([sys.executable] + command)
        if code:
            raise UserError("%s failed (exit code %d), see above; what was finished is kept"
                            % (script, code))
        return output


def main():
    program.require(FLAGS, "output_dir")
    if FLAGS.data_dir:
        program.require(FLAGS, "vocab_file")
    start = time.time()
    files.make_folder(FLAGS.output_dir)
    stages = Stages()
    settings = os.path.join(HERE, "nq" if FLAGS.data_dir else "sample")
    train, dev = nq_shards(stages) if FLAGS.data_dir else sample_shards(stages)
    vocab = FLAGS.vocab_file or stages.run(
        "Learn a vocabulary", path("vocab-nq.txt"), "prepare/make_vocab.py",
        "--learn_from=" + train, "--vocab_size=4000", "--output_vocab=" + path("vocab-nq.txt"))
    config = FLAGS.bert_config_file or os.path.join(settings, "bert_config.json")
    checkpoint = FLAGS.init_checkpoint or stages.run(
        "Make initial weights", path("init/bert_model.ckpt.index"),
        "prepare/make_init_checkpoint.py", "--bert_config_file=" + config,
        "--output_checkpoint=" + path("init/bert_model.ckpt"))
    model = ["--bert_config_file=" + config, "--vocab_file=" + vocab,
             "--init_checkpoint=" + checkpoint, "--output_dir=" + path("model"),
             "--flagfile=" + os.path.join(settings, "train.flags")]
    if FLAGS.do_train:
        records = stages.run(
            "Make training windows", path("nq-train.tfrecord"), "prepare/prepare_nq_data.py",
            "--input_jsonl=" + train, "--vocab_file=" + vocab,
            "--output_tfrecord=" + path("nq-train.tfrecord"),
            "--flagfile=" + os.path.join(settings, "prepare.flags"))
        stages.run("Train", None, "bert_nq/run_nq.py", "--do_train",
                   "--train_precomputed_file=" + records, *model)
    if FLAGS.do_predict:
        predict_and_score(stages, model, dev)
        print("Time: %s" % program.duration(time.time() - start))


def path(name):
    """A file of the output folder."""
    return os.path.join(FLAGS.output_dir, name)


def sample_shards(stages):
    """Makes the sample corpus and merges its shards; returns the train and dev files."""
    corpus = path("corpus")
    stages.run("Make the sample corpus", os.path.join(corpus, "nq-dev-01.jsonl.gz"),
               "demos/make_sample_corpus.py", "--output_dir=" + corpus,
               "--num_train_pages=%d" % FLAGS.num_train_pages,
               "--num_dev_pages=%d" % FLAGS.num_dev_pages)
    return merged_shards(stages, corpus, corpus, [])


def nq_shards(stages):
    """Merges the chosen shards of real NQ; returns the train and dev files."""
    return merged_shards(stages, os.path.join(FLAGS.data_dir, "train"),
                         os.path.join(FLAGS.data_dir, "dev"), ["--num_train=%d" % FLAGS.num_train])


def merged_shards(stages, train_dir, dev_dir, train_args):
    """Extracts one training and one dev file; returns their paths."""
    train = stages.run("Extract the training set", path("nq-train.jsonl.gz"),
                       "prepare/extract_train_set.py", "--data_dir=" + train_dir,
                       "--output_jsonl=" + path("nq-train.jsonl.gz"), *train_args)
    dev = stages.run("Extract the dev set", path("nq-dev.jsonl.gz"), "prepare/extract_dev_set.py",
                     "--data_dir=" + dev_dir, "--output_jsonl=" + path("nq-dev.jsonl.gz"))
    return train, dev


def predict_and_score(stages, model, dev):
    """Predicts the dev set, scores it and prints the table."""
    predictions, scores_file = path("predictions.json"), path("scores.json")
    stages.run("Predict", None, "bert_nq/run_nq.py", "--do_predict", "--predict_file=" + dev,
               "--output_prediction_file=" + predictions, *model)
    stages.run("Score", None, "eval/nq_eval.py", "--gold_path=" + dev,
               "--predictions_path=" + predictions, "--output_json=" + scores_file)
    with files.open_binary(scores_file) as f:
        scores = json.load(f)
    print("\n%-14s %8s %10s %8s %15s" % ("", "F1", "precision", "recall", "best threshold"))
    for kind in ("long", "short"):
        print("%-14s %8.3f %10.3f %8.3f %15.2f" % ((kind + " answers",) + tuple(
            scores["%s-best-threshold%s" % (kind, key)]
            for key in ("-f1", "-precision", "-recall", ""))))
    print("\nModel:       %s\nPredictions: %s\nScores:      %s" % (path("model"), predictions,
                                                                   scores_file))
    print("\nNext: see what the model was trained on\n  python records/inspect_records.py "
          "--input_tfrecord=%s --vocab_file=%s" % (path("nq-train.tfrecord"),
                                                   path("model/vocab.txt")))


if __name__ == "__main__":
    program.run(main)
