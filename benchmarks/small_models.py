r"""Measures small models: a student with and without a teacher, and each in int8.

    python benchmarks/small_models.py --train_file=train-v1.1.json.gz --dev_file=dev-v2.0.json.gz \
        --model_dir=minilm-tf --learning_rate=2e-4 --seeds=1,2,3

For each seed, on SQuAD 2.0: a teacher is trained from the checkpoint in --model_dir; a student is
made of some of its layers (--layers); this is trained on the labels alone, and on the labels and
the teacher's logits, with the same windows, order, steps, first weights and seed. Each of the three
answers the dev questions by TensorFlow in fp32 and bf16 and by OpenVINO in bf16 and in int8, which
is calibrated on training windows.

Training questions are drawn from those of --train_file that have an answer; every third
(--unanswerable) is asked of another paragraph of the same article that does not have the answer's
text. Dev questions are as they are.

Two tables are printed: scores, sizes and speeds, and what a step from one to the other changes in
F1, question by question. Speed is that of the whole program, its start included, on the second run
of two for int8, since the first one converts the model. What is finished is kept in WORK_DIR and
not done again.
"""
from bert_nq.cli.start import run

import os
import statistics
import sys

import cells
import processes
from absl import flags
from contenders import check_known

from bert_nq.base import files
from bert_nq.cli import program

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FLAGS = flags.FLAGS

TEACHER, ALONE, TAUGHT = "teacher", "student alone", "student with the teacher"
_RUNTIMES = ["fp32", "bf16", "openvino-bf16", "openvino-int8"]

flags.DEFINE_string("train_file", None, "Questions with answers and the titles of their articles, "
                    "as SQuAD 1.1 has them.")
flags.DEFINE_string("dev_file", None, "Questions to score on, SQuAD 2.0.")
flags.DEFINE_string("model_dir", None, "The teacher before it is trained: bert_model.ckpt, "
                    "bert_config.json and vocab.txt.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks", "small-models"),
                    "Folder of the runs.")
flags.DEFINE_list("runtimes", _RUNTIMES, "Which to answer by: %s." % ", ".join(_RUNTIMES))
flags.DEFINE_list("seeds", ["1", "2", "3"], "Of dropout, new weights and order.")
flags.DEFINE_string("layers", "every_second", "Of the student, as make_student.py takes them.")
flags.DEFINE_integer("questions", 6000, "Drawn from --train_file.", lower_bound=1)
flags.DEFINE_float("unanswerable", 1 / 3, "The share of them that loses its answer.",
                   lower_bound=0, upper_bound=1)
flags.DEFINE_integer("dev_questions", 2000, "Drawn from --dev_file.", lower_bound=1)
flags.DEFINE_integer("batch_size", 4, "Windows of a step.", lower_bound=1)
flags.DEFINE_float("learning_rate", 5e-5, "The highest.", lower_bound=0)
flags.DEFINE_float("num_train_epochs", 2.0, "Passes over the windows, of all three models.",
                   lower_bound=0)
flags.DEFINE_enum("train_precision", "bf16", ["bf16", "fp32"], "Of training and of the logits.")


def main():
    program.require(FLAGS, "train_file", "dev_file", "model_dir")
    check_known("runtimes", FLAGS.runtimes, _RUNTIMES)
    study = Study(*_draw_rows())
    runs = [(seed, model) for seed in FLAGS.seeds for model in (TEACHER, ALONE, TAUGHT)]
    results = {}
    for number, (seed, model) in enumerate(runs, 1):
        program.note("[%d/%d] %s, seed %s" % (number, len(runs), model, seed))
        folder = study.train(model, int(seed))
        for runtime in FLAGS.runtimes:
            results.setdefault((model, runtime), []).append(study.answer(model, folder, runtime))
    print("%d training questions, %d of dev; %g epochs of steps of %d at %g in %s\n" % (
        FLAGS.questions, FLAGS.dev_questions, FLAGS.num_train_epochs, FLAGS.batch_size,
        FLAGS.learning_rate, FLAGS.train_precision))
    print(_table(results))
    print("\n" + _differences(results))


