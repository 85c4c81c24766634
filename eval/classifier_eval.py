"""Scores predicted labels of texts: accuracy, micro and macro F1.

    python eval/classifier_eval.py --gold_path=dev.jsonl --predictions_path=predictions.json

prints the numbers as JSON on standard output, and everything else on standard error.

    python eval/classifier_eval.py ... --report=report --compare=others.json

also writes a report: intervals, each label's precision, recall and F1, a picture of the labels that
are confused, and a comparison with other predictions, with the texts won and lost.
"""
from bert_nq.cli.start import run

import json
import logging
import os

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("gold_path", None, "Texts with labels, as run_classifier.py takes them: a "
                    "glob, or several with commas between them.")
flags.DEFINE_string("predictions_path", None, "Predictions of run_classifier.py: {id: label}.")
flags.DEFINE_string("output_json", None, "Also write the numbers to this file.")
flags.DEFINE_string("report", None, "Folder for a report: Markdown, JSON and a picture.")
flags.DEFINE_string("compare", None, "Predictions of another system for the same texts: tests "
                    "whether the scores differ and tells which texts were won and lost.")
flags.DEFINE_integer("resamples", 1000, "Samples of the bootstrap and of the test.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the bootstrap.", lower_bound=0, upper_bound=2 ** 32 - 1)

_IDS_SHOWN = 5


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path")
    gold_paths = files.expand(FLAGS.gold_path, "gold")
    _check_outputs(gold_paths + list(filter(None, [FLAGS.predictions_path, FLAGS.compare])))
    from bert_nq.tasks import classification_answers

    with program.timed() as seconds:
        gold = classification_answers.read_labels(gold_paths)
        scored = _score(gold, FLAGS.predictions_path)
        numbers = scored.numbers()
        if FLAGS.output_json:
            files.write_json(FLAGS.output_json, numbers)
        print(json.dumps(numbers, indent=2), flush=True)
        program.note("scored %s texts in %s" % (format(len(gold), ","),
                                                program.duration(seconds())))
    if FLAGS.output_json:
        program.note("written: %s" % FLAGS.output_json)
    if FLAGS.report or FLAGS.compare:
        _report(scored, _score(gold, FLAGS.compare) if FLAGS.compare else None)


def _check_outputs(inputs) -> None:
    """Raises UserError where an output would take the place of an input."""
    if FLAGS.report and os.path.lexists(FLAGS.report) and not os.path.isdir(FLAGS.report):
        raise UserError("--report=%s is a file: give the name of a folder" % FLAGS.report)
    if FLAGS.output_json:
        files.check_output(FLAGS.output_json, inputs)
    if FLAGS.report:
        from bert_nq.scoring import report_folder
        report_folder.check(FLAGS.report, inputs)


def _score(gold, path):
    from bert_nq.scoring import id_maps
    from bert_nq.scoring.classification import measures
    predictions = id_maps.read(path, "{id: label}", id_maps.text, "text")
    try:
        scored = measures.score(path, gold, predictions)
    except UserError as e:
        raise UserError("%s: %s" % (path, e)) from e
    for ids, what in (([key for key in gold if key not in predictions],
                       "texts have no prediction, they count as wrong"),
                      ([key for key in predictions if key not in gold],
                       "ids are of other texts, they count for nothing")):
        if ids:
            program.note("%s: %s %s: %s%s" % (
                path, format(len(ids), ","), what, ", ".join(ids[:_IDS_SHOWN]),
                " ..." if len(ids) > _IDS_SHOWN else ""))
    return scored


def _report(scored, other) -> None:
    from bert_nq.scoring.classification import report
    made = report.make(scored, other, FLAGS.resamples, FLAGS.seed)
    program.note("\n" + report.main_table(made))
    if FLAGS.report:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It reports its font cache.
        from bert_nq.scoring import report_folder
        from bert_nq.scoring.classification import plots
        paths = report_folder.write(FLAGS.report, report.as_markdown(made), made.content,
                                    made.changes if other else None,
                                    {"confusion": plots.draw_confusion(scored)})
        program.note("\nwritten: %s\nNext: read %s" % (" ".join(paths), paths[0]))


if __name__ == "__main__":
    run(main)
