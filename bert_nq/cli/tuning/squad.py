"""The null threshold of SQuAD 2.0."""
from typing import List

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS


def tune(gold_paths: List[str]) -> None:
    """Fits the threshold, writes its file and prints how good it is.

    Raises:
      UserError: the gold or the predictions cannot be used.
    """
    program.require(FLAGS, "na_prob_path")
    from bert_nq.datasets.squad.reading import READING
    from bert_nq.scoring.squad import gold, measures, predictions, tuning, tuning_report
    from bert_nq.scoring.squad import system as systems
    from bert_nq.scoring.squad.tuned import Tuned

    with program.timed() as seconds:
        texts = predictions.read_predictions(FLAGS.predictions_path)
        best_texts = predictions.read_nbest(FLAGS.nbest_path) if FLAGS.nbest_path else texts
        odds = predictions.read_na_probs(FLAGS.na_prob_path)
        questions = gold.read_questions(gold_paths, READING.read)
        try:
            table = tuning.make_table(questions, best_texts, odds)
            as_they_are = systems.score("", questions, texts, odds, float("inf"), measures.V2)
        except UserError as e:
            raise UserError("%s: %s" % (FLAGS.predictions_path, e)) from e
        fit = tuning.tune(table, FLAGS.metric, FLAGS.folds, FLAGS.seed)
        Tuned(fit.threshold, dict(
            tuning_report.summary(fit, FLAGS.metric), questions=len(questions), folds=FLAGS.folds,
            seed=FLAGS.seed)).save(FLAGS.output_thresholds)
    silent = sum(not text for text in best_texts.values())
    if silent and not FLAGS.nbest_path:
        program.note("%s of %s predictions are empty, no threshold answers these: give "
                     "--nbest_path=nbest_predictions.json to have all answers" % (
                         format(silent, ","), format(len(texts), ",")))
    numbers = as_they_are.numbers()
    print(tuning_report.format_scores(numbers, fit))
    print(tuning_report.format_best(numbers))
    print("\n" + tuning_report.format_threshold(fit, FLAGS.metric, numbers))
    print("\nfitted on %s questions in %s" % (format(len(questions), ","),
                                              program.duration(seconds())))
    print("written: %s" % FLAGS.output_thresholds)
    # With the settings of the predictions that it was fitted to.
    print("\nNext: predict with it, by the model that made %s\n  %s" % (
        FLAGS.predictions_path, program.command(
            "bert_nq/run_squad.py", "--do_predict", "--flagfile=model/flags-predict.txt",
            "--output_dir=model", program.NEW_LINE, "--predict_file=dev-v2.0.json",
            "--version_2_with_negative", "--null_score_diff_threshold=%r" % fit.threshold)))
