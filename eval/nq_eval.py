"""Scores predictions with the official measures of Natural Questions.

    python eval/nq_eval.py --gold_path='dev/nq-dev-*.jsonl.gz' --predictions_path=predictions.json

prints the official 20 numbers as one line of JSON on standard output, and everything else on
standard error. --pretty_print prints the official tables instead.

    python eval/nq_eval.py ... --report=report --compare=others.json

also writes a report: intervals of F1, curves, scores of groups of questions, and a comparison with
other predictions, with the questions won and lost.
"""
from bert_nq.cli.start import run

import gc
import json
import logging
import os
import sys

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.flags import scoring

FLAGS = flags.FLAGS

scoring.define_gold_flags()
flags.DEFINE_string("predictions_path", None, "Predictions, JSON of the official format.")
flags.DEFINE_bool("pretty_print", False, "Print tables instead of JSON.")
flags.DEFINE_bool("cache_gold_data", False, "Keep the annotations in a file beside the gold "
                  "shards, and use that file as long as the shards do not change.")
flags.DEFINE_string("output_json", None, "Also write the 20 numbers to this file.")
flags.DEFINE_string("report", None, "Folder for a report: Markdown, JSON and pictures. For it "
                    "pages are parsed, which takes several times as long as scoring.")
flags.DEFINE_string("compare", None, "Predictions of another system for the same questions: tests "
                    "whether the F1s differ and tells which questions were won and lost.")
flags.DEFINE_integer("resamples", 1000, "Samples of the bootstrap and of the test.", lower_bound=1)
flags.DEFINE_enum("bootstrap_threshold", "best", ["best", "fixed", "none"], "In each sample of the "
                  "bootstrap: the best threshold chosen anew, that of all questions, or none, so "
                  "that all predictions count.")
flags.DEFINE_integer("seed", 0, "Seed of the bootstrap.", lower_bound=0, upper_bound=2 ** 32 - 1)

_CHANGES_SHOWN = 3  # of each kind, on the terminal


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path")
    if FLAGS.output_json and os.path.isdir(FLAGS.output_json):
        raise UserError("--output_json=%s is a folder: give the name of a file" % FLAGS.output_json)
    if FLAGS.report and os.path.lexists(FLAGS.report) and not os.path.isdir(FLAGS.report):
        raise UserError("--report=%s is a file: give the name of a folder" % FLAGS.report)
    # Annotations hold no cycles, and looking for cycles takes longer than making annotations.
    gc.disable()
    from bert_nq.scoring.nq import measures, tables
    from bert_nq.scoring.nq.predictions import read_predictions

    with program.timed() as seconds:
        gold_paths = files.expand(FLAGS.gold_path, "gold")
        _check_outputs(gold_paths + list(filter(None, [FLAGS.predictions_path, FLAGS.compare])))
        if FLAGS.report or FLAGS.compare:
            files.check_no_pipes(gold_paths)
        predictions = read_predictions(FLAGS.predictions_path)
        others = read_predictions(FLAGS.compare) if FLAGS.compare else None
        gold = _read_gold(gold_paths)
        unannotated = sum(not annotations for annotations in gold.values())
        if unannotated == len(gold):
            raise UserError("%s: none of the %s examples is annotated: a test split cannot be "
                            "scored" % (FLAGS.gold_path, format(len(gold), ",")))
        long_rows, short_rows = _rows(gold, predictions)
        other_rows = _other_rows(gold, others) if FLAGS.compare else None
        line = json.dumps(measures.metrics(long_rows, short_rows))
        if FLAGS.output_json:
            with files.replacing(FLAGS.output_json) as out:
                out.write(line.encode("utf8") + b"\n")
        print(tables.format_tables(long_rows, short_rows) if FLAGS.pretty_print else line,
              flush=True)
        _tell("scored %s questions in %s" % (format(len(gold), ","), program.duration(seconds())))
        _tell(_combined(long_rows, short_rows))
    if unannotated:
        _tell("not annotated, counted as without an answer: %s" % format(unannotated, ","))
    remarks = scoring.tell_shortage(gold).remarks
    if FLAGS.output_json:
        _tell("written: %s" % FLAGS.output_json)
    if FLAGS.report or FLAGS.compare:
        from bert_nq.scoring.nq.report import System
        other = System(FLAGS.compare, others, *other_rows) if FLAGS.compare else None
        _report(gold_paths, gold, System(FLAGS.predictions_path, predictions, long_rows,
                                         short_rows), other, remarks)


def _combined(long_rows, short_rows):
    """The line on the F1 of both kinds of answers together."""
    from bert_nq.scoring.nq import thresholds

    found = thresholds.best_combined(long_rows, short_rows)
    return ("long and short answers together: F1 %.2f%%, P %.2f%%, R %.2f%% at the thresholds %s "
            "and %s" % (*(100 * x for x in (found.point.f1, found.point.precision,
                                            found.point.recall)),
                        *("never" if threshold is None else "%.5g" % threshold for threshold in (
                            found.long_threshold, found.short_threshold))))


def _rows(gold, predictions):
    from bert_nq.scoring.nq import measures
    measures.check_units(gold, predictions)
    return measures.score_answers(gold, predictions, *scoring.non_null_thresholds())


def _other_rows(gold, others):
    try:
        return _rows(gold, others)
    except UserError as e:
        raise UserError("--compare=%s: %s" % (FLAGS.compare, e)) from e


def _check_outputs(inputs):
    """Raises UserError where an output would take the place of an input."""
    if FLAGS.output_json:
        files.check_output(FLAGS.output_json, inputs)
    if FLAGS.report:
        from bert_nq.scoring import report_folder
        report_folder.check(FLAGS.report, inputs)


def _report(gold_paths, gold, system, other, remarks):
    from bert_nq.scoring.nq import report, report_text
    from bert_nq.scoring.nq.facts import read_facts

    _tell("reading the pages for the report")
    facts = read_facts(gold_paths, FLAGS.num_threads, report.spans(gold, system, other))
    made = report.make(gold, facts, system, other, FLAGS.bootstrap_threshold, FLAGS.resamples,
                       FLAGS.seed, remarks)
    _tell("\n" + report_text.main_table(made))
    if made.changes:
        _tell("\n" + report_text.some_changes(made, _CHANGES_SHOWN))
    if FLAGS.report:
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It reports its font cache.
        from bert_nq.scoring.nq import report_folder
        paths = report_folder.write(FLAGS.report, made, system, other)
        _tell("\nwritten: %s\nNext: read %s" % (" ".join(paths), paths[0]))


def _read_gold(paths):
    from bert_nq.scoring.nq.gold import merge_shards, read_shards
    from bert_nq.scoring.nq.gold_cache import GoldCache

    cache = GoldCache(paths) if FLAGS.cache_gold_data else None
    cached = cache.load() if cache else None
    if cached is not None:
        _tell("gold annotations come from the cache %s" % cache.path)
        return cached
    shards = program.progress(read_shards(paths, FLAGS.num_threads), "gold shards", len(paths))
    gold = merge_shards(paths, shards)
    if cache:
        try:
            cache.store(gold)
            _tell("gold annotations cached for the next time: %s" % cache.path)
        except UserError as e:
            _tell("gold annotations not cached: %s" % e)
    return gold


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(main)
