"""SQuAD's questions, as prepare_squad_data speaks of them."""
from typing import Mapping

from absl import flags

from bert_nq.cli.flags import squad as squad_flags
from bert_nq.cli.preparation import Data, Rows

FLAGS = flags.FLAGS


def _rows(counts: Mapping[str, int], is_training: bool) -> Rows:
    if not is_training:
        return []
    rows: Rows = [("  answer not at its offset", counts["answers_off"])]
    if FLAGS.fix_offsets:
        rows.append(("    found by its text", counts["answers_fixed"]))
    return rows + [("  answer not found: left out", counts["answers_lost"])]


def _remark(counts: Mapping[str, int], is_training: bool) -> str:
    if not is_training or FLAGS.fix_offsets or not counts["answers_off"]:
        return ""
    return ("Answers are not at their offset: --fix_offsets looks for them by their text, and "
            "takes what occurs once.")


DATA = Data(
    task="squad",
    input_flag="input_file",
    input_help="Questions to read: comma-separated paths and globs of files, gzipped or not. SQuAD "
    "1.1 or 2.0 JSON, MRQA JSON lines, or rows as run_qa takes them: JSON, JSON lines or CSV.",
    example="question",
    seed_help="Decides the order of training records.",
    prediction_help="prediction windows without",
    define_windows=squad_flags.define_window_flags,
    rows=_rows,
    remark=_remark)
