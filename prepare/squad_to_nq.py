r"""Makes NQ pages of the articles of SQuAD, to train and to measure on real language.

    python prepare/squad_to_nq.py --input=train-v1.1.json --split=train \
        --output_jsonl=squad-nq/nq-train.jsonl.gz

Every question becomes a page: 6 to 12 paragraphs of its article around the one it is asked about,
on every fourth page with one of the others as a list. Half of the pages lack the paragraph with the
answer (--null_fraction), as half of Natural Questions have no answer; questions that SQuAD 2.0 says
to be impossible keep theirs, and have none either. Training pages have one annotation, dev pages
five: the distinct answers, repeated in turn. The questions about an article must follow each other,
as they do in SQuAD.

--max_examples takes so many questions by chance, of all articles alike. The same files, flags and
seed give the same bytes.
"""
from bert_nq.cli.start import run

import collections
import os

from absl import flags

from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("input", None, "Files of SQuAD 1.1 or 2.0, or of that shape, gzipped or not: "
                    "comma-separated paths and globs.")
flags.DEFINE_string("output_jsonl", None, "The shard to write or replace, .jsonl or .jsonl.gz.")
flags.DEFINE_enum("split", "train", ["train", "dev"], "Pages with one annotation, or with five.")
flags.DEFINE_integer("max_examples", 0, "If positive, so many questions, chosen by chance.",
                     lower_bound=0)
flags.DEFINE_float("null_fraction", 0.5, "The share of answerable questions whose page lacks the "
                   "answer.", lower_bound=0, upper_bound=1)
flags.DEFINE_bool("only_unique_answers", False, "Leave out questions whose answer occurs more than "
                  "once in its paragraph, for data whose offsets were found by the text.")
flags.DEFINE_integer("seed", 0, "Another seed gives other pages, and other questions of "
                     "--max_examples.")
flags.DEFINE_integer("num_output_shards", 1, "Deal the pages to so many files instead: "
                     "OUTPUT-00.jsonl.gz and so on.", lower_bound=1, upper_bound=1000)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"],
                  "What to do with a question that cannot be used: stop, or count it and go on.")


def main():
    program.require(FLAGS, "input", "output_jsonl")
    from bert_nq.base import files
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.html_pages import squad_pages
    from bert_nq.datasets.nq import writing
    from bert_nq.datasets.squad import reading
    inputs = reading.find_files(FLAGS.input)
    writing.check_outputs(FLAGS.output_jsonl, FLAGS.num_output_shards, inputs)
    files.check_no_pipes(inputs)
    bad_input = BadInput(FLAGS.on_bad_input == "skip")
    counts = collections.Counter()
    options = squad_pages.Options(FLAGS.split == "dev", FLAGS.null_fraction, FLAGS.seed,
                                  FLAGS.max_examples, FLAGS.only_unique_answers)
    with program.timed() as seconds:
        lines = squad_pages.lines(inputs, options, bad_input, counts, program.note)
        writing.write_dealt(
            writing.shard_paths(FLAGS.output_jsonl, FLAGS.num_output_shards),
            program.progress(lines, "pages"), "no question could be used")
    program.print_table("made", [
        ("articles", counts["articles"]),
        ("  of fewer than 6 paragraphs", counts["short articles"]), ("pages", counts["examples"]),
        ("  without an answer", counts["without an answer"]),
        ("  with a list", counts["with a list"]), ("candidates", counts["candidates"]),
        ("questions whose answer is not at its place, or not unique", counts["skipped"]),
        ("questions that cannot be used", bad_input.skipped),
        ("time", program.duration(seconds()))])
    pattern = writing.shard_pattern(FLAGS.output_jsonl, FLAGS.num_output_shards)
    print("\nWritten: %s\n\nNext:\n  %s" % (pattern, next_command(pattern)))


def next_command(pattern):
    """Records of training pages, predictions of dev pages."""
    if FLAGS.split == "dev":
        return program.command("bert_nq/run_nq.py", "--do_predict", "--output_dir=model",
                               program.NEW_LINE, "--predict_file=" + pattern,
                               "--output_prediction_file=predictions.json")
    records = os.path.join(os.path.dirname(pattern), "train.tfrecord")
    return program.command("prepare/prepare_nq_data.py", "--input_jsonl=" + pattern,
                           program.NEW_LINE, "--output_tfrecord=" + records,
                           "--vocab_file=vocab-nq.txt")


if __name__ == "__main__":
    run(main)
