"""Flags and stages that the demos share, from NQ shards to a scored system.

Every stage runs one of this repository's programs and prints its command. A stage whose output
exists is skipped. The settings are flag files in demo_60k/sample/ and demo_60k/nq/.
"""
import os
import subprocess
import sys
from typing import Dict, Optional, Sequence, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.estimator import model_folder
from bert_nq.records import manifest

# In --help the flags count as those of the program that calls `define_flags`.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(_HERE)


def define_flags() -> None:
    """Defines the flags of a demo."""
    flags.DEFINE_string("output_dir", None, "Where everything is written.")
    flags.DEFINE_string("data_dir", None,
                        "Folder of NQ shards, with train/ and dev/ in it; else the sample corpus.")
    flags.DEFINE_string("vocab_file", None,
                        "With --data_dir: the vocabulary with the NQ markers.")
    flags.DEFINE_string("init_checkpoint", None, "With --data_dir: BERT-Tiny's checkpoint; else "
                        "training starts from nothing.")
    flags.DEFINE_string("bert_config_file", None,
                        "The encoder, if not the one in the folder of settings.")
    flags.DEFINE_integer("num_train", 10, "With --data_dir: how many training shards are used.")
    flags.DEFINE_integer("num_train_pages", 3000, "Pages of the sample corpus to train on.")
    flags.DEFINE_integer("num_dev_pages", 300, "Pages of the sample corpus to score on.")
    flags.DEFINE_bool("do_train", True, "Whether to train.")
    flags.DEFINE_bool("do_predict", True, "Whether to predict and score.")


def path_of(script: str) -> str:
    """The path of a program of this repository, from the current folder."""
    return os.path.relpath(os.path.join(_ROOT, script))


class Stages:
    """Runs the repository's programs one after the other and numbers them."""

    def __init__(self):
        self._count = 0

    def run(self, title: str, output: Optional[str], script: str, *args: str,
            codes: Sequence[int] = (0,)) -> Optional[str]:
        """Runs a program, unless the file `output` exists already; returns `output`.

        Args:
          title: what is printed of it.
          output: what it writes; None: it is always run.
          script: its path in this repository.
          *args: its arguments.
          codes: the exit codes that are no failure.

        Raises:
          UserError: the program failed.
        """
        if output and os.path.exists(output):
            self.pass_over(title, output)
            return output
        self._count += 1
        command = [path_of(script)] + list(args)
        print("\n[%d] %s\n$ %s" % (self._count, title, program.command(script, *args)), flush=True)
        code = subprocess.call([sys.executable] + command)
        if code not in codes:
            raise UserError("%s failed (exit code %d), see above; what was finished is kept"
                            % (script, code))
        return output

    def pass_over(self, title: str, output: str) -> None:
        """Prints that the stage is skipped, since `output` exists."""
        self._count += 1
        print("\n[%d] %s: %s is there" % (self._count, title, output), flush=True)


