"""NQ's pages, as prepare_nq_data and prepare_nq_data_spark speak of them."""
from typing import Any, Callable, Mapping

from absl import flags

from bert_nq.base.errors import UserError
from bert_nq.cli import preparation
from bert_nq.cli.flags import augmentation as augmentation_flags
from bert_nq.cli.flags import candidate_scores as candidate_score_flags
from bert_nq.cli.flags import features as feature_flags
from bert_nq.cli.preparation import Data, Rows

# The flags count as those of the program that calls `define_flags`, also in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def _rows(counts: Mapping[str, int], is_training: bool) -> Rows:
    rows: Rows = []
    if "augment" in FLAGS and FLAGS.augment:
        rows.append(("  changed copies of them", counts["copies"]))
    if "unknowns_from" in FLAGS and FLAGS.unknowns_from:
        rows.append(("  windows without answer chosen by", FLAGS.unknowns_from))
    if is_training:
        rows += [("  answer in no context (nested, or beyond --max_contexts)",
                  counts["pages"] - counts["gold_in_contexts"]),
                 ("  answer lost among odd blanks, or without wordpieces", counts["answers_lost"])]
    return rows


def _unknown_kinds(counts: Mapping[str, int], is_training: bool) -> str:
    """The line on candidates of kinds that NQ does not have; "" where there are none."""
    del is_training
    from bert_nq.features.windows import UNKNOWN_KIND
    found = {name[len(UNKNOWN_KIND):]: number for name, number in counts.items()
             if name.startswith(UNKNOWN_KIND)}
    if not found:
        return ""
    most = sorted(found, key=lambda name: (-found[name], name))[:3]
    return ("%s candidates of unknown kind (e.g. %s): their marker is [Other=n], which "
            "most vocabularies do not have. NQ's candidates begin with <P>, <Table>, <Ul>, <Ol>, "
            "<Dl>, <Tr>, <Li>, <Dd> or <Dt>, spelt so."
            % (format(sum(found.values()), ","), ", ".join(most)))


DATA = Data(
    task="nq_joint",
    input_flag="input_jsonl",
    input_help="NQ shards to read, .jsonl or .jsonl.gz: comma-separated paths and globs.",
    example="page",
    seed_help="Decides which windows without answer are kept, and the order.",
    prediction_help="prediction windows with token maps",
    define_windows=feature_flags.define_window_flags,
    rows=_rows,
    remark=_unknown_kinds)


def define_flags(num_output_shards: int) -> Callable:
    """`preparation.define_flags` for NQ."""
    return preparation.define_flags(DATA, num_output_shards, _define_augmentation,
                                    _define_mining)


def _define_mining() -> Callable:
    mined = candidate_score_flags.define_unknowns_flags()

    def featurizer(windows, is_training: bool) -> Any:
        if FLAGS.unknowns_from and FLAGS.augment:
            raise UserError("--unknowns_from with --augment: changed copies have other candidates "
                            "than those that were scored; leave one of them out")
        return mined(windows, is_training)

    return featurizer


def _define_augmentation() -> Callable:
    options = augmentation_flags.define_flags("")

    def of_flags(paths, seed: int) -> Any:
        if FLAGS.augment and not FLAGS.is_training:
            raise UserError("--augment makes copies to train on: leave it out with "
                            "--nois_training")
        return options(paths, seed)

    return of_flags
