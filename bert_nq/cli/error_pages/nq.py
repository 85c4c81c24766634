"""Error pages of Natural Questions."""
import functools
from typing import List

from absl import flags

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.cli import program
from bert_nq.cli.error_pages import Plan
from bert_nq.cli.flags import scoring

NAME = "Natural Questions"
OWN_FLAGS = ("long_threshold", "short_threshold", "long_non_null_threshold",
             "short_non_null_threshold")
ONLY = ("all", "wrong", "missed", "false_alarm", "right", "yes_no", "answered",
        "unanswered")

FLAGS = flags.FLAGS


def plan(gold_paths: List[str], bad_input: BadInput) -> Plan:
    """Reads and scores all but the pages.

    Raises:
      UserError: the gold or the predictions cannot be used.
    """
    from bert_nq.error_pages.nq import pages

    source = _source(gold_paths)
    chosen = pages.choose(source.scored.questions, FLAGS.only, FLAGS.max_pages)
    return Plan(len(source.scored.questions), len(chosen),
                pages.write(FLAGS.output_dir, source, chosen, bad_input),
                functools.partial(_print_scores, source.scored))


def _source(gold_paths):
    """All that the site shows but the pages: predictions, gold, verdicts, n-best lists."""
    from bert_nq.error_pages.nq import answer_files, outcomes, pages
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
    return pages.Source(gold_paths, gold, predictions, scored,
                        tuple(threshold is None for threshold in thresholds), details, nbest,
                        predictor,
                        scoring.tell_shortage(gold).remarks if scored.is_judged else ())


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


def _print_scores(scored) -> None:
    for title, point, counts in zip(("long answers", "short answers"),
                                    (scored.long_point, scored.short_point), scored.counts()):
        measured = [("F1", "%.4f" % point.f1), ("precision", "%.4f" % point.precision),
                    ("recall", "%.4f" % point.recall)] if scored.is_judged else []
        program.print_table(title, [("threshold", "%.4g" % point.threshold), *measured] + [
            (scored.verdicts()[verdict], count) for verdict, count in counts.items()])
