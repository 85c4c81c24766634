"""The flags, the job and the summary of programs that make records of a task's data."""
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from absl import flags

from bert_nq import tasks
from bert_nq.cli import known_settings, program
from bert_nq.cli.flags import features as feature_flags

# The flags count as those of the program that calls `define_flags`, also in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS

Rows = List[Tuple[str, object]]


class Data(NamedTuple):
    """A task's data, as programs speak of them."""
    task: str  # a name of tasks.TASKS
    input_flag: str  # names the files
    input_help: str
    example: str  # what an example is called, "page"
    seed_help: str
    prediction_help: str  # what records of prediction hold
    define_windows: Callable[[], Callable[[], Any]]  # their flags; gives what reads them
    # The lines of a summary behind the number of examples, given the counts and whether they are
    # of training.
    rows: Callable[[Any, bool], Rows]
    # Given the same, what is to be said below the summary; "" for nothing.
    remark: Callable[[Any, bool], str] = lambda counts, is_training: ""
    draws: bool = False  # whether records of training are drawn among the rows
    rows_name: str = "windows"  # what an example's rows are called
    training_flags: Tuple[str, ...] = ()  # of the command that trains on the records


def define_flags(data: Data, num_output_shards: int, define_augmentation: Optional[Callable] = None,
                 define_featurizer: Optional[Callable] = None) -> Callable:
    """Defines the flags of inputs, windows and outputs.

    Args:
      data: the task's.
      num_output_shards: the default of this flag.
      define_augmentation: defines the flags of changed copies; gives a function from the paths of
        the inputs and the seed to their AugmentationOptions.
      define_featurizer: defines flags that change the task's featurizer; gives a function from the
        options of windows, and whether they are of training, to it.

    Returns:
      A function that gives the `records.job.Job` of the flags, after checking them: it raises
      UserError where one is missing or cannot be used.
    """
    flags.DEFINE_string(data.input_flag, None, data.input_help)
    flags.DEFINE_string("output_tfrecord", None, "The record file to write or replace.")
    flags.DEFINE_integer("num_output_shards", num_output_shards, "Write so many files of nearly "
                         "equal size instead: OUTPUT-00000-of-00032 and so on.", lower_bound=1,
                         upper_bound=1000)
    flags.DEFINE_bool("gzip", False, "Compress the record files. Training here reads them as "
                      "they are; Google's code wants them plain.")
    flags.DEFINE_bool("is_training", True,
                      "Training windows with labels, or %s." % data.prediction_help)
    flags.DEFINE_integer("max_examples", 0, "If positive, stop after this many %ss. One "
                         "worker makes them, since only one can count them." % data.example)
    flags.DEFINE_integer("seed", 0, data.seed_help)
    flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                      "What to do with a %s that cannot be used: stop, or count it and go on."
                      % data.example)
    text_flags = feature_flags.define_text_flags(
        tasks.get(data.task).featurizer.vocabulary)
    window_flags = data.define_windows()
    augmentation = define_augmentation() if define_augmentation else lambda paths, seed: None
    featurizer = define_featurizer() if define_featurizer else (
        lambda windows, is_training: tasks.get(data.task).featurizer)

    def job():
        program.require(FLAGS, data.input_flag, "output_tfrecord", "vocab_file")
        known_settings.take_of_vocabulary(FLAGS, program.note)
        task = tasks.get(data.task)
        from bert_nq.records import manifest
        from bert_nq.records.job import Job
        from bert_nq.records.preparation import PreparationOptions
        paths = task.find_shards(FLAGS[data.input_flag].value)
        manifest.check_outputs(FLAGS.output_tfrecord, FLAGS.num_output_shards,
                               paths + [FLAGS.vocab_file])
        windows = window_flags()._replace(seed=FLAGS.seed)
        options = PreparationOptions(
            featurizer(windows, FLAGS.is_training), text_flags(), windows, FLAGS.is_training,
            augmentation(paths, FLAGS.seed))
        # Bad flags are told here, not by each worker.
        options.featurizer.make(options.text, options.windows)
        reading = task.training_reading if FLAGS.is_training else task.reading
        return Job(options, reading, paths, FLAGS.output_tfrecord, FLAGS.num_output_shards,
                   "gzip" if FLAGS.gzip else "", FLAGS.max_examples,
                   FLAGS.on_bad_input == "skip")

    return job


