"""Writes a site that shows each question's text with the gold and the predicted answers in it.

    python eval/error_pages.py --gold_path='dev/nq-dev-*.jsonl.gz' \\
        --predictions_path=predictions.json --output_dir=errors

The site is a folder of HTML files that need no server and no network: open errors/index.html in a
browser. It lists all questions with the official verdict on the long and the short answer, with
filters and a search; docs/error_pages.md describes it.

    python eval/error_pages.py --gold_path=dev-v2.0.json --predictions_path=predictions.json \\
        --nbest_path=nbest_predictions.json --na_prob_path=null_odds.json --output_dir=errors

does the same for SQuAD 1.1 and 2.0, MRQA and rows; the format of the predictions says which is
meant. Pages of NQ without annotations, such as those of pages_to_nq.py, are shown as answers to
look at, without verdicts.
"""
from bert_nq.cli.start import run

import os

from absl import flags

from bert_nq.base import files
from bert_nq.cli import error_pages, prediction_formats, program
from bert_nq.cli.flags import scoring

FLAGS = flags.FLAGS

scoring.define_gold_flags(" Where the predictions are for SQuAD, MRQA or rows, its annotated "
                          "questions.")
flags.DEFINE_string("predictions_path", None, "Predictions, JSON of the official format of Natural "
                    "Questions, or of SQuAD, {id: text}.")
flags.DEFINE_string("nbest_path", None, "The n-best lists of these predictions, as run_nq.py or "
                    "run_squad.py writes them; shown beside the page.")
flags.DEFINE_string("output_dir", None, "The folder of the site. It is replaced when the new one "
                    "is complete; a folder that holds anything else is refused.")
flags.DEFINE_integer("max_pages", 0, "Only the first so many questions get a page; 0: all.",
                     lower_bound=0)
flags.DEFINE_enum("only", "all", ["all", "wrong", "partly", "missed", "false_alarm", "right",
                                  "null", "yes_no", "answered", "unanswered"],
                  "Which questions get a page, by the verdict (of NQ, on the long or the short "
                  "answer): wrong: any error; missed: none, where there is an answer; false_alarm: "
                  "an answer, where there is none. SQuAD: partly: words in common with gold; null: "
                  "rightly none. NQ: yes_no: yes or no in gold or prediction; answered, "
                  "unanswered: by the prediction alone. All are scored.")
flags.DEFINE_float("long_threshold", None, "NQ: long answers that score lower count as null. "
                   "Default: the threshold with the best F1, as the official scorer finds it.")
flags.DEFINE_float("short_threshold", None, "The same for short answers.")
flags.DEFINE_string("na_prob_path", None, "SQuAD 2.0: probabilities or odds that a question has no "
                    "answer, JSON of the official format, {id: number}, such as null_odds.json.")
flags.DEFINE_float("na_prob_thresh", 1.0, "SQuAD 2.0: questions above it count as not answered, as "
                   "in the official script also where --na_prob_path has odds.")
flags.DEFINE_enum("version", None, ["1.1", "2.0"], "SQuAD: score by the rule of this version, "
                  "whatever the questions look like.")
flags.DEFINE_integer("nbest_size", 10, "How many answers of each n-best list are shown.",
                     lower_bound=1)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"], "Whether a page that cannot be used "
                  "ends the run or is counted and left out.")


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path", "output_dir")
    from bert_nq.base.bad_input import BadInput
    from bert_nq.error_pages import site

    with program.timed() as seconds:
        gold_paths = files.expand_once(FLAGS.gold_path, "gold")
        given = [path for path in (FLAGS.predictions_path, FLAGS.nbest_path,
                                   FLAGS.na_prob_path) if path]
        files.check_no_pipes(gold_paths + given)
        site.check_folder(FLAGS.output_dir, gold_paths + given)
        bad_input = BadInput(skip=FLAGS.on_bad_input == "skip")
        name = prediction_formats.format_of(FLAGS.predictions_path)
        plan = error_pages.planner(name).plan(gold_paths, bad_input)
        written = sum(1 for _ in program.progress(plan.write, "pages", plan.num_chosen))
    plan.print_scores()
    rows = [("questions scored", plan.num_scored), ("pages written", written),
            ("time", program.duration(seconds()))]
    if bad_input.skipped:
        rows.append(("pages left out, unusable", bad_input.skipped))
    program.print_table("site", rows)
    print("\nopen in a browser: %s" % os.path.abspath(os.path.join(FLAGS.output_dir,
                                                                   "index.html")))


if __name__ == "__main__":
    run(main)
