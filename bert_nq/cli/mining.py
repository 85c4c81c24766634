"""The scoring of all candidates of training pages, for run_quesbelm.py --do_mine."""
import os
from typing import Any, Dict, List, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.cli import program
from bert_nq.cli.model_program import Mode

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def _define() -> None:
    flags.DEFINE_bool("do_mine", False, "Whether to score every candidate of pages, so that hard "
                      "ones can be drawn: see prepare_candidates.py --candidate_scores.")
    flags.DEFINE_string("mine_file", None, "NQ shards for --do_mine, those that are trained on: "
                        "comma-separated paths and globs.")
    flags.DEFINE_string("output_scores", None, "Where --do_mine writes; OUTPUT_DIR/"
                        "candidate_scores.jsonl.gz if not given.")


def _check() -> None:
    from bert_nq.datasets.nq import shards
    from bert_nq.estimator import model_folder
    program.require(FLAGS, "mine_file")
    if not FLAGS.output_scores:
        FLAGS.set_default("output_scores", os.path.join(FLAGS.output_dir,
                                                        "candidate_scores.jsonl.gz"))
    inputs = shards.expand_shards(FLAGS.mine_file)
    files.check_output(FLAGS.output_scores, inputs + [FLAGS.vocab_file, FLAGS.bert_config_file])
    model_folder.check_not_of_a_model(FLAGS.output_scores)


def _change(work: Any) -> Any:
    from bert_nq.datasets.nq import shards
    from bert_nq.decoding.candidate_scoring import CandidateScorer
    return work._replace(inputs=shards.expand_shards(FLAGS.mine_file), output=FLAGS.output_scores,
                         decoder=CandidateScorer(), answers=_answers(), nbest_output=None,
                         thresholds=None)


def _answers() -> Any:
    from bert_nq.prediction.output import AnswerFormat
    return AnswerFormat(_open, _open, _count, _rows, load_thresholds=_no_thresholds)


def _open(path: str, predictor: Dict[str, Any]) -> Any:
    """A file of candidate scores; what made them is not in it."""
    from bert_nq.datasets.nq.candidate_scores import score_file
    del predictor
    return score_file(path)


def _count(entry: Dict[str, Any]) -> Dict[str, int]:
    return {"likely": sum(p > 0.5 for p in entry["probabilities"])}


def _rows(counts: Any) -> List[Tuple[str, int]]:
    return [("  candidates with a score above 0.5", counts["likely"])]


def _no_thresholds(path: str) -> Any:
    raise NotImplementedError(path)


def _print_next(work: Any) -> None:
    print("\nNext: draw hard candidates\n  " + program.command(
        "prepare/prepare_candidates.py", "--input_jsonl=" + FLAGS.mine_file,
        "--vocab_file=" + FLAGS.vocab_file, "--candidate_scores=" + work.output, program.NEW_LINE,
        *("--%s=%s" % (name, getattr(work.windows, name)) for name in (
            "max_seq_length", "max_query_length", "markup")),
        program.NEW_LINE, "--num_draws=3", "--answerless_share=0.66",
        "--output_tfrecord=mined.tfrecord"))


MINING = Mode("do_mine", "--mine_file, --output_dir", _define, _check, _change,
              "Candidate scores", _print_next)
