r"""Turns pages of one's own, HTML, plain text or Markdown, into NQ shards.

    python prepare/pages_to_nq.py --input='pages/*.html' --questions=questions.csv \
        --output_jsonl=pages.jsonl.gz

All other programs take the shards: for prediction, and with answers for training and scoring.
--input takes folders as well; what a page is written in is told by its name and its content.

--questions names a file of questions: CSV or TSV with the columns page, question and, for training,
answer; JSON lines with these fields; or SQuAD and what has its shape, where the title names the
page. A page is called by the name of its file, with its ending or without. Answers are looked for
in their page, those of SQuAD in the paragraph they belong to; what is not found is counted and left
out. The long answer is the outermost paragraph, list or table around the short one.

--question asks the same of every page, and may be given several times. Without either every page is
asked for its title. The same files give the same bytes; ids are hashes of page and question.
"""
from bert_nq.cli.start import run

import collections

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("input", None, "Pages: comma-separated paths, globs and folders.")
flags.DEFINE_string("questions", None, "Questions about them, see above.")
flags.DEFINE_multi_string("question", [], "A question for every page; may be repeated.")
flags.DEFINE_string("output_jsonl", None, "The shard to write or replace, .jsonl or .jsonl.gz.")
flags.DEFINE_integer("num_output_shards", 1, "Deal the lines to so many files instead: "
                     "OUTPUT-00.jsonl.gz and so on.", lower_bound=1, upper_bound=1000)
flags.DEFINE_string("charset", None, "The encoding of all pages, such as windows-1252; by default "
                    "the one that a page says itself.")
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"], "What to do with a page or a question "
                  "that cannot be used: stop, or count it and go on.")


def main():
    program.require(FLAGS, "input", "output_jsonl")
    if FLAGS.questions and FLAGS.question:
        raise UserError("give either --questions or --question")
    if any(not question.strip() for question in FLAGS.question):
        raise UserError("--question is empty")
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.html_pages import making, questions, reading
    from bert_nq.datasets.nq import writing
    paths = reading.find_pages(FLAGS.input)
    inputs = paths + list(filter(None, [FLAGS.questions]))
    writing.check_outputs(FLAGS.output_jsonl, FLAGS.num_output_shards, inputs)
    bad_input = BadInput(FLAGS.on_bad_input == "skip")
    pages = making.pages_of(paths)
    ask = making.asking(FLAGS.question)
    if FLAGS.questions:
        asked = making.by_page(questions.read_questions(FLAGS.questions, bad_input), pages,
                               bad_input)
        ask = making.asking_of(asked)
    counts = collections.Counter()
    outputs = writing.shard_paths(FLAGS.output_jsonl, FLAGS.num_output_shards)
    with program.timed() as seconds:
        made = making.lines(pages, ask, bad_input, counts, program.note, FLAGS.charset)
        writing.write_dealt(outputs, program.progress(made, "questions"),
                            "no question about these pages could be used")
    print_summary(counts, bad_input.skipped, seconds())
    pattern = writing.shard_pattern(FLAGS.output_jsonl, FLAGS.num_output_shards)
    print("\nWritten: %s\n\nNext:\n  %s" % (pattern, next_command(pattern, counts)))


def print_summary(counts, skipped, seconds):
    """Prints the counts."""
    shown = ["pages", "pages without a question", "candidates", "examples",
             "questions without an answer", "answers", "answers at several places",
             "answers not found in their page", "questions skipped"]
    program.print_table("made", [(name, counts[name]) for name in shown] + [
        ("pages and questions that cannot be used", skipped),
        ("time", program.duration(seconds))])


def next_command(pattern, counts):
    """The next step with the shards: training where they have annotations, else prediction."""
    if counts["answers"]:
        return program.command("prepare/prepare_nq_data.py", "--input_jsonl=" + pattern,
                               program.NEW_LINE, "--output_tfrecord=train.tfrecord",
                               "--vocab_file=vocab-nq.txt")
    return program.command("bert_nq/run_nq.py", "--do_predict", "--output_dir=model",
                           program.NEW_LINE, "--predict_file=" + pattern,
                           "--output_prediction_file=predictions.json")


if __name__ == "__main__":
    run(main)
