"""Thresholds of long and short answers of Natural Questions, and calibrated probabilities."""
from typing import List

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags import scoring

FLAGS = flags.FLAGS


def tune(gold_paths: List[str]) -> None:
    """Fits thresholds, writes their file and prints how good they are.

    Raises:
      UserError: the gold or the predictions cannot be used.
    """
    from bert_nq.scoring import f_measure
    from bert_nq.scoring.nq import options, tuning, tuning_report

    with program.timed() as seconds:
        scored = options.read_scored(FLAGS.predictions_path)
        gold = _read_gold(gold_paths)
        long_rows, short_rows = _official_rows(gold, scored)
        table = options.make_table(gold, scored, *scoring.non_null_thresholds())
        found = tuning.tune(table, scored.kinds, FLAGS.folds, FLAGS.calibration, FLAGS.seed)
        fit = found.fits[FLAGS.objective]
        _save(scored, found, table)
    as_they_are = tuning.points_of(long_rows, short_rows)
    official = tuple(f_measure.best_f1(f_measure.sweep(rows)) for rows in (long_rows, short_rows))
    print(tuning_report.format_scores(as_they_are, official, found, FLAGS.folds))
    print("\n" + tuning_report.format_fitting(as_they_are, fit, FLAGS.objective))
    print("\n" + tuning_report.format_thresholds(fit, scored.kinds))
    if found.calibrated:
        print("\n" + tuning_report.format_calibration(found.calibrated))
    print("\nfitted on %s questions in %s" % (format(len(gold), ","),
                                              program.duration(seconds())))
    print("written: %s" % FLAGS.output_thresholds)
    # With the settings of the predictions that they were fitted to.
    print("\nNext: predict with them, by the model that made %s\n  %s" % (
        FLAGS.predictions_path, program.command(
            "bert_nq/run_nq.py", "--do_predict", "--flagfile=model/flags-predict.txt",
            "--output_dir=model", program.NEW_LINE, "--predict_file=DEV.jsonl.gz",
            "--thresholds=" + FLAGS.output_thresholds)))


def _read_gold(paths):
    from bert_nq.scoring.nq.gold import read_gold

    gold = read_gold(paths, FLAGS.num_threads)
    unannotated = sum(not annotations for annotations in gold.values())
    if unannotated == len(gold):
        raise UserError("%s: no example is annotated, there is nothing to fit to" % paths[0])
    if unannotated:
        program.note("not annotated, counted as without an answer: %s" % format(unannotated, ","))
    return gold


def _official_rows(gold, scored):
    from bert_nq.scoring.nq import measures

    try:
        rows = measures.score_answers(gold, scored.predictions, *scoring.non_null_thresholds())
    except UserError as e:
        raise UserError("%s: %s" % (FLAGS.predictions_path, e)) from e
    scoring.check_annotators(gold, FLAGS.gold_path)
    return rows


def _save(scored, found, table) -> None:
    from bert_nq.scoring.nq import tuning_report
    from bert_nq.scoring.nq.tuned import Tuned

    fit = found.fits[FLAGS.objective]
    Tuned(scored.predictor, scored.kinds, fit.rule, FLAGS.calibration, found.calibration,
          dict(tuning_report.summary(fit, found.calibrated, FLAGS.objective),
               questions=len(table.ids), long_answers=int(table.has_long_gold.sum()),
               short_answers=int(table.has_short_gold.sum()), folds=FLAGS.folds, seed=FLAGS.seed,
               long_non_null_threshold=FLAGS.long_non_null_threshold,
               short_non_null_threshold=FLAGS.short_non_null_threshold)
          ).save(FLAGS.output_thresholds)