def _draw_rows():
    """Writes the questions; returns the paths of those of training and of dev."""
    import squad_rows
    found = [example for example in squad_rows.read(FLAGS.train_file) if example.answers]
    train = squad_rows.with_unanswerable(squad_rows.drawn(found, FLAGS.questions),
                                         FLAGS.unanswerable)
    dev = squad_rows.drawn(squad_rows.read(FLAGS.dev_file), FLAGS.dev_questions)
    files.make_folder(FLAGS.work_dir)
    return (squad_rows.write(os.path.join(FLAGS.work_dir, "train.jsonl"), train),
            squad_rows.write(os.path.join(FLAGS.work_dir, "dev.jsonl"),
                             [squad_rows.row(example) for example in dev]))


class Study:
    """The runs: each is a program of this repository, whose output goes to a log beside it.

    Args:
      train, dev: paths of rows.
    """

    def __init__(self, train, dev):
        self._train_rows, self._dev = train, dev
        self._settings = {name: FLAGS[name].value for name in (
            "questions", "unanswerable", "dev_questions", "batch_size", "learning_rate",
            "num_train_epochs", "train_precision", "layers")}
        self._records = os.path.join(FLAGS.work_dir, "train.tfrecord")
        self._call("records", "prepare/prepare_squad_data.py", "--is_training",
                   "--input_file=" + train, "--output_tfrecord=" + self._records,
                   "--version_2_with_negative",
                   "--vocab_file=" + os.path.join(FLAGS.model_dir, "vocab.txt"))

    def train(self, model, seed):
        """Trains one of the three with a seed; returns its folder."""
        folder = self._folder(model, seed)
        cells.kept(folder + ".json", dict(self._settings, seed=seed),
                   lambda: self._train(model, seed, folder))
        return folder

    def _folder(self, model, seed):
        return os.path.join(FLAGS.work_dir, "%s-%d" % (model.replace(" ", "-"), seed))

    def _train(self, model, seed, folder):
        start, teaching = FLAGS.model_dir, []
        if model != TEACHER:
            start = self._student(seed)
        if model == TAUGHT:
            teaching = ["--distill_mask_padding", "--teacher_logits=" + self._logits(seed)]
        cost = self._call(
            os.path.basename(folder), "bert_nq/run_squad.py", "--do_train",
            "--train_precomputed_file=" + self._records, "--output_dir=" + folder,
            "--overwrite_output_dir", "--version_2_with_negative", "--group_by_length",
            "--bert_config_file=" + os.path.join(start, "bert_config.json"),
            "--init_checkpoint=" + os.path.join(start, "bert_model.ckpt"),
            "--vocab_file=" + os.path.join(start, "vocab.txt"),
            "--train_batch_size=%d" % FLAGS.batch_size, "--seed=%d" % seed,
            "--learning_rate=%r" % FLAGS.learning_rate,
            "--num_train_epochs=%r" % FLAGS.num_train_epochs,
            "--precision=" + FLAGS.train_precision, "--save_checkpoints_steps=1000000", *teaching)
        return cost._asdict()

    def _student(self, seed):
        """The folder of the student's first weights."""
        folder = os.path.join(FLAGS.work_dir, "half-%d" % seed)
        if not os.path.exists(os.path.join(folder, "bert_model.ckpt.index")):
            self._call("half-%d" % seed, "prepare/make_student.py",
                       "--teacher_dir=" + self._folder(TEACHER, seed), "--layers=" + FLAGS.layers,
                       "--output_dir=" + folder)
        return folder

    def _logits(self, seed):
        """The folder of the teacher's logits."""
        folder = os.path.join(FLAGS.work_dir, "logits-%d" % seed)
        self._call("logits-%d" % seed, "prepare/teacher_logits.py",
                   "--teacher_dir=" + self._folder(TEACHER, seed), "--distill_mask_padding",
                   "--input_file=" + self._records, "--output_dir=" + folder,
                   "--precision=" + FLAGS.train_precision)
        return folder

    def answer(self, model, folder, runtime):
        """Answers the dev questions.

        Returns:
          What is told of it: "f1s" of each question, "numbers", "seconds", "megabytes".
        """
        name, _, precision = runtime.rpartition("-")
        arguments = ["--output_dir=" + folder, "--predict_file=" + self._dev,
                     "--runtime=" + (name or "tensorflow"), "--precision=" + precision]
        if precision == "int8":
            arguments.append("--calibration_file=" + self._records)
        output = os.path.join(folder, runtime + ".json")

        def answer_them():
            log = os.path.basename(folder) + "-" + runtime
            # The first run converts the model, and a run goes on with what is there.
            for _ in range(2 if name else 1):
                if os.path.exists(output):
                    os.unlink(output)
                cost = self._call(log, "bert_nq/run_squad.py", "--do_predict", *arguments,
                                  "--output_prediction_file=" + output)
            return dict(self._scored(output), seconds=cost.seconds,
                        megabytes=_megabytes(folder, runtime))

        return cells.kept(os.path.join(folder, runtime + ".cell.json"),
                          dict(self._settings, model=model, runtime=runtime), answer_them)

    def _scored(self, predictions_path):
        from bert_nq.datasets.squad.reading import READING
        from bert_nq.scoring.squad import gold, predictions, system
        scored = system.score(predictions_path, gold.read_questions([self._dev], READING.read),
                              predictions.read_predictions(predictions_path), None, float("inf"))
        return {"numbers": scored.numbers(), "f1s": [100 * row.f1 for row in scored.rows]}

    def _call(self, log, script, *arguments):
        """Runs a program; its output goes to LOG.log."""
        return processes.run([sys.executable, os.path.join(ROOT, script), *arguments],
                             os.path.join(FLAGS.work_dir, log + ".log"))


