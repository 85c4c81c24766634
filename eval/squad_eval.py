"""Scores predictions with the official measures of SQuAD 1.1 and 2.0.

    python eval/squad_eval.py --gold_path=dev-v2.0.json --predictions_path=predictions.json \
        --na_prob_path=null_odds.json

prints what the official script of the version prints, on standard output, and everything else on
standard error. The version is that of the questions: 2.0 where any of them may be impossible.

    python eval/squad_eval.py ... --report=report --compare=others.json

also writes a report: intervals, curves, scores of groups of questions, and a comparison with other
predictions, with the questions won and lost.
"""
from bert_nq.cli.start import run

import gc
import json
import logging
import os

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("gold_path", None, "Annotated questions: SQuAD's JSON, lines of MRQA, or flat "
                    "rows in JSON, JSON lines or CSV, gzip or not: a glob, or several with commas "
                    "between them.")
flags.DEFINE_string("predictions_path", None, "Predictions, JSON of the official format: "
                    "{id: text}.")
flags.DEFINE_string("na_prob_path", None, "Probabilities or odds that a question has no answer, "
                    "JSON of the official format: {id: number}. For version 2.0.")
flags.DEFINE_float("na_prob_thresh", 1.0, "Questions above it count as not answered, as in the "
                   "official script also where --na_prob_path has odds.")
flags.DEFINE_enum("version", None, ["1.1", "2.0"], "Score by the rule of this version, whatever "
                  "the questions look like.")
flags.DEFINE_string("output_json", None, "Also write the numbers to this file.")
flags.DEFINE_string("out_image_dir", None, "Folder for the pictures of the official script: curves "
                    "of precision and recall, whose areas are added to the numbers, and histograms "
                    "of --na_prob_path.")
flags.DEFINE_string("report", None, "Folder for a report: Markdown, JSON and pictures.")
flags.DEFINE_string("compare", None, "Predictions of another system for the same questions: tests "
                    "whether the scores differ and tells which questions were won and lost.")
flags.DEFINE_string("compare_na_prob_path", None, "Probabilities or odds beside --compare.")
flags.DEFINE_integer("resamples", 1000, "Samples of the bootstrap and of the test.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the bootstrap.", lower_bound=0, upper_bound=2 ** 32 - 1)

_CHANGES_SHOWN = 3  # of each kind, on the terminal


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path")
    gold_paths = files.expand(FLAGS.gold_path, "gold")
    _check_outputs(gold_paths + list(filter(None, [
        FLAGS.predictions_path, FLAGS.na_prob_path, FLAGS.compare, FLAGS.compare_na_prob_path])))
    # Questions hold no cycles, and looking for cycles takes a third of the time.
    gc.disable()
    from bert_nq.cli import squad_scoring
    from bert_nq.datasets.squad.reading import READING
    from bert_nq.scoring.squad import gold, measures

    with program.timed() as seconds:
        questions = gold.read_questions(gold_paths, READING.read)
        version = FLAGS.version or measures.version_of(questions.values())
        system = squad_scoring.score(questions, version, FLAGS.predictions_path,
                                     FLAGS.na_prob_path, "--na_prob_path", FLAGS.na_prob_thresh)
        numbers = system.numbers()
        pictures = _draw_official(system, numbers) if FLAGS.out_image_dir else []
        if FLAGS.output_json:
            with files.replacing(FLAGS.output_json) as out:
                out.write(json.dumps(numbers).encode("ascii") + b"\n")
        # Each version as its script does.
        print(json.dumps(numbers, indent=2 if version == measures.V2 else None), flush=True)
        program.note("scored %s questions as SQuAD %s in %s" % (
            format(len(questions), ","), version, program.duration(seconds())))
    written = ([FLAGS.output_json] if FLAGS.output_json else []) + pictures
    if written:
        program.note("written: %s" % " ".join(written))
    if FLAGS.report or FLAGS.compare:
        other = None
        if FLAGS.compare:
            other = squad_scoring.score(questions, version, FLAGS.compare,
                                        FLAGS.compare_na_prob_path, "--compare_na_prob_path",
                                        FLAGS.na_prob_thresh)
        _report(system, other)


def _check_outputs(inputs) -> None:
    """Raises UserError where an output would take the place of an input."""
    for name in ("report", "out_image_dir"):
        folder = FLAGS[name].value
        if folder and os.path.lexists(folder) and not os.path.isdir(folder):
            raise UserError("--%s=%s is a file: give the name of a folder" % (name, folder))
    if FLAGS.out_image_dir and not FLAGS.na_prob_path:
        raise UserError("--out_image_dir draws what --na_prob_path says: give both")
    if FLAGS.compare_na_prob_path and not FLAGS.compare:
        raise UserError("--compare_na_prob_path goes with --compare")
    if FLAGS.output_json:
        files.check_output(FLAGS.output_json, inputs)
    if FLAGS.report:
        from bert_nq.scoring import report_folder
        report_folder.check(FLAGS.report, inputs)


def _draw_official(system, numbers):
    """Draws the official pictures, adds their areas to the numbers, and returns the paths."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It reports its font cache.
    from bert_nq.scoring import figures
    from bert_nq.scoring.squad import curves, plots

    numbers.update(curves.average_precisions(curves.curves(system)))
    files.make_folder(FLAGS.out_image_dir)
    return figures.write(plots.draw_official(system),
                         lambda name: os.path.join(FLAGS.out_image_dir, name))


def _report(system, other) -> None:
    from bert_nq.scoring.squad import report, report_text

    made = report.make(system, other, FLAGS.resamples, FLAGS.seed)
    program.note("\n" + report_text.main_table(made))
    if made.changes:
        program.note("\n" + report_text.some_changes(made, _CHANGES_SHOWN))
    if FLAGS.report:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It reports its font cache.
        from bert_nq.scoring.squad import report_files
        paths = report_files.write(FLAGS.report, made, system, other)
        program.note("\nwritten: %s\nNext: read %s" % (" ".join(paths), paths[0]))


if __name__ == "__main__":
    run(main)
