"""The flags of the programs that score predictions, named as the official scorer's."""
from typing import Any, Callable, Mapping, Sequence, Tuple

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import program

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_gold_flags(others: str = "") -> None:
    """Defines --gold_path, --long_non_null_threshold, --short_non_null_threshold, --num_threads.

    Args:
      others: what else the program takes as gold, a sentence for the help text.
    """
    flags.DEFINE_string("gold_path", None, "Annotated NQ shards, .jsonl.gz or .jsonl, of either "
                        "format: a glob, or several with commas between them." + others)
    _define_non_null_flags("A question")
    flags.DEFINE_integer("num_threads", 10, "Processes that read shards; never more than there are "
                         "shards.", lower_bound=1)


def _define_non_null_flags(subject: str) -> None:
    flags.DEFINE_integer("long_non_null_threshold", 2, "%s has a long answer if at least this many "
                         "annotators marked one." % subject, lower_bound=0)
    flags.DEFINE_integer("short_non_null_threshold", 2, "%s has a short answer if at least this "
                         "many annotators marked one, or yes or no." % subject, lower_bound=0)


def non_null_thresholds() -> Tuple[int, int]:
    """--long_non_null_threshold and --short_non_null_threshold."""
    return flags.FLAGS.long_non_null_threshold, flags.FLAGS.short_non_null_threshold


def tell_shortage(gold: Mapping[int, Sequence[Any]]):
    """Tells of gold with too few annotators for the flags; returns the annotators.Shortage."""
    from bert_nq.scoring.nq import annotators
    found = annotators.shortage(gold, *non_null_thresholds())
    for remark in found.remarks:
        program.note(remark)
    return found


def check_annotators(gold: Mapping[int, Sequence[Any]], source: str) -> None:
    """As `tell_shortage`, where something is fitted to gold.

    Raises:
      UserError: no question has an answer, so that there is nothing to fit to.
    """
    from bert_nq.scoring.nq import annotators
    found = annotators.shortage(gold, *non_null_thresholds())
    if found.kinds == annotators.KINDS:
        raise UserError("%s: %s" % (source, "; ".join(found.remarks)))
    tell_shortage(gold)


def define_dev_flags() -> Callable[[], Any]:
    """Defines --long_non_null_threshold and --short_non_null_threshold for pages that a model is
    scored on in training; returns what gives their prediction.dev_set.DevFormat."""
    _define_non_null_flags("A question of --dev_file")

    def dev_format():
        from bert_nq.tasks import nq_answers
        return nq_answers.dev_format(*non_null_thresholds())

    return dev_format


def define_fold_flags() -> None:
    """Defines --folds and --seed."""
    flags.DEFINE_integer("folds", 5, "Folds of the cross-validation.", lower_bound=2)
    flags.DEFINE_integer("seed", 0, "The seed of the folds: it and the ids decide which questions "
                         "share one.")