class Demo:
    """The stages that all systems of one output folder share: those before training windows.

    Attributes:
      stages: runs the programs.
    """

    def __init__(self):
        """Checks the flags and makes the output folder."""
        program.require(FLAGS, "output_dir")
        if FLAGS.data_dir:
            program.require(FLAGS, "vocab_file")
        files.make_folder(FLAGS.output_dir)
        self.stages = Stages()

    def path(self, name: str) -> str:
        """The path of a file in the output folder."""
        return os.path.join(FLAGS.output_dir, name)

    def settings(self, name: str) -> str:
        """The path of a settings file."""
        return os.path.join(_HERE, "demo_60k", "nq" if FLAGS.data_dir else "sample", name)

    def shards(self) -> Tuple[str, str]:
        """Extracts one training and one dev file, of the sample corpus or of real NQ.

        Returns:
          (path of the training file, path of the dev file).
        """
        if FLAGS.data_dir:
            train_dir, dev_dir = (os.path.join(FLAGS.data_dir, s) for s in ("train", "dev"))
            return self._merged(train_dir, dev_dir, ["--num_train=%d" % FLAGS.num_train])
        corpus = self.path("corpus")
        self.stages.run("Make the sample corpus", os.path.join(corpus, "nq-dev-01.jsonl.gz"),
                        "demos/make_sample_corpus.py", "--output_dir=" + corpus,
                        "--num_train_pages=%d" % FLAGS.num_train_pages,
                        "--num_dev_pages=%d" % FLAGS.num_dev_pages)
        return self._merged(corpus, corpus, [])

    def _merged(self, train_dir, dev_dir, train_args):
        train, dev = self.path("nq-train.jsonl.gz"), self.path("nq-dev.jsonl.gz")
        self.stages.run("Extract the training set", train, "prepare/extract_train_set.py",
                        "--data_dir=" + train_dir, "--output_jsonl=" + train, *train_args)
        self.stages.run("Extract the dev set", dev, "prepare/extract_dev_set.py",
                        "--data_dir=" + dev_dir, "--output_jsonl=" + dev)
        return train, dev

    def encoder(self, train: str) -> Dict[str, str]:
        """The encoder to train, as flags of run_nq.py: the files that flags name, or made now.

        Args:
          train: the training set, from which a vocabulary is learnt.
        """
        vocab = self.vocabulary(train)
        config = FLAGS.bert_config_file or self.settings("bert_config.json")
        checkpoint = FLAGS.init_checkpoint or self.stages.run(
            "Make initial weights", self.path("init/bert_model.ckpt.index"),
            "prepare/make_init_checkpoint.py", "--bert_config_file=" + config,
            "--output_checkpoint=" + self.path("init/bert_model.ckpt"))
        return {"bert_config_file": config, "vocab_file": vocab, "init_checkpoint": checkpoint}

    def vocabulary(self, train: str, name: str = "vocab-nq.txt", *kind: str) -> str:
        """The vocabulary that a flag names, or one that is learnt from the training set now.

        Args:
          train: the training set.
          name: of its file in the output folder.
          *kind: flags of make_vocab.py that say what kind it is.
        """
        return FLAGS.vocab_file or self.stages.run(
            "Learn a vocabulary", self.path(name), "prepare/make_vocab.py",
            "--learn_from=" + train, "--vocab_size=4000", "--output_vocab=" + self.path(name),
            *kind)


class System:
    """A model that is trained on a training set and scored on a dev set.

    Attributes:
      records, predictions, scores_file: paths of its files.
      model: path of its model folder.
    """

    def __init__(self, demo: Demo, folder: str, encoder: Dict[str, str]):
        """
        Args:
          demo: the demo that it belongs to.
          folder: the folder of its files, which may be the demo's.
          encoder: flags from `Demo.encoder`.
        """
        self._demo = demo
        self._encoder = encoder
        self.records, self.model, self.predictions, self.scores_file = (
            os.path.join(folder, name)
            for name in ("nq-train.tfrecord", "model", "predictions.json", "scores.json"))

    def train(self, train: str) -> None:
        """Makes windows of a training set and trains on them."""
        self._demo.stages.run(
            "Make training windows", self.records, "prepare/prepare_nq_data.py",
            "--input_jsonl=" + train, "--vocab_file=" + self._encoder["vocab_file"],
            "--output_tfrecord=" + self.records,
            "--flagfile=" + self._demo.settings("prepare.flags"))
        self._demo.stages.run("Train", None, "bert_nq/run_nq.py", "--do_train",
                              "--train_precomputed_file=" + self.records, *self._model_flags())

    def predict_and_score(self, dev: str) -> Dict[str, float]:
        """Predicts a dev set; returns {name: official score}."""
        stages = self._demo.stages
        stages.run("Predict", None, "bert_nq/run_nq.py", "--do_predict", "--predict_file=" + dev,
                   "--output_prediction_file=" + self.predictions, *self._model_flags())
        stages.run("Score", None, "eval/nq_eval.py", "--gold_path=" + dev,
                   "--predictions_path=" + self.predictions, "--output_json=" + self.scores_file)
        return files.read_json(self.scores_file)

    def scores_of_model(self) -> Optional[Dict[str, float]]:
        """The scores by an earlier run if they are newer than the model; else None."""
        trained = os.path.join(self.model, "checkpoint")  # names the newest checkpoint
        if (os.path.exists(self.scores_file) and os.path.exists(trained)
                and os.path.getmtime(self.scores_file) > os.path.getmtime(trained)):
            self._demo.stages.pass_over("Predict and score", self.scores_file)
            return files.read_json(self.scores_file)
        return None

    def num_windows(self) -> Optional[int]:
        """The number of training windows; None if the records have no manifest."""
        written = manifest.read_manifest(manifest.manifest_path(self.records))
        return written.counts["records"] if written else None

    def num_steps(self) -> Optional[int]:
        """The number of steps that the model was trained for; None if there is no model."""
        return model_folder.steps_done(self.model)

    def _model_flags(self):
        flag_values = ["--%s=%s" % item for item in self._encoder.items()]
        return flag_values + ["--output_dir=" + self.model,
                              "--flagfile=" + self._demo.settings("train.flags")]
