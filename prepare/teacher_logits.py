r"""Computes the logits of a teacher for training records, once, so that a student can learn them.

    python prepare/teacher_logits.py --teacher_dir=teacher --input_file='nq-train.tfrecord*' \
        --output_dir=teacher-logits
    python bert_nq/run_nq.py --do_train --train_precomputed_file='nq-train.tfrecord*' \
        --teacher_logits=teacher-logits ...

Of several teachers, --teacher_dir=ONE,TWO, it is the mean of their logits. Beside each record file
comes a file of the same name with .logits behind it, float16, and teacher_logits.json, by which
training tells whether they are of its records. What was killed goes on where it was. Training reads
them instead of running the teacher in every step of every epoch: see docs/distillation.md.

The teacher is measured on some of the windows first; one that knows nothing is an error.
"""
from bert_nq.cli.start import run

import os

from absl import flags

from bert_nq.base import files
from bert_nq.cli import distillation, program, teacher_folders

FLAGS = flags.FLAGS

flags.DEFINE_list("teacher_dir", None, "The folder of a trained model, or several with commas "
                  "between them.")
flags.DEFINE_string("input_file", None, "Training records: comma-separated paths and globs.")
flags.DEFINE_string("output_dir", None, "The folder that the logits are written into.")
flags.DEFINE_bool("distill_mask_padding", False, "Leave padding out: faster where windows are "
                  "short. Training then needs --distill_mask_padding too.")
flags.DEFINE_enum("precision", "fp32", ["fp32", "bf16", "fp16"], "Of the teacher's products and "
                  "activations; bf16 is for TensorFlow 2, fp16 for GPUs.")
flags.DEFINE_integer("predict_batch_size", 16, "Windows that go through the teacher at once.",
                     lower_bound=1)
flags.DEFINE_integer("model_threads", 0, "Threads of the teacher on a CPU; 0: as many as there are "
                     "cores.", lower_bound=0)
flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")


def main() -> None:
    program.require(FLAGS, "teacher_dir", "input_file", "output_dir")
    paths = files.expand_once(FLAGS.input_file, "record")
    task, settings, members = teacher_folders.find(FLAGS.teacher_dir)
    teacher_folders.check_records(paths, task, settings, members)
    job = make_job(paths, task, settings, members)
    program.quiet_tensorflow(FLAGS.verbose_logging)
    from bert_nq.prediction import teacher_logits
    from bert_nq.training.objectives import distilled
    distilled.check_head(job.settings.head)
    distillation.check_weights(members, task.title)

    def check_teacher(measured):
        program.print_table("Teacher", [("teacher", member.checkpoint) for member in members]
                            + distillation.rows_of(measured))
        distillation.check_knows(measured, job.settings.head, job.settings.max_seq_length)

    with program.Meter() as meter:
        def show(done, total):
            meter.show("logits", done / max(total, 1), "windows %s (%.1f/s)" % (
                format(done, ","), done / max(meter.elapsed(), 1e-9)))

        with distillation.open_model(members, task.featurizer.spec, FLAGS.precision,
                                     FLAGS.predict_batch_size, FLAGS.distill_mask_padding,
                                     FLAGS.model_threads) as model:
            done = teacher_logits.run(job, model, check_teacher, show)
        seconds = meter.elapsed()
    print_result(done, paths, task, seconds)


def make_job(paths, task, settings, members):
    """The Job of the flags, whose records and folder have been looked at."""
    from bert_nq.prediction import teacher_logits
    from bert_nq.records import training_files
    from bert_nq.records.teacher_logits import Settings
    length = settings["max_seq_length"]
    demands = training_files.Demands.of(task.featurizer, length, members[0].model.config)
    training_files.check_first_records(paths, demands)
    job = teacher_logits.Job(
        paths, FLAGS.output_dir,
        Settings(task.name, members[0].model.head, length,
                 [distillation.fingerprint_of(member.checkpoint) for member in members],
                 FLAGS.precision, FLAGS.distill_mask_padding),
        demands, distillation.NUM_CHECKED)
    teacher_logits.check(job)
    return job


def print_result(done, paths, task, seconds) -> None:
    """Prints what was written and the command that trains on it."""
    size = sum(files.size(os.path.join(FLAGS.output_dir, entry.name))
               for entry in done.manifest.files)
    rows = [("files", len(done.manifest.files)), ("windows", done.windows)]
    if done.windows_done < done.windows:
        rows.append(("  of runs before", done.windows - done.windows_done))
    rows += [("size", "%.1f MB" % (size / 1e6)),
             ("time", "%s (%.1f windows/s)" % (program.duration(seconds),
                                               done.windows_done / max(seconds, 1e-9)))]
    program.print_table("Logits in %s" % FLAGS.output_dir, rows)
    masked = ["--distill_mask_padding"] * FLAGS.distill_mask_padding
    print("\nNext: train a student\n  " + program.command(
        task.program, "--do_train", "--train_precomputed_file=" + FLAGS.input_file,
        program.NEW_LINE, "--teacher_logits=" + FLAGS.output_dir, *masked,
        "--init_checkpoint=student/bert_model.ckpt", program.NEW_LINE,
        "--bert_config_file=student/bert_config.json", "--vocab_file=student/vocab.txt",
        "--output_dir=model"))


if __name__ == "__main__":
    run(main)
