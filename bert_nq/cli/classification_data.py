"""Texts with labels, as programs that make records of them speak of them."""
from typing import Mapping

from bert_nq.cli.flags import classification
from bert_nq.cli.preparation import Data, Rows
from bert_nq.features.text_rows import label_counts


def _rows(counts: Mapping[str, int], is_training: bool) -> Rows:
    rows: Rows = [("  cut to --max_seq_length", counts["cut"])]
    return rows + [("  " + label, number) for label, number in label_counts(counts).most_common()]


DATA = Data(
    task="classification",
    input_flag="train_file",
    input_help="Texts with labels.",
    example="text",
    seed_help="Decides the order of training records.",
    prediction_help="rows without labels",
    define_windows=lambda: classification.define_flags().training_windows,
    rows=_rows)
