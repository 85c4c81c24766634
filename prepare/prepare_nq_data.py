r"""Turns NQ shards into TFRecords of training or prediction windows.

    python prepare_nq_data.py --input_jsonl='train/nq-train-*.jsonl.gz' \
        --vocab_file=vocab-nq.txt --include_unknowns=0.02 --output_tfrecord=nq-train.tfrecord

Every page becomes windows of --max_seq_length wordpieces, --doc_stride apart: the question, then a
part of the page's candidates. Training windows carry the answer (those without one are kept with
probability --include_unknowns) and are shuffled; with --nois_training, windows carry the document
token of each wordpiece and stay in order. Records equal those of Google's bert_joint value for
value.

All cores work, a shard each. Killed at any moment, the same command carries on with the shards that
are left; the same flags and shards give the same bytes, however many workers there are and however
often it was killed. nq-train.manifest.json, beside the records, says what they were made of.
"""
from absl import flags

from bert_nq import feature_flags, program

FLAGS = flags.FLAGS

flags.DEFINE_string("input_jsonl", None,
                    "NQ shards to read, .jsonl or .jsonl.gz: comma-separated paths and globs.")
flags.DEFINE_string("output_tfrecord", None, "The record file to write or replace.")
flags.DEFINE_integer("num_output_shards", 1, "Write so many files of nearly equal size instead: "
                     "OUTPUT-00000-of-00032 and so on.", lower_bound=1, upper_bound=1000)
flags.DEFINE_bool("gzip", False, "Compress the record files. Training here reads them as they are; "
                  "Google's code wants them plain.")
flags.DEFINE_bool("compact", False, "Write records without padding and masks, which training and "
                  "the programs here restore; Google's code cannot read them.")
flags.DEFINE_bool("is_training", True,
                  "Training windows with labels, or prediction windows with token maps.")
flags.DEFINE_integer("max_examples", 0, "If positive, stop after this many pages. One worker makes "
                     "them, since only one can count them.")
flags.DEFINE_integer("seed", 0, "Decides which windows without answer are kept, and the order.")
flags.DEFINE_integer("num_workers", None, "How many processes work; by default one for each core.",
                     lower_bound=1)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a page that cannot be used: stop, or count it and go on.")
text_flags = feature_flags.define_text_flags()
window_flags = feature_flags.define_window_flags()


def main():
    program.require(FLAGS, "input_jsonl", "output_tfrecord", "vocab_file")
    from bert_nq.features.making import make_window_maker
    from bert_nq.nq import shards
    from bert_nq.records import job, manifest
    from bert_nq.records.preparation import PreparationOptions
    paths = shards.expand_shards(FLAGS.input_jsonl)
    manifest.check_outputs(FLAGS.output_tfrecord, FLAGS.num_output_shards, paths)
    options = PreparationOptions(text_flags(), window_flags()._replace(seed=FLAGS.seed),
                                 FLAGS.is_training, FLAGS.compact)
    make_window_maker(*options[:2])  # Bad flags are told here, not by each worker.
    work = job.Job(options, paths, FLAGS.output_tfrecord, FLAGS.num_output_shards,
                   "gzip" if FLAGS.gzip else "", FLAGS.max_examples,
                   FLAGS.on_bad_input == "skip")
    with program.Meter() as meter:
        result = job.run_job(work, FLAGS.num_workers or program.num_cores(),
                             lambda status: show(meter, status), meter.note)
        seconds = meter.elapsed()
    print_summary(result, seconds)


def show(meter, status):
    """Shows how far the job is."""
    counts = status.counts
    if status.total_records:
        meter.show("writing", counts["records_written"] / status.total_records,
                   "records %s" % format(counts["records_written"], ","))
    elif status.total_bytes:
        meter.show("preparing", min(1.0, counts["bytes_read"] / status.total_bytes),
                   "pages %s (%.1f/s), windows %s" % (
                       format(counts["pages"], ","), counts["pages"] / meter.elapsed(),
                       format(counts["windows"], ",")))


def summary_rows(result, seconds):
    """The lines of the summary, as (name, value)."""
    counts = result.manifest.counts
    outside = counts["pages"] - counts["gold_in_contexts"]
    rows = [
        ("pages", counts["pages"]),
        ("  answer in no context (nested, or beyond --max_contexts)", outside),
        ("  answer lost among odd blanks", counts["answers_lost"]),
        ("lines skipped as unusable", counts["skipped"]),
        ("windows", counts["windows"]),
        ("  dropped", counts["windows"] - counts["records"]),
        ("  written as records", counts["records"]),
    ]
    if FLAGS.is_training:
        from bert_nq.features.contexts import AnswerType
        rows += [("    " + kind.name.lower(), counts.get(kind.name, 0)) for kind in AnswerType]
    size = sum(output.bytes for output in result.manifest.outputs)
    rows.append(("size", "%.1f MB" % (size / 1e6)))
    if not result.num_tasks:
        return rows + [("time", "none: all was there, as the manifest says")]
    # Of what was resumed, only the counts are known.
    speed = "" if result.num_resumed else " (%.0f pages/s)" % (counts["pages"] / max(seconds, 1e-9))
    return rows + [("time", program.duration(seconds) + speed)]


def print_summary(result, seconds):
    """Prints the counts, the paths written and what to run next."""
    from bert_nq.records import manifest
    outputs = manifest.output_paths(FLAGS.output_tfrecord, FLAGS.num_output_shards)
    records = outputs[0] if len(outputs) == 1 else "%s-*-of-%05d" % (FLAGS.output_tfrecord,
                                                                     len(outputs))
    program.print_table("%s records in %s" % ("Training" if FLAGS.is_training else "Prediction",
                                              records), summary_rows(result, seconds))
    print("\nManifest: %s" % manifest.manifest_path(FLAGS.output_tfrecord))
    quoted = records if len(outputs) == 1 else "'%s'" % records
    if FLAGS.is_training:
        print("\nNext: train on them\n"
              "  python bert_nq/run_nq.py --do_train --train_precomputed_file=%s \\\n"
              "      --vocab_file=%s --max_seq_length=%d --bert_config_file=bert_config.json \\\n"
              "      --init_checkpoint=bert_model.ckpt --output_dir=model"
              % (quoted, FLAGS.vocab_file, FLAGS.max_seq_length))
    else:
        print("\nNext: look at them\n  python records/inspect_records.py --input_tfrecord=%s "
              "--vocab_file=%s" % (quoted, FLAGS.vocab_file))


if __name__ == "__main__":
    program.run(main)
