r"""Turns NQ shards into TFRecords of training or prediction windows.

    python prepare_nq_data.py --input_jsonl='train/nq-train-*.jsonl.gz' \
        --vocab_file=vocab-nq.txt --include_unknowns=0.02 --output_tfrecord=nq-train.tfrecord

Every page becomes windows of --max_seq_length wordpieces, --doc_stride apart: the question, then a
part of the page's candidates. Training windows carry the answer (those without one are kept with
probability --include_unknowns) and are shuffled; with --nois_training, windows carry the document
token of each wordpiece and stay in order. Records equal those of Google's bert_joint value for
value.
"""

from absl import flags

from bert_nq import feature_flags, files, program

FLAGS = flags.FLAGS

flags.DEFINE_string("input_jsonl", None,
                    "NQ shards to read, .jsonl or .jsonl.gz: comma-separated paths and globs.")
flags.DEFINE_string("output_tfrecord", None, "The record file to write or replace.")
flags.DEFINE_bool("is_training", True,
                  "Training windows with labels, or prediction windows with token maps.")
flags.DEFINE_integer("max_examples", 0, "If positive, stop after this many pages.")
flags.DEFINE_integer("seed", 0, "Decides which windows without answer are kept, and the order.")
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a page that cannot be used: stop, or count it and go on.")
text_flags = feature_flags.define_text_flags()
window_flags = feature_flags.define_window_flags()


def main():
    program.require(FLAGS, "input_jsonl", "output_tfrecord", "vocab_file")
    import itertools

    from bert_nq.nq import shards
    from bert_nq.records import preparation
    paths = shards.expand_shards(FLAGS.input_jsonl)
    files.check_output(FLAGS.output_tfrecord, paths)
    options = window_flags()._replace(seed=FLAGS.seed)
    maker = feature_flags.make_window_maker(text_flags(), options)
    bad_input = shards.BadInput(skip=FLAGS.on_bad_input == "skip")
    examples = shards.read_examples(paths, bad_input)
    if FLAGS.max_examples > 0:
        examples = itertools.islice(examples, FLAGS.max_examples)
    with program.timed() as seconds:
        counts = preparation.prepare(program.progress(examples, "pages"), FLAGS.output_tfrecord,
                                     maker, FLAGS.is_training, FLAGS.seed, bad_input)
    print_summary(counts, bad_input.skipped, seconds())


def summary_rows(counts, skipped, seconds):
    """The lines of the summary, as (name, value)."""
    rows = [
        ("pages", counts.examples),
        ("  skipped as unusable", skipped),
        ("  whose gold candidate is among the contexts", counts.with_gold_candidate),
        ("  whose answer was lost among odd blanks", counts.answer_lost),
        ("windows", counts.windows),
        ("records written", counts.records),
    ]
    rows += [("  " + kind.name.lower(), n) for kind, n in sorted(counts.records_by_answer.items())]
    return rows + [("time", "%s (%.0f pages/s)" % (program.duration(seconds),
                                                   counts.examples / max(seconds, 1e-9)))]


def print_summary(counts, skipped, seconds):
    """Prints the counts, the path written and what to run next."""
    kind = "Training" if FLAGS.is_training else "Prediction"
    program.print_table("%s records in %s" % (kind, FLAGS.output_tfrecord),
                        summary_rows(counts, skipped, seconds))
    if FLAGS.is_training:
        print("\nNext: train on them\n"
              "  python bert_nq/run_nq.py --do_train --train_precomputed_file=%s \\\n"
              "      --vocab_file=%s --max_seq_length=%d --bert_config_file=bert_config.json \\\n"
              "      --init_checkpoint=bert_model.ckpt --output_dir=model"
              % (FLAGS.output_tfrecord, FLAGS.vocab_file, FLAGS.max_seq_length))
    else:
        print("\nNext: look at them\n  python records/inspect_records.py --input_tfrecord=%s "
              "--vocab_file=%s" % (FLAGS.output_tfrecord, FLAGS.vocab_file))


if __name__ == "__main__":
    program.run(main)
