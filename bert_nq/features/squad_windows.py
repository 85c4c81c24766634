"""The features of a reader of SQuAD: windows that hold the span of an answer.

Names, types and order of the features are those of Google's run_squad, whose records train here.
"""
from typing import Iterator, Optional

from bert_nq.features import packing
from bert_nq.features.featurizer import Columns, Featurizer, Pieces, Rule
from bert_nq.features.spec import KEY, LABEL, LENGTH, SCALAR, Feature
from bert_nq.features.squad_maker import make_window_maker
from bert_nq.features.squad_options import SquadOptions

SPEC = (
    Feature("unique_ids", SCALAR, KEY),
    *packing.INPUTS,
    Feature("start_positions", SCALAR, LABEL, LENGTH),  # first piece; [CLS] for none
    Feature("end_positions", SCALAR, LABEL, LENGTH),  # its last piece
    Feature("is_impossible", SCALAR, LABEL, 2, ("ANSWERABLE", "IMPOSSIBLE")),  # of the question
)


def check(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of windows: their packing, and labels within the context."""
    layout = packing.layout_of(columns)
    yield from packing.rules(columns, layout, pieces)
    if "start_positions" in columns:
        yield from _label_rules(columns, layout)


def _label_rules(columns: Columns, layout: packing.Layout) -> Iterator[Rule]:
    starts, ends = columns["start_positions"], columns["end_positions"]
    has_answer = (starts != layout.cls) | (ends != layout.cls)
    yield Rule(has_answer & (columns["is_impossible"] != 0),
               lambda row: "of an impossible question, the labels are %d and %d, not %d"
                           % (starts[row], ends[row], layout.cls[row]))
    yield Rule(has_answer & packing.outside_document(starts, ends, layout),
               lambda row: "the answer, pieces %d to %d, is not in the context, pieces %d to %d"
                           % (starts[row], ends[row], layout.document_starts[row],
                              layout.document_ends[row] - 1))


def labelled_span(features: Columns) -> Optional[slice]:
    """The pieces of the answer of one window; None where there is none or where it cannot be."""
    start, last = (int(features[name][0]) for name in ("start_positions", "end_positions"))
    length = int(features[packing.INPUT_MASK].sum())
    is_answer = 0 <= start <= last < length and start != packing.cls_position(features)
    return slice(start, last + 1) if is_answer else None


FEATURIZER = Featurizer(SPEC, SquadOptions, make_window_maker, "prepare_squad_data.py", check,
                        labelled_span, packing.num_segments, without_span=("IMPOSSIBLE",))