def run(data: Data, job_of_flags: Callable) -> None:
    """The main function of a program whose processes do the job, --num_workers of them."""
    work = job_of_flags()
    from bert_nq.records import job
    with program.Meter() as meter:
        result = job.run_job(work, FLAGS.num_workers or program.num_cores(),
                             lambda status: _show(data, meter, status), meter.note)
        seconds = meter.elapsed()
    print_summary(data, result, seconds)


def define_num_workers() -> None:
    """Defines --num_workers."""
    flags.DEFINE_integer("num_workers", None, "How many processes work; by default one for each "
                         "core.", lower_bound=1)


def _show(data: Data, meter: program.Meter, status) -> None:
    counts = status.counts
    if status.stage == "writing":
        text = "records %s" % format(counts["records_written"], ",")
    else:
        text = "%ss %s (%.1f/s), %s %s" % (
            data.example, format(counts["pages"], ","), counts["pages"] / meter.elapsed(),
            data.rows_name, format(counts["windows"], ","))
    if status.total:
        meter.show(status.stage, status.share, text)


def _summary_rows(data: Data, result, seconds: float) -> Rows:
    """The lines of the summary, as (name, value)."""
    counts = result.manifest.counts
    task = tasks.get(data.task)
    rows = [
        ("%ss" % data.example, counts["pages"]),
        *data.rows(counts, FLAGS.is_training),
        *repeated_rows(counts),
        ("%ss skipped as unusable" % task.reading.unit, counts["skipped"]),
        (data.rows_name, counts["windows"]),
        *_written_rows(data, counts),
    ]
    if FLAGS.is_training:
        from bert_nq.features import spec
        label = spec.class_label(task.featurizer.spec)
        rows += [("    " + name.lower(), counts.get(name, 0))
                 for name in (label.classes if label else ())]
    size = sum(output.bytes for output in result.manifest.outputs)
    rows.append(("size", "%.1f MB" % (size / 1e6)))
    if not result.num_parts:
        return rows + [("time", "none: all was there, as the manifest says")]
    # Of what was resumed, only the counts are known.
    speed = "" if result.num_resumed else " (%.0f %ss/s)" % (
        counts["pages"] / max(seconds, 1e-9), data.example)
    return rows + [("time", program.duration(seconds) + speed)]


def _written_rows(data: Data, counts: Mapping[str, int]) -> Rows:
    written = ("  written as records", counts["records"])
    # Where rows are drawn, some are written several times.
    return [written] if data.draws and FLAGS.is_training else [
        ("  dropped", counts["windows"] - counts["records"]), written]


def repeated_rows(counts: Mapping[str, int]) -> Rows:
    """The line of examples with the id of an earlier one, if there are any."""
    repeated = counts.get("repeated", 0)
    return [("  with the id of an earlier one", repeated)] if repeated else []


def print_summary(data: Data, result, seconds: float) -> None:
    """Prints the counts, the paths written and the command to run next."""
    from bert_nq.records import manifest
    outputs = manifest.output_paths(FLAGS.output_tfrecord, FLAGS.num_output_shards)
    records = outputs[0] if len(outputs) == 1 else "%s-*-of-%05d" % (FLAGS.output_tfrecord,
                                                                     len(outputs))
    program.print_table("%s records in %s" % ("Training" if FLAGS.is_training else "Prediction",
                                              records), _summary_rows(data, result, seconds))
    remark = data.remark(result.manifest.counts, FLAGS.is_training)
    if remark:
        print("\n" + remark)
    print("\nManifest: %s" % manifest.manifest_path(FLAGS.output_tfrecord))
    if FLAGS.is_training:
        print("\nNext: train on them\n  " + program.command(*_training(data, records)))
    else:
        print("\nNext: look at them\n  " + program.command(
            "records/inspect_records.py", "--input_tfrecord=" + records,
            "--vocab_file=" + FLAGS.vocab_file))


def _training(data: Data, records: str) -> Sequence[str]:
    return (tasks.get(data.task).program, "--do_train", "--train_precomputed_file=" + records,
            program.NEW_LINE, "--vocab_file=" + FLAGS.vocab_file,
            "--max_seq_length=%d" % FLAGS.max_seq_length, "--bert_config_file=bert_config.json",
            *data.training_flags, program.NEW_LINE, "--init_checkpoint=bert_model.ckpt",
            "--output_dir=model")
