"""Finds the score thresholds of the best F1, and calibrated probabilities.

    python eval/tune_thresholds.py --gold_path='tune/nq-*.jsonl.gz' \
        --predictions_path=predictions.json --output_thresholds=thresholds.json

reads annotated pages and predictions that were made without thresholds, and writes a small file for
bert_nq/run_nq.py --do_predict --thresholds. Cross-validation shows how much of the gain is fitting.
docs/thresholds.md explains the rule, the search and the file.

    python eval/tune_thresholds.py --gold_path=tune-v2.0.json --predictions_path=predictions.json \
        --nbest_path=nbest_predictions.json --na_prob_path=null_odds.json \
        --output_thresholds=thresholds.json

finds the null threshold of SQuAD 2.0; the format of the predictions says which of the two is meant.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.base import files
from bert_nq.cli import prediction_formats, program, tuning
from bert_nq.cli.flags import scoring

FLAGS = flags.FLAGS

scoring.define_gold_flags(" Where the predictions are for SQuAD, its annotated questions.")
flags.DEFINE_string("predictions_path", None, "Predictions for this gold, made without "
                    "--thresholds. With the page decoder's scores thresholds for long answers, "
                    "spans, yes and no are found, with any other file of the official format "
                    "those for long and for short answers.")
flags.DEFINE_string("output_thresholds", None, "The file to write.")
flags.DEFINE_string("na_prob_path", None, "SQuAD: the null odds of the predictions, "
                    "{id: number}.")
flags.DEFINE_string("nbest_path", None, "SQuAD: the n-best lists of the predictions. Their best "
                    "texts that are not empty are what is answered; without them, only answers of "
                    "--predictions_path can be left out.")
flags.DEFINE_enum("metric", "f1", ["f1", "exact"], "SQuAD: what is best at the threshold.")
flags.DEFINE_enum("objective", "separate", ["separate", "combined"], "NQ. separate: the best F1 of "
                  "long answers and the best of short ones, as in NQ; combined: the best F1 over "
                  "both together, as on Kaggle.")
flags.DEFINE_enum("calibration", "temperature", ["temperature", "isotonic", "none"], "NQ: how "
                  "scores become probabilities of being right.")
scoring.define_fold_flags()


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path", "output_thresholds")
    gold_paths = files.expand(FLAGS.gold_path, "gold")
    inputs = [FLAGS.predictions_path, FLAGS.na_prob_path, FLAGS.nbest_path]
    files.check_output(FLAGS.output_thresholds, gold_paths + list(filter(None, inputs)))
    tuning.tuner(prediction_formats.format_of(FLAGS.predictions_path)).tune(gold_paths)


if __name__ == "__main__":
    run(main)
