"""The features of a reader of candidates: rows of a question and one long-answer candidate each."""
import functools
from typing import Iterator, Optional

import numpy as np

from bert_nq.datasets.nq.example import CandidateClass
from bert_nq.features import packing
from bert_nq.features.candidate_maker import GOLD, KINDS, make_candidate_maker
from bert_nq.features.candidate_options import CandidateOptions
from bert_nq.features.featurizer import Columns, Featurizer, Pieces, Rule
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.features.prefilter import Prefilter
from bert_nq.features.spec import DECODING, IGNORED, KEY, LABEL, LENGTH, SCALAR, SEQUENCE, Feature

SPEC = (
    Feature("unique_ids", SCALAR, KEY),
    *packing.INPUTS,
    # First piece of the answer's first word, and of the word behind its last or the separator.
    Feature("start_positions", SCALAR, LABEL, LENGTH, least=IGNORED),
    Feature("end_positions", SCALAR, LABEL, LENGTH, least=IGNORED),
    Feature("candidate_classes", SCALAR, LABEL, len(CandidateClass),
            tuple(kind.name for kind in CandidateClass), IGNORED),
    Feature("row_kinds", SCALAR, LABEL, len(KINDS), KINDS),  # how training composes steps
    Feature("word_map", SEQUENCE, DECODING),  # see CandidateRows
)


def check(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of rows: their packing, word maps and labels within the candidate."""
    layout = packing.layout_of(columns)
    yield from packing.rules(columns, layout, pieces)
    if "word_map" in columns:
        yield from _word_map_rules(columns["word_map"], layout)
    if "candidate_classes" in columns:
        yield from _label_rules(columns, layout)


def _word_map_rules(word_map: np.ndarray, layout: packing.Layout) -> Iterator[Rule]:
    yield Rule((word_map < -1).any(axis=1), lambda row: "word_map has %d" % word_map[row].min())
    places = np.arange(word_map.shape[1])
    outside = ((places < layout.document_starts[:, None])
               | (places > layout.document_ends[:, None]))
    yield Rule(((word_map != -1) & outside).any(axis=1),
               lambda row: "word_map has words outside the candidate")


def _label_rules(columns: Columns, layout: packing.Layout) -> Iterator[Rule]:
    starts, ends = columns["start_positions"], columns["end_positions"]
    classes, kinds = columns["candidate_classes"], columns["row_kinds"]
    has_span = (starts != IGNORED) | (ends != IGNORED)
    yield Rule(has_span != (classes == CandidateClass.SHORT),
               lambda row: "the class is %d and the labels are %d and %d"
                           % (classes[row], starts[row], ends[row]))
    yield Rule(has_span & ((starts < layout.document_starts) | (starts >= ends)
                           | (ends > layout.document_ends)),
               lambda row: "the answer, pieces %d to before %d, is not in the candidate, pieces %d "
                           "to %d" % (starts[row], ends[row], layout.document_starts[row],
                                      layout.document_ends[row] - 1))
    yield Rule((kinds == GOLD) == (classes == CandidateClass.NO_ANSWER),
               lambda row: "the class is %d in a row of the kind %d" % (classes[row], kinds[row]))


def labelled_span(features: Columns) -> Optional[slice]:
    """The pieces of the answer of one row; None where there is none or where it cannot be."""
    start, end = (int(features[name][0]) for name in ("start_positions", "end_positions"))
    length = int(features[packing.INPUT_MASK].sum())
    return slice(start, end) if 0 <= start < end < length else None


FEATURIZER = Featurizer(SPEC, CandidateOptions, make_candidate_maker, "prepare_candidates.py",
                        check, labelled_span, packing.num_segments,
                        "BERT's vocab.txt with the markers of tags in it (see make_vocab.py)",
                        tuple(kind.name for kind in CandidateClass
                              if kind != CandidateClass.SHORT), "row_kinds")


def mined(scores: MinedUnknowns) -> Featurizer:
    """The featurizer whose training rows without answer are drawn by candidate scores."""
    return FEATURIZER._replace(make=functools.partial(make_candidate_maker, mined=scores),
                               settings={"candidate_scores": scores.settings()})


def prefiltered(prefilter: Prefilter) -> Featurizer:
    """The featurizer whose rows of prediction are the candidates that a prefilter keeps."""
    return FEATURIZER._replace(make=functools.partial(make_candidate_maker, prefilter=prefilter),
                               settings={"prefilter": prefilter.settings()})
