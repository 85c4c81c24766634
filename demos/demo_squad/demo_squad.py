r"""Fine-tunes and scores on SQuAD-shaped data of both versions, made of the sample corpus.

    python demo_squad.py --output_dir=build/demo
    python demo_squad.py --output_dir=build/demo --encoder=albert

makes the sample corpus, a vocabulary and initial weights, or takes those of `make demo` in the same
folder; turns the corpus into SQuAD 1.1 and 2.0; trains a small model on each with run_squad.py and
prints the official scores. Every stage is a program of this repository, called as it is printed.

Other encoders than BERT start at random, without initial weights; their settings are in encoders/.
"relative" is BERT with relative positions.
"""
from bert_nq.cli.start import run

import os
import sys
import time

from absl import flags

from bert_nq.base import files
from bert_nq.cli import program

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()
_OTHERS = os.path.join(HERE, "encoders")
flags.DEFINE_enum("encoder", "bert", ["bert"] + sorted(os.listdir(_OTHERS)), "What is trained.")
flags.DEFINE_enum("head", "span", ["span", "beam"], "The head of run_squad.py on it.")

_COLUMNS = (("EM", "exact"), ("F1", "f1"), ("HasAns F1", "HasAns_f1"), ("NoAns F1", "NoAns_f1"))


def main():
    start = time.time()
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    folder = demo.path("squad")
    files.make_folder(folder)
    for split, shard in (("train", train), ("dev", dev)):
        prefix = os.path.join(folder, split)
        demo.stages.run("Turn the %s set into SQuAD" % split, prefix + "-v2.0.json",
                        "demos/demo_squad/make_squad_data.py", "--input_jsonl=" + shard,
                        "--output_prefix=" + prefix)
    settings = encoder_settings(demo, train)
    models = {version: os.path.join(folder, "-".join(
        ["model-v" + version] + [flag.value for flag in (FLAGS["encoder"], FLAGS["head"])
                                 if flag.value != flag.default]))
        for version in ("1.1", "2.0")}
    scores = {version: train_and_score(demo, folder, version, settings, model)
              for version, model in models.items()}
    show(folder, scores, models)
    print("Time: %s" % program.duration(time.time() - start))


def encoder_settings(demo, train):
    """The flags of run_squad.py that say what is trained, and how."""
    common = ["--flagfile=" + os.path.join(HERE, "sample", "train.flags"),
              "--head=" + FLAGS.head]
    folder = os.path.join(_OTHERS, FLAGS.encoder)
    if not os.path.exists(folder):
        return common + ["--%s=%s" % item for item in demo.encoder(train).items()]
    return common + ["--flagfile=" + os.path.join(folder, "train.flags"),
                     "--bert_config_file=" + os.path.join(folder, "bert_config.json"),
                     "--vocab_file=" + vocabulary(demo, train, folder)]


def vocabulary(demo, train, folder):
    """BERT's kind of vocabulary, or the one that an encoder's settings ask for."""
    kind = os.path.join(folder, "vocab.flags")
    if not os.path.exists(kind):
        return demo.vocabulary(train)
    return demo.vocabulary(train, "spiece-%s.model" % FLAGS.encoder, "--flagfile=" + kind)


def train_and_score(demo, folder, version, settings, model):
    """Trains on a version and scores its dev set; returns the official numbers."""
    train, dev = (os.path.join(folder, "%s-v%s.json" % (split, version))
                  for split in ("train", "dev"))
    scores = os.path.join(model, "scores.json")
    negative = ["--version_2_with_negative"] if version == "2.0" else []
    demo.stages.run(
        "Train on SQuAD %s and score" % version, None, "bert_nq/run_squad.py", "--do_train",
        "--do_eval", "--train_file=" + train, "--predict_file=" + dev, "--output_dir=" + model,
        *negative, *settings)
    odds = ["--na_prob_path=" + os.path.join(model, "null_odds.json"),
            "--na_prob_thresh=1e9"] if negative else []
    demo.stages.run("Score SQuAD %s with the official measure" % version, None,
                    "eval/squad_eval.py", "--gold_path=" + dev, "--predictions_path="
                    + os.path.join(model, "predictions.json"), "--output_json=" + scores, *odds)
    return files.read_json(scores)


def show(folder, scores, models):
    """Prints the table of scores and the next command."""
    print("\n%-10s" % "" + "".join("%11s" % title for title, _ in _COLUMNS))
    for version, numbers in scores.items():
        numbers = dict({"exact": numbers.get("exact_match")}, **numbers)
        print("%-10s" % ("SQuAD " + version) + "".join(
            "%11s" % ("%.2f" % numbers[key] if key in numbers else "") for _, key in _COLUMNS))
    model = models["2.0"]
    print("\nModels:      %s\nPredictions: %s" % (
        ", ".join(models.values()), os.path.join(model, "predictions.json")))
    print("\nNext: look closer\n  " + program.command(
        "eval/squad_eval.py", "--gold_path=" + os.path.join(folder, "dev-v2.0.json"),
        "--predictions_path=" + os.path.join(model, "predictions.json"), program.NEW_LINE,
        "--na_prob_path=" + os.path.join(model, "null_odds.json"), "--na_prob_thresh=1e9",
        "--report=" + os.path.join(folder, "report")))


if __name__ == "__main__":
    run(main)
