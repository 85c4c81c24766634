"""Combines the answers of several models, which may differ in vocabulary and windows.

    python eval/ensemble_predictions.py --nbest_paths=a/nbest.json,b/nbest.json \
        --output_prediction_file=predictions.json

reads the n-best files that bert_nq/run_nq.py --do_predict --output_nbest_file wrote with each model
for the same pages. With --gold_path it prints the official scores of each model and of the ensemble
side by side, and --fit_weights finds the weights that score best. docs/ensembles.md explains the
rules, and when run_nq.py --ensemble is the better choice.
"""
from bert_nq.cli.start import run

import contextlib
import math

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags import scoring
from bert_nq.ensembling import rules as combining_rules

FLAGS = flags.FLAGS

_CHUNK = 64  # pages that are combined at once

flags.DEFINE_list("nbest_paths", None, "The n-best files, one of each model, for the same pages.")
flags.DEFINE_list("weights", None, "The weight of each of them; equal if not given.")
flags.DEFINE_enum("method", combining_rules.DEFAULT, list(combining_rules.METHODS),
                  "How scores are combined, see docs/ensembles.md.")
flags.DEFINE_string("output_prediction_file", None, "Where the answers of the ensemble go, as JSON "
                    "for nq_eval.py and tune_thresholds.py.")
flags.DEFINE_string("output_nbest_file", None, "Also write the ensemble's best answers of each "
                    "page.")
flags.DEFINE_string("thresholds", None, "A file of eval/tune_thresholds.py for this ensemble: "
                    "answers that score lower are left out.")
scoring.define_gold_flags()
flags.DEFINE_bool("fit_weights", False, "Find the weights of the highest long and short F1 on "
                  "--gold_path, and cross-validate them.")
flags.DEFINE_list("compare_with", None, "Prediction files for the same pages to score beside the "
                  "ensemble, such as those of run_nq.py --ensemble.")
scoring.define_fold_flags()


def main() -> None:
    paths, weights, gold_paths = _checked_flags()
    from bert_nq.ensembling import combining, ensembles, nbest_files
    from bert_nq.scoring.nq.tuned import Tuned

    tuned = Tuned.load(FLAGS.thresholds) if FLAGS.thresholds else None
    predictors = [nbest_files.read_predictor(path) for path in paths]
    if gold_paths:
        weights = _score(paths, weights, gold_paths)
    ensemble = ensembles.Ensemble(FLAGS.method, combining.normalised(weights), predictors)
    if tuned:
        tuned.check_predictor(ensemble.predictor())
    if FLAGS.output_prediction_file:
        _write(paths, ensemble, tuned)


def _checked_flags():
    """The n-best files, the weights, and the gold shards if any are given."""
    program.require(FLAGS, "nbest_paths")
    if not FLAGS.gold_path:
        program.require(FLAGS, "output_prediction_file")
    paths = [path.strip() for path in FLAGS.nbest_paths]
    if len(paths) < 2:
        raise UserError("--nbest_paths=%s is one file: an ensemble has two or more" % paths[0])
    for path in paths:
        if paths.count(path) > 1:
            raise UserError("--nbest_paths has %s twice: give it a weight instead" % path)
    if FLAGS.weights is not None and len(FLAGS.weights) != len(paths):
        raise UserError("--weights has %d numbers for %d n-best files"
                        % (len(FLAGS.weights), len(paths)))
    weights = [1.0] * len(paths) if FLAGS.weights is None else list(map(_weight, FLAGS.weights))
    if not any(weights):
        raise UserError("--weights: all are 0")
    for flag in ("fit_weights", "compare_with"):
        if FLAGS[flag].value and not FLAGS.gold_path:
            raise UserError("--%s needs --gold_path, to score with" % flag)
    if FLAGS.fit_weights and FLAGS.weights is not None:
        raise UserError("give --weights or --fit_weights, not both")
    if FLAGS.output_nbest_file and not FLAGS.output_prediction_file:
        raise UserError("--output_nbest_file needs --output_prediction_file")
    gold_paths = files.expand(FLAGS.gold_path, "gold") if FLAGS.gold_path else []
    inputs = paths + gold_paths + (FLAGS.compare_with or [])
    files.check_no_pipes(paths)
    for output in filter(None, (FLAGS.output_prediction_file, FLAGS.output_nbest_file)):
        files.check_output(output, inputs)
        inputs = inputs + [output]
    return paths, weights, gold_paths


