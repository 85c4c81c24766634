"""Records that a model's program makes of --train_file before it trains."""
import os

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import preparation, program

FLAGS = flags.FLAGS

_NAME = "train.tfrecord"


def make_if_wanted(model_flags, data) -> None:
    """Makes the records of --train_file, if it is given; --train_precomputed_file then names them.

    Records that are there already, of the same data and settings, are taken as they are.

    Args:
      model_flags: a ModelFlags, which knows the task and its settings.
      data: the cli.preparation.Data of the task, which says what a person is told; None: no more
        than the numbers of all tasks.

    Raises:
      UserError: both flags are given or neither is, or the data cannot be used.
    """
    if bool(FLAGS.train_file) == bool(FLAGS.train_precomputed_file):
        raise UserError("give either --train_precomputed_file, records of %s, or --train_file, the "
                        "data themselves" % model_flags.task.featurizer.program)
    if not FLAGS.train_file:
        return
    if files.is_remote(FLAGS.output_dir) or FLAGS.distribution == "multi_worker":
        raise UserError("--train_file is for one machine and its disk: make the records with %s "
                        "and give --train_precomputed_file" % model_flags.task.featurizer.program)
    work = _job(model_flags)
    from bert_nq.records import job, manifest
    manifest.check_outputs(work.output, 1, work.inputs + [work.options.text.vocab_file])
    files.make_folder(FLAGS.output_dir)
    with program.Meter() as meter:
        result = job.run_job(work, program.num_cores(), lambda status: _show(meter, status),
                             meter.note)
        seconds = meter.elapsed()
    counts = result.manifest.counts
    program.print_table("Training records in %s" % work.output, [
        (model_flags.task.answers.examples, counts["pages"]),
        *preparation.repeated_rows(counts),
        *(data.rows(counts, True) if data else ()),
        ("  skipped as unusable", counts["skipped"]),
        ("records", counts["records"]),
        ("time", program.duration(seconds) if result.num_parts else "none: all was there")])
    remark = data.remark(counts, True) if data else ""
    if remark:
        print("\n" + remark)
    FLAGS.set_default("train_precomputed_file", work.output)


def _job(model_flags):
    from bert_nq.records.job import Job
    from bert_nq.records.preparation import PreparationOptions
    task = model_flags.task
    windows = model_flags.training_windows()._replace(seed=FLAGS.seed or 0)
    return Job(PreparationOptions(task.featurizer, model_flags.text(), windows),
               task.training_reading, task.find_shards(FLAGS.train_file),
               os.path.join(FLAGS.output_dir, _NAME), skip_bad_input=FLAGS.on_bad_input == "skip")


def _show(meter, status) -> None:
    if status.total:
        counts = status.counts
        meter.show(status.stage, status.share, "records %s" % format(
            counts["records_written"] or counts["records"], ","))
