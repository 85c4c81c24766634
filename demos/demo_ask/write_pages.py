r"""Writes the pages of NQ shards as files of HTML, as the web has them, and their questions.

    python write_pages.py --input_jsonl=build/demo/nq-dev.jsonl.gz --output_dir=pages \
        --output_questions=questions.txt

writes pages/TITLE.html for each page, and the questions that annotators found a short answer to,
one a line. bert_nq/ask.py and bert_nq/serve.py answer questions about such a folder (--pages).
"""
from bert_nq.cli.start import run

import collections
import json
import os
import re

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("input_jsonl", None, "NQ shards in the original format: comma-separated paths "
                    "and globs.")
flags.DEFINE_string("output_dir", None, "The folder of pages.")
flags.DEFINE_string("output_questions", None, "A text file of questions.")
flags.DEFINE_integer("num_questions", 3, "How many questions it gets: the first with an answer.",
                     lower_bound=0)


def main():
    program.require(FLAGS, "input_jsonl", "output_dir", "output_questions")
    from bert_nq.base import lines
    from bert_nq.datasets.nq import shards

    paths = shards.expand_shards(FLAGS.input_jsonl)
    files.check_output(FLAGS.output_questions, paths)
    files.make_folder(FLAGS.output_dir)
    counts, questions = collections.Counter(), []
    for path in paths:
        for source, line in lines.read_sources(path):
            page = json.loads(line.decode("utf8"))
            if not page.get("document_html"):
                raise BadExampleError("%s: there is no document_html, which shards in the original "
                                      "format have" % source)
            # A page has several questions in some shards; it is written once.
            name = file_name(page.get("document_title") or "page")
            counts[name] += 1
            with files.replacing(os.path.join(FLAGS.output_dir, name + ".html")) as out:
                out.write(page["document_html"].encode("utf8"))
            if any(annotation["short_answers"] for annotation in page.get("annotations", [])):
                questions.append(page["question_text"])
    if not counts:
        raise UserError("%s: there are no pages" % FLAGS.input_jsonl)
    with files.replacing(FLAGS.output_questions) as out:
        chosen = questions[:FLAGS.num_questions]
        out.write("".join(question + "\n" for question in chosen).encode("utf8"))
    program.print_table("pages", [("written", len(counts)), ("folder", FLAGS.output_dir),
                                  ("questions", "%d, in %s" % (len(chosen),
                                                               FLAGS.output_questions))])


def file_name(title):
    """A file name of a title: letters, digits and marks that mean nothing to a file system."""
    return re.sub(r"[^\w().,'-]+", "_", title).strip("._")[:100] or "page"


if __name__ == "__main__":
    run(main)
