r"""Readers of candidates, after QuesBELM: hard negatives, a cascade, and two vocabularies together.

    python demo_quesbelm.py --output_dir=build/demo

makes the sample corpus, or takes that of `make demo` in the same folder, and half of its training
pages; trains a small base reader on the annotated candidates and others at random; has it score all
candidates of these pages; trains a larger reader twice, on candidates drawn at random and on those
that the base takes for answers; trains a second one of these, with another vocabulary; and predicts
the dev pages with each by itself, behind the base, and with both behind the base. First weights,
pages, numbers of rows of each kind, steps and seeds of the two trainings that are compared are the
same. The table at the end has their scores, how many candidates of a page they read, and the time.
Every stage is a program of this repository, called as it is printed.
"""
from bert_nq.cli.start import run

import contextlib
import glob
import os
import sys
import time
from typing import Dict, List, NamedTuple, Optional

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.datasets.nq.candidate_scores import read_scores
from bert_nq.features.cascade import Stage, survivors

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()

KEPT = Stage(keep=4, threshold=0.05)  # of the base reader
_PASSES = 3  # over the training pages, of all trainings
_REMARK = """
F1 at the best thresholds. The base is half as wide as the others. Seconds are of whole programs;
where pages are as few and small as here, most of that is their start. A - is where one was broken
off and carried on."""
_BATCH = "--predict_batch_size=64"


class System(NamedTuple):
    """Readers that answer together."""
    title: str
    folder: str  # of the predictions
    readers: List[str]  # the folders of the models
    base: Optional[str] = None  # the model that chooses what they read


def main():
    start = time.time()
    if FLAGS.data_dir:
        raise UserError("--data_dir: this demo is of the sample corpus alone; docs/quesbelm.md has "
                        "the commands for real data")
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    work = Work(demo, train, dev)
    base = work.train_base()
    scores = work.score_training_pages(base)
    uniform = work.train("uniform", "candidates drawn at random", "main", "vocab.txt")
    mined = work.train("mined", "candidates that the base takes for answers", "main", "vocab.txt",
                       scores)
    second = work.train("second", "the same, another vocabulary", "second", "vocab-2000.txt",
                        scores)
    systems = [System("base", "base", [base]),
               System("uniform negatives", "uniform", [uniform]),
               System("mined negatives", "mined", [mined]),
               System("  behind base", "cascade", [mined], base),
               System("  and second, behind base", "ensemble", [mined, second], base)]
    show(work, systems, [work.scores(system) for system in systems])
    print("Time: %s" % program.duration(time.time() - start))


