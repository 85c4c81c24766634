"""Texts, as programs that make blocks of them speak of them."""
from typing import Mapping

from bert_nq.cli.flags import masked_lm as masked_lm_flags
from bert_nq.cli.preparation import Data, Rows


def _rows(counts: Mapping[str, int], is_training: bool) -> Rows:
    del is_training
    return [("  contexts in them", counts["contexts"]),
            ("  wordpieces", counts["pieces"]),
            ("  wordpieces left out, behind the last full block", counts["left_out"]),
            ("  blocks", counts["blocks"]),
            ("  wordpieces hidden, in all passes", counts["hidden"])]


DATA = Data(
    task="masked_lm",
    input_flag="input_file",
    input_help="Texts to read: comma-separated paths and globs of files, gzipped or not. Plain "
    "text, a context a line; JSON lines with text; contexts of SQuAD and MRQA, pages of NQ; tables "
    "with a column text. See docs/pretraining.md.",
    example="text",
    seed_help="Decides what is hidden, and the order.",
    prediction_help="held-out blocks, in order, with random pieces hidden",
    define_windows=masked_lm_flags.define_training_flags,
    rows=_rows,
    draws=True,
    rows_name="masked blocks")
