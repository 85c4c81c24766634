r"""Trains a teacher, a student of half of its layers, and the same student with the teacher's help.

    python demo_distillation.py --output_dir=build/demo

makes the sample corpus and a vocabulary, or takes those of `make demo` in the same folder; turns
the corpus into SQuAD 2.0; trains a small model on it, the teacher; makes a student of every second
layer of it; and trains this student twice with run_squad.py: on the labels alone, and on the labels
and the logits of the teacher. Code, records, order of windows, number of steps, first weights and
seed of the two are the same. The table at the end has the scores, sizes and speeds of all three.
Every stage is a program of this repository, called as it is printed.
"""
from bert_nq.cli.start import run

import os
import sys
import time

from absl import flags

from bert_nq.base import files
from bert_nq.cli import distillation, program, teacher_folders

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))  # for nq_demo

import nq_demo  # noqa: E402

FLAGS = flags.FLAGS

nq_demo.define_flags()

_SETTINGS = (os.path.join(os.path.dirname(HERE), "demo_squad", "sample", "train.flags"),
             os.path.join(HERE, "sample", "train.flags"))
_COLUMNS = (("EM", "exact"), ("F1", "f1"), ("HasAns EM", "HasAns_exact"),
            ("HasAns F1", "HasAns_f1"), ("NoAns", "NoAns_f1"))
_TIMED_WINDOWS = 512


def main():
    start = time.time()
    demo = nq_demo.Demo()
    train, dev = demo.shards()
    vocab = demo.vocabulary(train)
    for split, shard in (("train", train), ("dev", dev)):
        prefix = demo.path("squad/" + split)
        demo.stages.run("Turn the %s set into SQuAD" % split, prefix + "-v2.0.json",
                        "demos/demo_squad/make_squad_data.py", "--input_jsonl=" + shard,
                        "--output_prefix=" + prefix)
    work = Distillation(demo, vocab)
    work.prepare()
    teacher = work.train("teacher", "Train the teacher", *work.first_weights())
    student = work.student_of(teacher)
    models = {
        "teacher": teacher,
        "student": work.train("student", "Train the student on the labels alone", *student),
        "student with the teacher": work.train(
            "distilled", "Train the same student on the labels and the teacher's logits", *student,
            "--teacher_logits=" + work.logits_of(teacher))}
    show(work, models)
    print("Time: %s" % program.duration(time.time() - start))


