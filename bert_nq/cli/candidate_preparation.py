"""NQ's candidates, as prepare_candidates and run_quesbelm speak of them."""
from typing import Mapping

from bert_nq.cli.flags import quesbelm as quesbelm_flags
from bert_nq.cli.preparation import Data, Rows


def _rows(counts: Mapping[str, int], is_training: bool) -> Rows:
    if not is_training:
        return [("  candidates longer than a row: cut", counts["cut"])]
    return [("  with a long answer", counts["with_answer"]),
            ("    that is the only candidate", counts["without_others"]),
            ("    whose short answer is beyond the row: not learnt from", counts["answers_cut"])]


DATA = Data(
    task="quesbelm",
    input_flag="input_jsonl",
    input_help="NQ shards to read, .jsonl or .jsonl.gz: comma-separated paths and globs.",
    example="page",
    seed_help="Decides which candidates are drawn, and the order.",
    prediction_help="rows of all candidates with word maps",
    define_windows=quesbelm_flags.define_row_flags,
    rows=_rows,
    draws=True,
    rows_name="candidates",
    training_flags=("--num_train_epochs=1",))
