"""The flags of the programs that score predictions, named as the official scorer's."""
from absl import flags

# So that --help shows the flags as the calling program's own.
flags.disclaim_key_flags()


def define_gold_flags() -> None:
    """Defines --gold_path, --long_non_null_threshold, --short_non_null_threshold, --num_threads."""
    flags.DEFINE_string("gold_path", None, "Annotated NQ shards, .jsonl.gz or .jsonl, of either "
                        "format: a glob, or several with commas between them.")
    flags.DEFINE_integer("long_non_null_threshold", 2, "A question has a long answer if at least "
                         "this many annotators marked one.", lower_bound=0)
    flags.DEFINE_integer("short_non_null_threshold", 2, "A question has a short answer if at least "
                         "this many annotators marked one, or yes or no.", lower_bound=0)
    flags.DEFINE_integer("num_threads", 10, "Processes that read shards; never more than there are "
                         "shards.", lower_bound=1)


def define_fold_flags() -> None:
    """Defines --folds and --seed."""
    flags.DEFINE_integer("folds", 5, "Folds of the cross-validation.", lower_bound=2)
    flags.DEFINE_integer("seed", 0, "The seed of the folds: it and the ids decide which questions "
                         "share one.")