class Work:
    """The stages behind the extracted pages, in a folder of their own."""

    def __init__(self, demo, train, dev):
        self._stages, self.dev = demo.stages, dev
        self._folder = demo.path("quesbelm")
        files.make_folder(self._folder)
        self._seconds = Seconds(self.path("seconds.json"))
        self._train = self.path("nq-train.jsonl.gz")
        self._stages.run("Take half of the training pages", self._train,
                         "prepare/extract_train_set.py", "--input_jsonl=" + train, "--sample=0.5",
                         "--output_jsonl=" + self._train)

    def path(self, *names):
        """The path of a file in that folder."""
        return os.path.join(self._folder, *names)

    def train_base(self):
        """Trains the base reader; returns its folder."""
        records = self._records("base", "vocab.txt")
        return self._fit("base", "Train the base reader", "base", "vocab.txt", records)

    def score_training_pages(self, model):
        """The file of a model's scores of all candidates of the training pages."""
        output = self.path("scores.jsonl.gz")
        return self._stages.run(
            "Score the candidates of the training pages", output, "bert_nq/run_quesbelm.py",
            "--do_predict", "--output_dir=" + model, "--predict_file=" + self._train,
            "--output_candidate_scores=" + output, _BATCH)

    def train(self, name, title, config, vocab, scores=None):
        """Trains a reader with pages that have no answer as well; returns its folder."""
        mining = ["--candidate_scores=" + scores] if scores else []
        records = self._records(name, vocab, "--answerless_share=0.66", *mining)
        return self._fit(name, "Train on " + title, config, vocab, records)

    def _records(self, name, vocab, *args):
        output = self.path(name + ".tfrecord")
        return self._stages.run(
            "Make rows: " + name, output, "prepare/prepare_candidates.py",
            "--input_jsonl=" + self._train, "--vocab_file=" + self._vocabulary(vocab),
            "--num_draws=%d" % _PASSES, "--output_tfrecord=" + output,
            "--flagfile=" + sample("rows.flags"), *args)

    def _vocabulary(self, name):
        output = self.path(name)
        size = files.read_json(sample("second.json" if "2000" in name else "main.json"))
        return self._stages.run(
            "Learn a vocabulary of %d entries" % size["vocab_size"], output,
            "prepare/make_vocab.py", "--learn_from=" + self._train, "--markers=candidates",
            "--vocab_size=%d" % size["vocab_size"], "--output_vocab=" + output)

    def _fit(self, name, title, config, vocab, records):
        config, model = sample(config + ".json"), self.path(name)
        checkpoint = self.path("init-%s" % os.path.basename(config)[:-len(".json")], "model.ckpt")
        self._stages.run(
            "Make initial weights", checkpoint + ".index", "prepare/make_init_checkpoint.py",
            "--bert_config_file=" + config, "--output_checkpoint=" + checkpoint)
        self._stages.run(
            title, None, "bert_nq/run_quesbelm.py", "--do_train",
            "--train_precomputed_file=" + records, "--vocab_file=" + self.path(vocab),
            "--bert_config_file=" + config, "--init_checkpoint=" + checkpoint,
            "--output_dir=" + model, "--flagfile=" + sample("train.flags"))
        return model

    def scores(self, system):
        """The official scores of a system's predictions of the dev pages."""
        files.make_folder(self.path(system.folder))
        predictions = self.path(system.folder, "predictions.json")
        if len(system.readers) == 1:
            self._predict(system, system.readers[0], "Predict: " + system.title.strip(),
                          predictions, "--output_prediction_file=" + predictions)
        else:
            self._combine(system, predictions)
        output = self.path(system.folder, "scores.json")
        self._stages.run(
            "Score", None, "eval/nq_eval.py", "--gold_path=" + self.dev,
            "--predictions_path=" + predictions, "--output_json=" + output)
        return files.read_json(output)

    def _predict(self, system, reader, title, output, *args):
        kept = ["--prefilter=" + system.base, "--keep=%d" % KEPT.keep,
                "--keep_threshold=%s" % KEPT.threshold] if system.base else []
        self._timed(title, output, "bert_nq/run_quesbelm.py", "--do_predict",
                    "--output_dir=" + reader, "--predict_file=" + self.dev, _BATCH, *kept, *args)

    def _combine(self, system, predictions):
        readings = [self.path(system.folder, os.path.basename(reader) + ".jsonl.gz")
                    for reader in system.readers]
        for reader, output in zip(system.readers, readings):
            self._predict(system, reader, "Read words: " + os.path.basename(reader), output,
                          "--output_readings=" + output)
        self._timed("Answer by the sums", predictions, "eval/combine_readings.py",
                    "--readings=" + ",".join(readings), "--output_prediction_file=" + predictions)

    def _timed(self, title, output, *command):
        if os.path.exists(output):
            self._stages.pass_over(title, output)
        else:
            with self._seconds.of(os.path.relpath(output, self._folder)):
                self._stages.run(title, output, *command)

    def seconds(self, system):
        """The seconds that a system's programs took; None where one of them was broken off."""
        return self._seconds.sum(system.folder + os.sep)

    def candidates_read(self, system):
        """The candidates of a page that are read: (by the base, by the readers behind it).

        Without a base the first number is 0.
        """
        folder = self.path(system.folder if system.base else "cascade")
        path = max(glob.glob(os.path.join(glob.escape(folder), "prefilter-*.jsonl.gz")),
                   key=os.path.getmtime)
        pages = [scores for _, scores in read_scores(path)]
        scored = sum(len(scores.candidates) for scores in pages) / len(pages)
        kept = sum(len(survivors(scores, KEPT).candidates) for scores in pages) / len(pages)
        return (scored, kept) if system.base else (0.0, scored)


class Seconds:
    """The times of stages, in a file, for runs that find their outputs."""

    def __init__(self, path):
        self._path = path
        self._times: Dict[str, Optional[float]] = files.read_json(path) or {}

    @contextlib.contextmanager
    def of(self, name):
        """Notes how long the block takes; of one that is carried on by another run, nothing."""
        is_first = name not in self._times
        self._note(name, None)
        with program.timed() as elapsed:
            yield
            self._note(name, elapsed() if is_first else None)

    def _note(self, name, seconds):
        self._times[name] = seconds
        files.write_json(self._path, self._times)

    def sum(self, beginning):
        """The seconds of all names that begin so; None where those of one are not known."""
        found = [seconds for name, seconds in self._times.items() if name.startswith(beginning)]
        return None if None in found else sum(found)


def sample(name):
    """The path of a settings file of the demo."""
    return os.path.join(HERE, "sample", name)


def show(work, systems, scores):
    """Prints the table and the next command."""
    print("\n%-28s%8s%10s   %-26s%8s" % ("", "long F1", "short F1", "candidates read of a page",
                                       "seconds"))
    for system, numbers in zip(systems, scores):
        seconds = work.seconds(system)
        print("%-28s%8.3f%10.3f   %-26s%8s" % (
            system.title, numbers["long-best-threshold-f1"], numbers["short-best-threshold-f1"],
            reading(system, *work.candidates_read(system)),
            "-" if seconds is None else "%.0f" % seconds))
    print(_REMARK)
    print("\nModels and predictions: %s" % work.path("*"))
    print("\nNext: see whether hard negatives were worth it\n  " + program.command(
        "eval/nq_eval.py", "--gold_path=" + work.dev, program.NEW_LINE,
        "--predictions_path=" + work.path("mined", "predictions.json"), program.NEW_LINE,
        "--compare=" + work.path("uniform", "predictions.json")))


def reading(system, by_base, by_each):
    """The candidates of a page that are read, as the table has it: 14.1 + 2 x 3.9."""
    each = "%.1f" % by_each
    if len(system.readers) > 1:
        each = "%d x %s" % (len(system.readers), each)
    return "%.1f by base + %s" % (by_base, each) if system.base else each


if __name__ == "__main__":
    run(main)
