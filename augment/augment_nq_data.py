r"""Adds changed copies of pages to NQ shards, for training or for tests of robustness.

    python augment_nq_data.py --input_jsonl=nq-train.jsonl.gz --output_jsonl=nq-train-syn.jsonl.gz

Every page with a long answer gets a copy in which one in five of the words that have synonyms is
replaced by one, by WordNet; the text of the answers stays. The copies are NQ pages like all others,
in the format of the input: token and byte offsets, HTML, candidates and answers fit the new words.
Each has an id of its own; nq-train-syn.sources.tsv says which page it is a copy of, and so does its
field "augmentation".

--augment chooses other changes: deletion, swap, question_words, shuffle, distractors, typos,
case_noise. --documents=all --nokeep_originals makes a test set of changed pages.

Of several input shards, OUT.jsonl.gz becomes OUT-00.jsonl.gz and so on. All cores work. Killed at
any moment, the same command carries on; the same flags and shards give the same bytes, however many
workers there are. `prepare_nq_data.py --augment=synonyms` does the same without writing shards.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.cli import program
from bert_nq.cli.flags import augmentation as augmentation_flags

FLAGS = flags.FLAGS

flags.DEFINE_string("input_jsonl", None, "NQ shards to read, .jsonl or .jsonl.gz, either format: "
                    "comma-separated paths and globs.")
flags.DEFINE_string("output_jsonl", None, "The shard to write or replace, .jsonl or .jsonl.gz.")
flags.DEFINE_enum("order", "interleaved", ["interleaved", "followed"], "Each page before its "
                  "copies, or all pages of a shard before all copies.")
flags.DEFINE_bool("keep_originals", True, "Whether pages that have copies are written as well.")
flags.DEFINE_integer("seed", 0, "Decides which words are changed, and how.")
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a page that cannot be used: stop, or count it and go on.")
flags.DEFINE_integer("num_workers", None, "How many processes work; by default one for each core.",
                     lower_bound=1)
options_of_flags = augmentation_flags.define_flags("synonyms")


def main():
    program.require(FLAGS, "input_jsonl", "output_jsonl", "augment")
    from bert_nq.augmentation import job
    from bert_nq.datasets.nq import shards, writing
    inputs = shards.expand_shards(FLAGS.input_jsonl)
    work = job.Job(options_of_flags(inputs, FLAGS.seed), inputs, FLAGS.output_jsonl, FLAGS.order,
                   FLAGS.keep_originals, FLAGS.on_bad_input == "skip")
    job.check_outputs(work)
    with program.Meter() as meter:
        result = job.run_job(work, FLAGS.num_workers or program.num_cores(),
                             lambda status: show(meter, status), meter.note)
        seconds = meter.elapsed()
    flag_file = writing.beside(FLAGS.output_jsonl, ".flags")
    program.write_flags(FLAGS, flag_file)
    print_summary(work, result, seconds)
    print("\nWritten: %s\nSources: %s\nFlags:   %s"
          % (" to ".join(work.outputs()[:1] + work.outputs()[1:][-1:]),
             job.sources_path(FLAGS.output_jsonl), flag_file))
    pattern = writing.shard_pattern(FLAGS.output_jsonl, len(inputs))
    print("\nNext:\n  " + program.command(
        "prepare/prepare_nq_data.py", "--input_jsonl=" + pattern, program.NEW_LINE,
        "--output_tfrecord=train.tfrecord", "--vocab_file=vocab-nq.txt"))


def show(meter, status):
    """Shows how far the job is."""
    meter.show("augmenting", status.share, "pages %s (%.1f/s), copies %s" % (
        format(status.counts["pages"], ","), status.counts["pages"] / meter.elapsed(),
        format(status.counts["copies"], ",")))


def print_summary(work, result, seconds):
    """Prints the counts."""
    counts = result.counts
    speed = "" if result.num_resumed else " (%.0f pages/s)" % (counts["pages"] / max(seconds, 1e-9))
    rows = [("pages read", counts["pages"]), ("  skipped as unusable", counts["skipped"]),
            ("  done before", result.num_resumed), ("pages written", counts["written"]),
            ("changed copies written", counts["copies"])]
    if work.options.wordnet:
        rows.append(("WordNet", str(work.options.wordnet)))
    program.print_table("augmented by %s" % ", ".join(work.options.augment),
                        rows + [("time", program.duration(seconds) + speed)])


if __name__ == "__main__":
    run(main)
