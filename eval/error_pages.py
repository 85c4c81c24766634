"""Writes a site that shows each question's page with the gold and the predicted answers in it.

    python eval/error_pages.py --gold_path='dev/nq-dev-*.jsonl.gz' \\
        --predictions_path=predictions.json --output_dir=errors

The site is a folder of HTML files that need no server and no network: open errors/index.html in a
browser. It lists all questions with the official verdict on the long and the short answer, with
filters and a search; docs/error_pages.md describes it.
"""
from bert_nq.cli.start import run

import os

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags import scoring

FLAGS = flags.FLAGS

scoring.define_gold_flags()
flags.DEFINE_string("predictions_path", None, "Predictions, JSON of the official format.")
flags.DEFINE_string("nbest_path", None, "The n-best lists of these predictions, as run_nq.py "
                    "writes them; shown beside the page.")
flags.DEFINE_string("output_dir", None, "The folder of the site. It is replaced when the new one "
                    "is complete; a folder that holds anything else is refused.")
flags.DEFINE_integer("max_pages", 0, "Only the first so many questions get a page; 0: all.",
                     lower_bound=0)
flags.DEFINE_enum("only", "all", ["all", "wrong", "missed", "false_alarm", "right", "yes_no"],
                  "Which questions get a page, by the verdict on the long or the short answer: "
                  "wrong: any error; missed: null, where there is an answer; false_alarm: an "
                  "answer, where there is none; yes_no: yes or no in gold or prediction. All are "
                  "scored.")
flags.DEFINE_float("long_threshold", None, "Long answers that score lower count as null. Default: "
                   "the threshold with the best F1, as the official scorer finds it.")
flags.DEFINE_float("short_threshold", None, "The same for short answers.")
flags.DEFINE_integer("nbest_size", 10, "How many answers of each n-best list are shown.",
                     lower_bound=1)
flags.DEFINE_enum("on_bad_input", "fail", ["fail", "skip"], "Whether a page that cannot be used "
                  "ends the run or is counted and left out.")


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path", "output_dir")
    from bert_nq.base.bad_input import BadInput
    from bert_nq.datasets.nq.shards import expand_shards
    from bert_nq.error_pages import outcomes, site

    with program.timed() as seconds:
        gold_paths = expand_shards(FLAGS.gold_path)
        given = [path for path in (FLAGS.predictions_path, FLAGS.nbest_path) if path]
        files.check_no_pipes(gold_paths + given)
        site.check_folder(FLAGS.output_dir, gold_paths + given)
        source = _source(gold_paths)
        chosen = site.choose(source.scored.questions, FLAGS.only, FLAGS.max_pages)
        bad_input = BadInput(skip=FLAGS.on_bad_input == "skip")
        written = 0
        for _ in program.progress(site.write(FLAGS.output_dir, source, chosen, bad_input), "pages",
                                  len(chosen)):
            written += 1
    _print_summary(source.scored, written, bad_input.skipped, outcomes, seconds())


def _source(gold_paths):
    """All that the site shows but the pages: predictions, gold, verdicts, n-best lists."""
    from bert_nq.error_pages import answer_files, outcomes, site
    from bert_nq.scoring.nq import measures
    from bert_nq.scoring.nq.gold import merge_shards, read_shards
    from bert_nq.scoring.nq.predictions import read_predictions

    predictions = read_predictions(FLAGS.predictions_path)
    details, predictor = answer_files.read_details(FLAGS.predictions_path)
    nbest = None
    if FLAGS.nbest_path:
        nbest = answer_files.NBestFile(FLAGS.nbest_path, FLAGS.nbest_size)
        _check_nbest(nbest, predictor, predictions)
    shards = program.progress(read_shards(gold_paths, FLAGS.num_threads), "gold shards",
                              len(gold_paths))
    gold = merge_shards(gold_paths, shards)
    measures.check_units(gold, predictions)
    thresholds = FLAGS.long_threshold, FLAGS.short_threshold
    scored = outcomes.score(gold, predictions, scoring.non_null_thresholds(), thresholds)
    return site.Source(gold_paths, gold, predictions, scored,
                       tuple(threshold is None for threshold in thresholds), details, nbest,
                       predictor, scoring.tell_shortage(gold).remarks)


def _check_nbest(nbest, predictor, predictions) -> None:
    for field in ("model", "decoder"):
        ours, theirs = predictor.get(field), nbest.predictor.get(field)
        if ours is not None and theirs is not None and ours != theirs:
            raise UserError("%s is of %s %s, %s of %s: give the n-best lists that were written "
                            "with these predictions" % (FLAGS.nbest_path, field, theirs,
                                                        FLAGS.predictions_path, ours))
    if predictions and not any(nbest.get(example_id) for example_id in predictions):
        raise UserError("%s has none of the examples of %s: give the n-best lists that were "
                        "written with these predictions"
                        % (FLAGS.nbest_path, FLAGS.predictions_path))


def _print_summary(scored, written, skipped, outcomes, seconds) -> None:
    for title, point, counts in zip(("long answers", "short answers"),
                                    (scored.long_point, scored.short_point),
                                    outcomes.counts(scored.questions)):
        rows = [("threshold", "%.4g" % point.threshold),
                ("F1", "%.4f" % point.f1), ("precision", "%.4f" % point.precision),
                ("recall", "%.4f" % point.recall)]
        program.print_table(title, rows + [(outcomes.VERDICTS[verdict], count)
                                           for verdict, count in counts.items()])
    rows = [("questions scored", len(scored.questions)), ("pages written", written),
            ("time", program.duration(seconds))]
    if skipped:
        rows.append(("pages left out, unusable", skipped))
    program.print_table("site", rows)
    print("\nopen in a browser: %s" % os.path.abspath(os.path.join(FLAGS.output_dir,
                                                                   "index.html")))


if __name__ == "__main__":
    run(main)
