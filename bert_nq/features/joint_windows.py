"""The features of the joint reader of NQ: windows that hold a span and the type of an answer.

Names, types and order of the features are those of Google's bert_joint, whose records train here.
"""
import functools
from typing import Iterator, Optional

import numpy as np

from bert_nq.datasets.nq.example import AnswerType
from bert_nq.features import packing
from bert_nq.features.featurizer import Columns, Featurizer, Pieces, Rule
from bert_nq.features.making import make_window_maker
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.options import FeatureOptions
from bert_nq.features.prefilter import Prefilter
from bert_nq.features.spec import DECODING, KEY, LABEL, LENGTH, SCALAR, SEQUENCE, Feature

SPEC = (
    Feature("unique_ids", SCALAR, KEY),
    *packing.INPUTS,
    Feature("start_positions", SCALAR, LABEL, LENGTH),  # the answer's first piece
    Feature("end_positions", SCALAR, LABEL, LENGTH),  # its last piece
    Feature("answer_types", SCALAR, LABEL, len(AnswerType),
            tuple(kind.name for kind in AnswerType)),
    Feature("token_map", SEQUENCE, DECODING),  # the document token of each piece, -1 for none
)


def check(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of windows: their packing, token maps and labels within the document."""
    layout = packing.layout_of(columns)
    yield from packing.rules(columns, layout, pieces)
    if "token_map" in columns:
        yield from _token_map_rules(columns["token_map"], layout)
    if "answer_types" in columns:
        yield from _label_rules(columns, layout)


def _token_map_rules(token_map: np.ndarray, layout: packing.Layout) -> Iterator[Rule]:
    in_document = layout.in_document()
    yield Rule(((token_map < -1) & in_document).any(axis=1),
               lambda row: "token_map has %d" % token_map[row, in_document[row]].min())
    yield Rule(((token_map != -1) & ~in_document).any(axis=1),
               lambda row: "token_map has tokens outside the document")


def _label_rules(columns: Columns, layout: packing.Layout) -> Iterator[Rule]:
    starts, ends = columns["start_positions"], columns["end_positions"]
    has_answer = columns["answer_types"] != AnswerType.UNKNOWN
    yield Rule(~has_answer & ((starts != layout.cls) | (ends != layout.cls)),
               lambda row: "without an answer, the labels are %d and %d, not %d"
                           % (starts[row], ends[row], layout.cls[row]))
    yield Rule(has_answer & packing.outside_document(starts, ends, layout),
               lambda row: "the answer, pieces %d to %d, is not in the document, pieces %d to %d"
                           % (starts[row], ends[row], layout.document_starts[row],
                              layout.document_ends[row] - 1))


def labelled_span(features: Columns) -> Optional[slice]:
    """The pieces of the answer of one window; None where there is none or where it cannot be."""
    if features["answer_types"][0] == AnswerType.UNKNOWN:
        return None
    start, last = (int(features[name][0]) for name in ("start_positions", "end_positions"))
    length = int(features[packing.INPUT_MASK].sum())
    return slice(start, last + 1) if 0 <= start <= last < length else None


FEATURIZER = Featurizer(SPEC, FeatureOptions, make_window_maker, "prepare_nq_data.py", check,
                        labelled_span, packing.num_segments,
                        "BERT's vocab.txt with the NQ markers in it (see make_vocab.py)",
                        (AnswerType.UNKNOWN.name,))


def mined(unknowns: MinedUnknowns) -> Featurizer:
    """The featurizer whose training windows without answer are chosen by candidate scores."""
    return FEATURIZER._replace(make=functools.partial(make_window_maker, unknowns=unknowns),
                               settings={"unknowns_from": unknowns.settings()})


def prefiltered(prefilter: Prefilter) -> Featurizer:
    """The featurizer whose windows of prediction have the candidates that a prefilter keeps."""
    return FEATURIZER._replace(make=functools.partial(make_window_maker, prefilter=prefilter),
                               settings={"prefilter": prefilter.settings()})
