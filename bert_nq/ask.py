r"""Answers questions about pages of one's own.

    python ask.py --model_dir=model --page=article.html --question='who founded tovin'

prints the answer, then its paragraph with the answer marked, how likely it is, and the page. The
model is any folder that training on NQ or SQuAD has written; the page is a file of HTML, text or
Markdown, - for standard input, or an address: https://... Several questions are asked with several
--question, or with --questions_file, a line each. --json prints a line of JSON for each question:
"question", "page", "short" and "long" with their "text", "yes_no", "probability"; null where there
is none.

    python ask.py --model_dir=model --pages=folder --question='who founded tovin'

looks for the answer in a folder: the pages that fit the question best are read, see --read_pages.

The exit code is 0 where all questions are answered, 3 where there is no answer to one of them,
and 1 for an error, which is told in a line. docs/ask.md has more, also for Python.
"""
from bert_nq.cli.start import run

import sys
from typing import Callable, Sequence

from absl import flags

from bert_nq.answering import excerpts, listing
from bert_nq.answering.answer import Answer
from bert_nq.answering.excerpts import Excerpt
from bert_nq.base.errors import UserError
from bert_nq.cli import answer_report, page_input, program
from bert_nq.cli.flags import page_folder
from bert_nq.cli.flags import reader as reader_flags

FLAGS = flags.FLAGS

NO_ANSWER = 3  # the exit code

reader_flags.define_flags()
flags.DEFINE_string("page", None, "The page: a file, - for standard input, or an address that "
                    "begins with http:// or https://.")
page_folder.define_flags()
flags.DEFINE_multi_string("question", [], "What is asked; may be given several times.")
flags.DEFINE_string("questions_file", None, "A text file of questions, one a line.")
flags.DEFINE_bool("json", False, "Print lines of JSON.")
flags.DEFINE_integer("num_answers", 1, "Show so many of the best answers.", lower_bound=1)


def main() -> None:
    program.require(FLAGS, "model_dir")
    if bool(FLAGS.page) == bool(FLAGS.pages):
        raise UserError("--page or --pages is needed, and not both: a page, or a folder of pages")
    questions = page_input.questions(FLAGS.question, FLAGS.questions_file)
    model = reader_flags.checked()
    for question in questions:
        model.check_question(question)
    choose = _chooser()
    program.quiet_tensorflow(False)
    num_answered = 0
    with model.open(FLAGS.model_threads, note=program.note) as reader:
        report = _report(reader.description["is_calibrated"], len(questions) > 1)
        for question in questions:
            answers = listing.best_first(excerpts.ask(reader.ask_many, question,
                                                      choose(question)))
            num_answered += bool(answers and answers[0])
            print(report(question, answers), flush=True)
    if num_answered < len(questions):
        sys.exit(NO_ANSWER)


def _chooser() -> Callable[[str], Sequence[Excerpt]]:
    """Chooses pages for a question: always the same page, or the best of a folder."""
    if FLAGS.page:
        whole = excerpts.whole(page_input.read(FLAGS.page))
        return lambda question: [whole]
    return page_folder.chooser()


def _report(is_calibrated: bool, has_several: bool) -> Callable[[str, Sequence[Answer]], str]:
    """How the answers of the pages that were read for a question are printed."""
    style = answer_report.Style(answer_report.marks_for(sys.stdout), is_calibrated, has_several)
    if FLAGS.pages:
        if FLAGS.json:
            return lambda question, answers: answer_report.of_pages_as_json(question, answers,
                                                                            FLAGS.num_answers)
        return lambda question, answers: answer_report.of_pages_as_text(question, answers, style,
                                                                        FLAGS.num_answers)
    if FLAGS.json:
        return lambda _, answers: answer_report.as_json(answers[0], FLAGS.num_answers)
    return lambda _, answers: answer_report.as_text(answers[0], style, FLAGS.num_answers)


if __name__ == "__main__":
    run(main)