def _megabytes(folder, runtime):
    """The size of a model's weights as the runtime reads them."""
    if runtime.startswith("openvino"):
        copies = os.path.join(folder, "openvino")
        kept, = [name for name in os.listdir(copies)
                 if ("-int8-" in name) == runtime.endswith("int8")]
        return os.path.getsize(os.path.join(copies, kept, "model.bin")) / 1e6
    from bert_nq.modeling import encoders
    path = os.path.join(folder, "bert_config.json")
    return 4 * encoders.num_weights(encoders.read_config(path)) / 1e6


def _table(results):
    """A row for each model and runtime."""
    lines = ["| model | by | EM | F1 | HasAns F1 | NoAns | weights, MB | questions/s |",
             "|---|---|---|---|---|---|---|---|"]
    for (model, runtime), found in results.items():
        numbers = [each["numbers"] for each in found]
        lines.append("| %s | %s | %s | %.1f | %.1f |" % (
            model, runtime,
            " | ".join(cells.spread([each[key] for each in numbers])
                       for key in ("exact", "f1", "HasAns_f1", "NoAns_f1")),
            found[0]["megabytes"],
            FLAGS.dev_questions / statistics.mean(each["seconds"] for each in found)))
    return "\n".join(lines)


def _differences(results):
    """A row for each pair of models, or of precisions, that differ in one thing."""
    pairs = [((TAUGHT, runtime), (ALONE, runtime)) for runtime in FLAGS.runtimes]
    pairs += [((model, runtime), (model, FLAGS.runtimes[0])) for model in (TEACHER, ALONE, TAUGHT)
              for runtime in FLAGS.runtimes[1:]]
    lines = ["F1, each question's mean over the seeds; 95 % interval by bootstrap over questions\n",
             "| | less | difference | interval | seed by seed |", "|---|---|---|---|---|"]
    for ours, other in pairs:
        lines.append("| %s, %s | %s, %s | %s |" % (*ours, *other, _difference(
            *[[each["f1s"] for each in results[key]] for key in (ours, other)])))
    return "\n".join(lines)


def _difference(ours, others):
    """Difference, interval and seeds' differences of [seeds, questions] and the same of another."""
    import numpy as np

    from bert_nq.scoring import mean_bootstrap
    differences = np.array(ours, float) - np.array(others, float)
    values = differences.mean(axis=0)
    low, high = mean_bootstrap.intervals(
        {"f1": mean_bootstrap.mean(values, [True] * len(values))}, len(values))["f1"]
    return "%+.2f | %+.2f to %+.2f | %s" % (
        values.mean(), low, high, ", ".join("%+.2f" % row.mean() for row in differences))


if __name__ == "__main__":
    run(main)
