"""Scores predictions with the official measures of Natural Questions.

    python eval/nq_eval.py --gold_path='dev/nq-dev-*.jsonl.gz' --predictions_path=predictions.json

prints the official 20 numbers as one line of JSON on standard output, and whatever else there is to
say on standard error. --pretty_print prints the official tables instead.
"""
import gc
import json
import os
import sys

from absl import flags

from bert_nq import files, program
from bert_nq.errors import UserError

FLAGS = flags.FLAGS

flags.DEFINE_string("gold_path", None, "Annotated NQ shards, .jsonl.gz or .jsonl, of either "
                    "format: a glob, or several with commas between them.")
flags.DEFINE_string("predictions_path", None, "Predictions, JSON of the official format.")
flags.DEFINE_integer("long_non_null_threshold", 2, "A question has a long answer if at least "
                     "this many annotators marked one.", lower_bound=0)
flags.DEFINE_integer("short_non_null_threshold", 2, "A question has a short answer if at least "
                     "this many annotators marked one, or yes or no.", lower_bound=0)
flags.DEFINE_integer("num_threads", 10, "Processes that read shards; never more than there are "
                     "shards.", lower_bound=1)
flags.DEFINE_bool("pretty_print", False, "Print tables instead of JSON.")
flags.DEFINE_bool("cache_gold_data", False, "Keep the annotations in a file beside the gold "
                  "shards, and use that file as long as the shards do not change.")
flags.DEFINE_string("output_json", None, "Also write the 20 numbers to this file.")


def main() -> None:
    program.require(FLAGS, "gold_path", "predictions_path")
    if FLAGS.output_json and os.path.isdir(FLAGS.output_json):
        raise UserError("--output_json=%s is a folder: give the name of a file" % FLAGS.output_json)
    # Annotations hold no cycles, and looking for them takes longer than making them.
    gc.disable()
    from bert_nq.scoring import measures, tables
    from bert_nq.scoring.predictions import read_predictions

    with program.timed() as seconds:
        gold_paths = files.expand(FLAGS.gold_path, "gold")
        predictions = read_predictions(FLAGS.predictions_path)
        gold = _read_gold(gold_paths)
        unannotated = sum(not annotations for annotations in gold.values())
        if unannotated == len(gold):
            raise UserError("%s: none of the %s examples is annotated: a test split cannot be "
                            "scored" % (FLAGS.gold_path, format(len(gold), ",")))
        measures.check_units(gold, predictions)
        long_rows, short_rows = measures.score_answers(
            gold, predictions, FLAGS.long_non_null_threshold, FLAGS.short_non_null_threshold)
        line = json.dumps(measures.metrics(long_rows, short_rows))
        if FLAGS.output_json:
            with files.replacing(FLAGS.output_json) as out:
                out.write(line.encode("utf8") + b"\n")
        print(tables.format_tables(long_rows, short_rows) if FLAGS.pretty_print else line,
              flush=True)
        _tell("scored %s questions in %s" % (format(len(gold), ","), program.duration(seconds())))
    if unannotated:
        _tell("not annotated, counted as without an answer: %s" % format(unannotated, ","))
    if FLAGS.output_json:
        _tell("written: %s" % FLAGS.output_json)


def _read_gold(paths):
    from bert_nq.scoring.gold import merge_shards, read_shards
    from bert_nq.scoring.gold_cache import GoldCache

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
    program.run(main)