def _weight(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < math.inf:
        raise UserError("--weights: %r is not a number of 0 or more" % text)
    return number


def _score(paths, weights, gold_paths):
    """Prints the table of scores; returns the weights, with --fit_weights the fitted ones."""
    from bert_nq.ensembling import combining, nbest_files
    from bert_nq.ensembling import report as combining_report
    from bert_nq.ensembling import weights as combining_weights
    from bert_nq.scoring.nq.gold import read_gold

    gold = read_gold(gold_paths, FLAGS.num_threads)
    if FLAGS.fit_weights:
        scoring.check_annotators(gold, FLAGS.gold_path)
    else:
        scoring.tell_shortage(gold)
    least = scoring.non_null_thresholds()
    lines_to_compare = [combining_report.Line(path, _points_of_file(path, gold, least))
                        for path in FLAGS.compare_with or ()]
    combination = combining.Combination(program.progress(
        nbest_files.read_together(paths, with_texts=False), "pages read", len(gold)), FLAGS.method)
    try:
        scorer = combining_weights.DevScorer(combination, gold, *least)
    except UserError as e:
        raise UserError("%s: %s" % (paths[0], e)) from e

    def line(name, shown, ensemble_weights):
        answers = scorer.judge(ensemble_weights)
        return combining_report.Line(name, scorer.points(answers), shown)

    singles = [[float(i == j) for j in range(len(paths))] for i in range(len(paths))]
    name = "ensemble, %s weights" % ("equal" if FLAGS.weights is None else "these")
    ensemble = line(name, None, weights)
    fitted = None
    if FLAGS.fit_weights:
        fitted = combining_weights.fit(scorer, FLAGS.folds, FLAGS.seed)
        weights = fitted.weights
    lines = [line(path, weight, single) for path, weight, single in zip(
        paths, combining.normalised(weights), singles)] + [ensemble]
    if fitted:
        held_out = scorer.points(fitted.held_out)
        lines += [line("ensemble, fitted weights", None, weights),
                  combining_report.Line("  on held-out folds", held_out)]
    print(combining_report.format_scores(lines + lines_to_compare))
    print("each with its own best thresholds, as in nq_eval.py")
    if fitted:
        print("\n" + combining_report.format_fitting(fitted, FLAGS.folds))
    print(flush=True)
    return weights


def _points_of_file(path, gold, least):
    from bert_nq.scoring import f_measure
    from bert_nq.scoring.nq import measures
    from bert_nq.scoring.nq.predictions import read_predictions

    predictions = read_predictions(path)
    try:
        rows = measures.score_answers(gold, predictions, *least)
    except UserError as e:
        raise UserError("%s: %s" % (path, e)) from e
    return tuple(f_measure.best_f1(f_measure.sweep(kind)) for kind in rows)


def _write(paths, ensemble, tuned) -> None:
    from bert_nq.datasets.nq.prediction_file import prediction_file
    from bert_nq.ensembling import nbest_files

    predictor, count = ensemble.predictor(), 0
    with program.timed() as seconds, contextlib.ExitStack() as stack:
        write_nbest = None
        if FLAGS.output_nbest_file:
            write_nbest = stack.enter_context(prediction_file(FLAGS.output_nbest_file, predictor))
        if tuned:
            predictor = dict(predictor, thresholds=tuned.describe())
        write = stack.enter_context(prediction_file(FLAGS.output_prediction_file, predictor))
        pages = program.progress(nbest_files.read_together(paths), "pages combined")
        for chunk in _chunks(pages):
            for entry, nbest in ensemble.answer(chunk):
                write(tuned.apply(entry) if tuned else entry)
                if write_nbest:
                    write_nbest(nbest)
            count += len(chunk)
    print("combined %s pages of %d models in %s" % (format(count, ","), len(paths),
                                                    program.duration(seconds())))
    print("weights: %s" % ",".join("%g" % weight for weight in ensemble.weights))
    for path in filter(None, (FLAGS.output_prediction_file, FLAGS.output_nbest_file)):
        print("written: %s" % path)
    if not tuned:
        print("\nNext: fit thresholds, then run this again with --weights and --thresholds\n  "
              + program.command(
                  "eval/tune_thresholds.py", "--gold_path=" + (FLAGS.gold_path or "DEV.jsonl.gz"),
                  "--predictions_path=" + FLAGS.output_prediction_file,
                  "--output_thresholds=thresholds.json"))


def _chunks(pages):
    chunk = []
    for page in pages:
        chunk.append(page)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


if __name__ == "__main__":
    run(main)
