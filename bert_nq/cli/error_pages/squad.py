"""Error pages of SQuAD 1.1 and 2.0, MRQA and rows."""
import functools
from typing import List

from absl import flags

from bert_nq.base.bad_input import BadInput
from bert_nq.cli import program
from bert_nq.cli.error_pages import Plan

NAME = "SQuAD"
OWN_FLAGS = ("na_prob_path", "na_prob_thresh", "version")
ONLY = ("all", "wrong", "partly", "missed", "false_alarm", "right", "null")

FLAGS = flags.FLAGS


def plan(gold_paths: List[str], bad_input: BadInput) -> Plan:
    """Reads and scores all but the contexts.

    Raises:
      UserError: the gold or the predictions cannot be used.
    """
    from bert_nq.cli import squad_scoring
    from bert_nq.datasets.squad.reading import READING
    from bert_nq.error_pages.squad import outcomes, pages
    from bert_nq.scoring.squad import gold, measures

    questions = gold.read_questions(gold_paths, READING.read)
    version = FLAGS.version or measures.version_of(questions.values())
    system = squad_scoring.score(questions, version, FLAGS.predictions_path, FLAGS.na_prob_path,
                                 "--na_prob_path", FLAGS.na_prob_thresh)
    nbest = _read_nbest(dict(zip(questions, system.texts))) if FLAGS.nbest_path else None
    judged = outcomes.judge(system)
    chosen = pages.choose(judged, FLAGS.only, FLAGS.max_pages)
    source = pages.Source(gold_paths, system, judged, nbest)
    return Plan(len(judged), len(chosen),
                pages.write(FLAGS.output_dir, source, chosen, bad_input),
                functools.partial(_print_scores, system, outcomes.counts(judged, system.version)))


def _read_nbest(predictions):
    from bert_nq.error_pages.squad.nbest_file import NBestFile

    nbest = NBestFile(FLAGS.nbest_path, FLAGS.nbest_size, predictions)
    if nbest.num_others:
        program.note("%s: for %s questions the predicted text is not in the list: are these the "
                     "lists of %s?" % (FLAGS.nbest_path, format(nbest.num_others, ","),
                                       FLAGS.predictions_path))
    return nbest


def _print_scores(system, counts) -> None:
    from bert_nq.error_pages.squad import outcomes

    program.print_table("SQuAD " + system.version, [
        (name, value if name.endswith("total") else
         ("%.4g" if name.endswith("thresh") else "%.4f") % value)
        for name, value in system.numbers().items()])
    program.print_table("verdicts", [(outcomes.VERDICTS[verdict], count)
                                     for verdict, count in counts.items()])
