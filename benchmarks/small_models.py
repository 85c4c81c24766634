r"""Measures small models: a student with and without a teacher, and each in int8.

    python benchmarks/small_models.py --train_file=train-v1.1.json.gz --dev_file=dev-v2.0.json.gz \
        --model_dir=minilm-tf --learning_rate=2e-4 --seeds=1,2,3

For each seed: a teacher is trained from the checkpoint in --model_dir (or one for all seeds,
--teacher_seed); a student is made of some of its layers (--layers); this is trained on the labels
alone, and on the labels and the teacher's logits, with the same windows, order, steps, first
weights and seed. Each of the three answers the dev set by TensorFlow in fp32 and bf16 and by
OpenVINO in bf16 and in int8, which is calibrated on training windows.

    --task=squad  SQuAD 2.0: training questions are drawn from those of --train_file that have an
                  answer; every third (--unanswerable) is asked of another paragraph of the same
                  article that does not have the answer's text. Dev questions are drawn as they are.
    --task=nq     shards of pages, all of them; --vocab_file has the markers.

Two tables are printed: scores, sizes and speeds, and what a step from one to the other changes in
F1. Speed is that of the whole program, its start included, without the first run of OpenVINO, which
converts the model. What is finished is kept in WORK_DIR and not done again.
"""
from bert_nq.cli.start import run

import importlib
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
_TASKS = {"squad": "small_models_squad", "nq": "small_models_nq"}

flags.DEFINE_enum("task", "squad", list(_TASKS), "What is learned.")
flags.DEFINE_string("train_file", None, "SQuAD 1.1 with the titles of its articles; or shards.")
flags.DEFINE_string("dev_file", None, "What is scored on: SQuAD 2.0, or shards.")
flags.DEFINE_string("model_dir", None, "The teacher before it is trained: bert_model.ckpt, "
                    "bert_config.json and vocab.txt.")
flags.DEFINE_string("vocab_file", None, "Another vocabulary than that beside it.")
flags.DEFINE_string("work_dir", os.path.join("build", "benchmarks", "small-models"),
                    "Folder of the runs.")
flags.DEFINE_list("runtimes", _RUNTIMES, "Which to answer by: %s." % ", ".join(_RUNTIMES))
flags.DEFINE_list("seeds", ["1", "2", "3"], "Of dropout, new weights and order.")
flags.DEFINE_integer("teacher_seed", None, "The teacher of this seed teaches the students of all "
                     "seeds; if not given, each has the teacher of its own.")
flags.DEFINE_string("layers", "every_second", "Of the student, as make_student.py takes them.")
flags.DEFINE_integer("questions", 6000, "SQuAD: drawn from --train_file.", lower_bound=1)
flags.DEFINE_float("unanswerable", 1 / 3, "SQuAD: the share of them that loses its answer.",
                   lower_bound=0, upper_bound=1)
flags.DEFINE_integer("dev_questions", 2000, "SQuAD: drawn from --dev_file.", lower_bound=1)
flags.DEFINE_float("include_unknowns", 0.1, "NQ: the share of windows without answer that is "
                   "trained on.", lower_bound=0, upper_bound=1)
flags.DEFINE_integer("batch_size", 4, "Windows of a step.", lower_bound=1)
flags.DEFINE_float("learning_rate", 5e-5, "The highest.", lower_bound=0)
flags.DEFINE_string("optimizer", "adamw_corrected", "As run_squad.py takes it.")
flags.DEFINE_float("num_train_epochs", 2.0, "Passes over the windows, of all three models.",
                   lower_bound=0)
flags.DEFINE_enum("train_precision", "bf16", ["bf16", "fp32"], "Of training and of the logits.")


def main():
    program.require(FLAGS, "train_file", "dev_file", "model_dir")
    check_known("runtimes", FLAGS.runtimes, _RUNTIMES)
    seeds = cells.parse_seeds(FLAGS.seeds)
    task = importlib.import_module(_TASKS[FLAGS.task])
    study = Study(task)
    teachers = dict.fromkeys(map(study.teacher_of, seeds))
    runs = [(seed, TEACHER) for seed in teachers]
    runs += [(seed, model) for seed in seeds for model in (ALONE, TAUGHT)]
    results = {}
    for number, (seed, model) in enumerate(runs, 1):
        program.note("[%d/%d] %s, seed %d" % (number, len(runs), model, seed))
        folder = study.train(model, seed)
        for runtime in FLAGS.runtimes:
            results.setdefault((model, runtime), []).append(study.answer(model, folder, runtime))
    print("%s, %g epochs of steps of %d at %g in %s\n" % (
        FLAGS.task, FLAGS.num_train_epochs, FLAGS.batch_size, FLAGS.learning_rate,
        FLAGS.train_precision))
    print(_table(task, results, study.data.num_examples))
    print("\n" + _differences(task, results))