class Distillation:
    """The stages behind the data, in a folder of their own.

    Attributes:
      records: the path of the training records.
      dev: the path of the dev set.
    """

    def __init__(self, demo, vocab):
        self._demo, self._vocab = demo, vocab
        self._folder = demo.path("distillation")
        files.make_folder(self._folder)
        self.records = self.path("train.tfrecord")
        self.dev = demo.path("squad/dev-v2.0.json")

    def path(self, name):
        """The path of a file in that folder."""
        return os.path.join(self._folder, name)

    def prepare(self):
        """Makes the windows that all are trained on."""
        self._demo.stages.run(
            "Make training windows", self.records, "prepare/prepare_squad_data.py",
            "--input_file=" + self._demo.path("squad/train-v2.0.json"), "--version_2_with_negative",
            "--vocab_file=" + self._vocab, "--output_tfrecord=" + self.records,
            "--max_seq_length=128", "--doc_stride=64", "--max_query_length=32")

    def first_weights(self):
        """The flags of the teacher's config and of the weights that it starts from."""
        config = FLAGS.bert_config_file or os.path.join(HERE, "sample", "bert_config.json")
        checkpoint = self.path("init/bert_model.ckpt")
        self._demo.stages.run(
            "Make initial weights", checkpoint + ".index", "prepare/make_init_checkpoint.py",
            "--bert_config_file=" + config, "--output_checkpoint=" + checkpoint)
        return ["--bert_config_file=" + config, "--init_checkpoint=" + checkpoint]

    def student_of(self, teacher):
        """The same flags of a student of half of the teacher's layers."""
        folder = self.path("half")
        self._demo.stages.run(
            "Make a student of every second layer", os.path.join(folder, "bert_model.ckpt.index"),
            "prepare/make_student.py", "--teacher_dir=" + teacher, "--layers=every_second",
            "--output_dir=" + folder)
        return ["--bert_config_file=" + os.path.join(folder, "bert_config.json"),
                "--init_checkpoint=" + os.path.join(folder, "bert_model.ckpt"),
                "--flagfile=" + os.path.join(HERE, "sample", "student.flags")]

    def logits_of(self, teacher):
        """The folder of the teacher's logits for the training windows."""
        folder = self.path("teacher-logits")
        self._demo.stages.run(
            "Compute the teacher's logits", None, "prepare/teacher_logits.py",
            "--teacher_dir=" + teacher, "--input_file=" + self.records, "--output_dir=" + folder,
            "--predict_batch_size=64")
        return folder

    def train(self, name, title, *settings):
        """Trains a model and predicts the dev set; returns the model's folder."""
        model = self.path(name)
        self._demo.stages.run(
            title, None, "bert_nq/run_squad.py", "--do_train", "--do_eval",
            "--train_precomputed_file=" + self.records, "--predict_file=" + self.dev,
            "--vocab_file=" + self._vocab, "--output_dir=" + model, "--version_2_with_negative",
            *["--flagfile=" + path for path in _SETTINGS], *settings)
        return model

    def scores(self, model):
        """The official scores of a model's predictions."""
        output = os.path.join(model, "scores.json")
        self._demo.stages.run(
            "Score %s" % os.path.basename(model), None, "eval/squad_eval.py",
            "--gold_path=" + self.dev, "--output_json=" + output,
            "--predictions_path=" + os.path.join(model, "predictions.json"))
        return files.read_json(output)


def show(work, models):
    """Prints the table and the next command."""
    scores = {title: work.scores(model) for title, model in models.items()}
    program.quiet_tensorflow(False)
    print("\n%-26s" % "" + "".join("%11s" % title for title, _ in _COLUMNS)
          + "%12s%11s" % ("parameters", "windows/s"))
    for title, model in models.items():
        size, speed = size_and_speed(model, work.records)
        print("%-26s" % title + "".join(
            "%11s" % ("%.2f" % scores[title][key] if key in scores[title] else "")
            for _, key in _COLUMNS)
              + "%12s%11.0f" % (format(size, ","), speed))
    print("\nModels: %s" % ", ".join(models.values()))
    print("\nNext: see where they differ\n  " + program.command(
        "eval/squad_eval.py", "--gold_path=" + work.dev, program.NEW_LINE,
        "--predictions_path=" + os.path.join(models["student with the teacher"],
                                             "predictions.json"), program.NEW_LINE,
        "--compare=" + os.path.join(models["student"], "predictions.json")))


def size_and_speed(model, records):
    """The parameters of a model's encoder, and the windows a second that it computes.

    Windows are of full length, 64 at once, in one process on all cores; the best of three times.
    """
    from bert_nq.modeling import encoders
    from bert_nq.records import training_files
    task, settings, members = teacher_folders.find([model])
    length, config = settings["max_seq_length"], members[0].model.config
    demands = training_files.Demands.of(task.featurizer, length, config)
    windows = next(training_files.read_chunks(records, demands, 0, _TIMED_WINDOWS))
    seconds = []
    with distillation.open_model(members, task.featurizer.spec, "fp32", 64) as opened:
        for _ in range(4):  # The first prepares the graph.
            with program.timed() as elapsed:
                opened.run(windows, length)
                seconds.append(elapsed())
    number = len(windows["input_mask"])
    return encoders.num_weights(config), number / min(seconds[1:])


if __name__ == "__main__":
    run(main)
