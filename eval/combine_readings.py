r"""Adds up what several readers of candidates say of each word, and writes their common answers.

    python combine_readings.py --readings=bert.jsonl.gz,albert.jsonl.gz --weights=0.4,0.6 \
        --output_prediction_file=predictions.json

The readings are written by run_quesbelm.py --do_predict --output_readings, of the same pages and
candidates. The models may have different vocabularies: probabilities are those of document words.
Readings of one model give its own answers. nq_eval.py and tune_thresholds.py take the predictions
as any others. docs/quesbelm.md has the rules.
"""
from bert_nq.cli.start import run

import collections

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_positive
from bert_nq.cli import program
from bert_nq.decoding.candidates import SPAN_CHOICES

FLAGS = flags.FLAGS

flags.DEFINE_string("readings", None, "The files of readings, with commas between them.")
flags.DEFINE_list("weights", None, "The weight of each model; equal if not given.")
flags.DEFINE_enum("span_choice", SPAN_CHOICES[0], SPAN_CHOICES, "How the short answer is found, "
                  "see run_quesbelm.py.")
flags.DEFINE_string("output_prediction_file", None, "Where the predictions go.")


def main() -> None:
    program.require(FLAGS, "readings", "output_prediction_file")
    paths = FLAGS.readings.split(",")
    weights = weights_of_flags(len(paths))
    files.check_output(FLAGS.output_prediction_file, paths)
    from bert_nq.datasets.nq.prediction_file import prediction_file
    from bert_nq.ensembling import readings
    from bert_nq.tasks import nq_answers

    predictor = {"decoder": "readings", "options": {"span_choice": FLAGS.span_choice},
                 "model": "-".join("%s*%g" % (files.crc32c(path), weight)
                                   for path, weight in zip(paths, weights))}
    counts = collections.Counter()
    entries = readings.entries(paths, weights, FLAGS.span_choice)
    with prediction_file(FLAGS.output_prediction_file, predictor) as write:
        for entry in program.progress(entries, "pages"):
            counts.update(nq_answers.count(entry), pages=1)
            write(entry)
    program.print_table("Predictions in %s" % FLAGS.output_prediction_file, [
        ("models", len(paths)), ("pages", counts["pages"]), *nq_answers.rows(counts)])
    print("\nNext: score them\n  " + program.command(
        "eval/nq_eval.py", "--gold_path=DEV.jsonl.gz",
        "--predictions_path=" + FLAGS.output_prediction_file, "--pretty_print"))


def weights_of_flags(number: int):
    """The weights of so many models.

    Raises:
      UserError: there are more or fewer, or one is not a number above 0.
    """
    given = FLAGS.weights or ["1"] * number
    if len(given) != number:
        raise UserError("--weights=%s: %d numbers are wanted, one for each file of readings"
                        % (",".join(given), number))
    return [parse_positive(value, "--weights") for value in given]


if __name__ == "__main__":
    run(main)
