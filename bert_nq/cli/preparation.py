"""The flags and the summary that prepare_nq_data and prepare_nq_data_spark share."""
from typing import Callable, List, Mapping, Tuple

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import known_settings, program
from bert_nq.cli.flags import augmentation as augmentation_flags
from bert_nq.cli.flags import features as feature_flags

# The flags count as those of the program that calls `define_flags`, also in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define_flags(num_output_shards: int) -> Callable:
    """Defines the flags of inputs, windows and outputs.

    Args:
      num_output_shards: the default of this flag.

    Returns:
      A function that gives the `records.job.Job` of the flags, after checking them: it raises
      UserError where one is missing or cannot be used.
    """
    flags.DEFINE_string("input_jsonl", None,
                        "NQ shards to read, .jsonl or .jsonl.gz: comma-separated paths and globs.")
    flags.DEFINE_string("output_tfrecord", None, "The record file to write or replace.")
    flags.DEFINE_integer("num_output_shards", num_output_shards, "Write so many files of nearly "
                         "equal size instead: OUTPUT-00000-of-00032 and so on.", lower_bound=1,
                         upper_bound=1000)
    flags.DEFINE_bool("gzip", False, "Compress the record files. Training here reads them as "
                      "they are; Google's code wants them plain.")
    flags.DEFINE_bool("is_training", True,
                      "Training windows with labels, or prediction windows with token maps.")
    flags.DEFINE_integer("max_examples", 0, "If positive, stop after this many pages. One "
                         "worker makes them, since only one can count them.")
    flags.DEFINE_integer("seed", 0, "Decides which windows without answer are kept, and the order.")
    flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                      "What to do with a page that cannot be used: stop, or count it and go on.")
    text_flags = feature_flags.define_text_flags()
    window_flags = feature_flags.define_window_flags()
    augmentation = augmentation_flags.define_flags("")

    def job():
        program.require(FLAGS, "input_jsonl", "output_tfrecord", "vocab_file")
        known_settings.take_of_vocabulary(FLAGS, program.note)
        from bert_nq.datasets.nq import shards
        from bert_nq.features.joint_windows import FEATURIZER
        from bert_nq.records import manifest
        from bert_nq.records.job import Job
        from bert_nq.records.preparation import PreparationOptions
        paths = shards.expand_shards(FLAGS.input_jsonl)
        manifest.check_outputs(FLAGS.output_tfrecord, FLAGS.num_output_shards,
                               paths + [FLAGS.vocab_file])
        if FLAGS.augment and not FLAGS.is_training:
            raise UserError("--augment makes copies to train on: leave it out with "
                            "--nois_training")
        options = PreparationOptions(
            FEATURIZER, text_flags(), window_flags()._replace(seed=FLAGS.seed), FLAGS.is_training,
            augmentation(paths, FLAGS.seed))
        # Bad flags are told here, not by each worker.
        FEATURIZER.make(options.text, options.windows)
        reading = shards.READING if FLAGS.is_training else shards.BARE_READING
        return Job(options, reading, paths, FLAGS.output_tfrecord, FLAGS.num_output_shards,
                   "gzip" if FLAGS.gzip else "", FLAGS.max_examples,
                   FLAGS.on_bad_input == "skip")

    return job


def summary_rows(result, seconds: float) -> List[Tuple[str, object]]:
    """The lines of the summary, as (name, value)."""
    counts = result.manifest.counts
    outside = counts["pages"] - counts["gold_in_contexts"]
    rows = [
        ("pages", counts["pages"]),
    ]
    if FLAGS.augment:
        rows.append(("  changed copies of them", counts["copies"]))
    if FLAGS.is_training:
        rows += [("  answer in no context (nested, or beyond --max_contexts)", outside),
                 ("  answer lost among odd blanks, or without wordpieces", counts["answers_lost"])]
    rows += [
        ("lines skipped as unusable", counts["skipped"]),
        ("windows", counts["windows"]),
        ("  dropped", counts["windows"] - counts["records"]),
        ("  written as records", counts["records"]),
    ]
    if FLAGS.is_training:
        from bert_nq.features import spec
        from bert_nq.features.joint_windows import FEATURIZER
        rows += [("    " + name.lower(), counts.get(name, 0))
                 for name in spec.class_label(FEATURIZER.spec).classes]
    size = sum(output.bytes for output in result.manifest.outputs)
    rows.append(("size", "%.1f MB" % (size / 1e6)))
    if not result.num_parts:
        return rows + [("time", "none: all was there, as the manifest says")]
    # Of what was resumed, only the counts are known.
    speed = "" if result.num_resumed else " (%.0f pages/s)" % (counts["pages"] / max(seconds, 1e-9))
    return rows + [("time", program.duration(seconds) + speed)]


def unknown_kinds(counts: Mapping[str, int]) -> str:
    """The line on candidates of kinds that NQ does not have; "" where there are none."""
    from bert_nq.features.windows import UNKNOWN_KIND
    found = {name[len(UNKNOWN_KIND):]: number for name, number in counts.items()
             if name.startswith(UNKNOWN_KIND)}
    if not found:
        return ""
    most = sorted(found, key=lambda name: (-found[name], name))[:3]
    return ("%s candidates of unknown kind (e.g. %s): their marker is [Other=n], which "
            "most vocabularies do not have. NQ's candidates begin with <P>, <Table>, <Ul>, <Ol>, "
            "<Dl>, <Tr>, <Li>, <Dd> or <Dt>, spelt so."
            % (format(sum(found.values()), ","), ", ".join(most)))


def print_summary(result, seconds: float) -> None:
    """Prints the counts, the paths written and the command to run next."""
    from bert_nq.records import manifest
    outputs = manifest.output_paths(FLAGS.output_tfrecord, FLAGS.num_output_shards)
    records = outputs[0] if len(outputs) == 1 else "%s-*-of-%05d" % (FLAGS.output_tfrecord,
                                                                     len(outputs))
    program.print_table("%s records in %s" % ("Training" if FLAGS.is_training else "Prediction",
                                              records), summary_rows(result, seconds))
    unknown = unknown_kinds(result.manifest.counts)
    if unknown:
        print("\n" + unknown)
    print("\nManifest: %s" % manifest.manifest_path(FLAGS.output_tfrecord))
    if FLAGS.is_training:
        print("\nNext: train on them\n  " + program.command(
            "bert_nq/run_nq.py", "--do_train", "--train_precomputed_file=" + records,
            program.NEW_LINE, "--vocab_file=" + FLAGS.vocab_file,
            "--max_seq_length=%d" % FLAGS.max_seq_length, "--bert_config_file=bert_config.json",
            program.NEW_LINE, "--init_checkpoint=bert_model.ckpt", "--output_dir=model"))
    else:
        print("\nNext: look at them\n  " + program.command(
            "records/inspect_records.py", "--input_tfrecord=" + records,
            "--vocab_file=" + FLAGS.vocab_file))