class Study:
    """The runs: each is a program of this repository, whose output goes to a log beside it.

    Args:
      task: a module of _TASKS.

    Attributes:
      data: its Data.
    """

    def __init__(self, task):
        self._task = task
        options = task.Options(*[FLAGS[name].value for name in task.Options._fields])
        files.make_folder(FLAGS.work_dir)
        self.data = task.Data(FLAGS.train_file, FLAGS.dev_file, options, FLAGS.work_dir)
        self._settings = dict(options._asdict(), **{name: FLAGS[name].value for name in (
            "task", "batch_size", "learning_rate", "optimizer", "num_train_epochs",
            "train_precision", "layers")})
        self._vocab = FLAGS.vocab_file or os.path.join(FLAGS.model_dir, "vocab.txt")
        self._records = os.path.join(FLAGS.work_dir, "train.tfrecord")
        self._call("records", *self.data.preparation(), "--output_tfrecord=" + self._records,
                   "--vocab_file=" + self._vocab)

    def teacher_of(self, seed):
        """The seed of the teacher of a seed's students."""
        return seed if FLAGS.teacher_seed is None else FLAGS.teacher_seed

    def train(self, model, seed):
        """Trains one of the three with a seed; returns its folder."""
        folder = self._folder(model, seed)
        settings = dict(self._settings, seed=seed)
        if model != TEACHER and FLAGS.teacher_seed is not None:
            settings["teacher_seed"] = FLAGS.teacher_seed
        cells.kept(folder + ".json", settings, lambda: self._train(model, seed, folder))
        return folder

    def _folder(self, model, seed):
        return os.path.join(FLAGS.work_dir, "%s-%d" % (model.replace(" ", "-"), seed))

    def _train(self, model, seed, folder):
        start, teaching = FLAGS.model_dir, []
        if model != TEACHER:
            start = self._student(self.teacher_of(seed))
        if model == TAUGHT:
            teaching = ["--distill_mask_padding", "--teacher_logits=" + self._logits(
                self.teacher_of(seed))]
        cost = self._call(
            os.path.basename(folder), self._task.PROGRAM, "--do_train", *self._task.TRAIN_FLAGS,
            "--train_precomputed_file=" + self._records, "--output_dir=" + folder,
            "--overwrite_output_dir", "--vocab_file=" + self._vocab,
            "--bert_config_file=" + os.path.join(start, "bert_config.json"),
            "--init_checkpoint=" + os.path.join(start, "bert_model.ckpt"),
            "--train_batch_size=%d" % FLAGS.batch_size, "--seed=%d" % seed,
            "--learning_rate=%r" % FLAGS.learning_rate, "--optimizer=" + FLAGS.optimizer,
            "--num_train_epochs=%r" % FLAGS.num_train_epochs,
            "--precision=" + FLAGS.train_precision, "--save_checkpoints_steps=1000000", *teaching)
        return cost._asdict()

    def _student(self, seed):
        """The folder of the first weights of a teacher's students."""
        folder = os.path.join(FLAGS.work_dir, "half-%d" % seed)
        if not os.path.exists(os.path.join(folder, "bert_model.ckpt.index")):
            self._call("half-%d" % seed, "prepare/make_student.py",
                       "--teacher_dir=" + self._folder(TEACHER, seed), "--layers=" + FLAGS.layers,
                       "--output_dir=" + folder)
        return folder

    def _logits(self, seed):
        """The folder of a teacher's logits."""
        folder = os.path.join(FLAGS.work_dir, "logits-%d" % seed)
        self._call("logits-%d" % seed, "prepare/teacher_logits.py",
                   "--teacher_dir=" + self._folder(TEACHER, seed), "--distill_mask_padding",
                   "--input_file=" + self._records, "--output_dir=" + folder,
                   "--precision=" + FLAGS.train_precision)
        return folder

    def answer(self, model, folder, runtime):
        """Answers the dev set.

        Returns:
          What is told of it: "numbers", "rows", "seconds" and "megabytes".
        """
        name, _, precision = runtime.rpartition("-")
        arguments = ["--output_dir=" + folder, "--predict_file=" + self.data.dev,
                     "--runtime=" + (name or "tensorflow"), "--precision=" + precision]
        if precision == "int8":
            arguments.append("--calibration_file=" + self._records)
        output = os.path.join(folder, runtime + ".json")

        def answer_them():
            log = os.path.basename(folder) + "-" + runtime
            # The first run converts the model; a second one would go on with what the first wrote.
            for _ in range(2 if name else 1):
                if os.path.exists(output):
                    os.unlink(output)
                cost = self._call(log, self._task.PROGRAM, "--do_predict", *arguments,
                                  "--output_prediction_file=" + output)
            return dict(self.data.scored(output), seconds=cost.seconds,
                        megabytes=_megabytes(folder, runtime))

        return cells.kept(os.path.join(folder, runtime + ".cell.json"),
                          dict(self._settings, model=model, runtime=runtime), answer_them)

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


def _table(task, results, num_examples):
    """A row for each model and runtime."""
    titles = ["model", "by", *[title for title, _ in task.COLUMNS], "weights, MB", "examples/s"]
    lines = ["| %s |" % " | ".join(titles), "|---" * len(titles) + "|"]
    for (model, runtime), found in results.items():
        scores = [cells.spread([each["numbers"][key] for each in found]) for _, key in task.COLUMNS]
        seconds = statistics.mean(each["seconds"] for each in found)
        lines.append("| %s |" % " | ".join(
            [model, runtime, *scores, "%.1f" % found[0]["megabytes"],
             "%.1f" % (num_examples / seconds)]))
    return "\n".join(lines)


def _differences(task, results):
    """A row for each pair of models, or of runtimes, that differ in one thing."""
    pairs = [((TAUGHT, runtime), (ALONE, runtime)) for runtime in FLAGS.runtimes]
    pairs += [((model, runtime), (model, FLAGS.runtimes[0])) for model in (TEACHER, ALONE, TAUGHT)
              for runtime in FLAGS.runtimes[1:]]
    lines = ["| | less | %s |" % " | ".join(task.KINDS), "|---" * (2 + len(task.KINDS)) + "|"]
    for ours, others in pairs:
        rows = [[each["rows"] for each in results[key]] for key in (ours, others)]
        lines.append("| %s, %s | %s, %s | %s |" % (*ours, *others,
                                                   " | ".join(task.differences(*rows))))
    return "Differences in F1, 95 %% intervals in brackets, then seed by seed\n\n%s" % (
        "\n".join(lines))


if __name__ == "__main__":
    run(main)
