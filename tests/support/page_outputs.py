"""Hand-made windows of a page and the outputs of a model for them."""
from typing import NamedTuple

import numpy as np

from bert_nq.datasets.nq.example import AnswerType, Candidate, Example
from bert_nq.features.windows import Windows
from bert_nq.modeling.heads import window_outputs as outputs

QUERY_LENGTH = 3  # [CLS] question [SEP]
UNTOLD = -20.0  # the logit of a start or end that a Window does not give
UNTOLD_TYPE = -30.0  # and that of an answer type


class Window(NamedTuple):
    """A window of the document tokens `tokens` (-1: a marker), one piece each.

    `starts`, `ends`: {index in `tokens`: logit}; `cls`: start + end logit of [CLS]; `types`:
    {AnswerType: probability}, which add up to 1.
    """
    tokens: list
    starts: dict
    ends: dict
    cls: float = 0.0
    types: dict = {AnswerType.SHORT: 0.5, AnswerType.UNKNOWN: 0.5}


def make_windows(*windows):
    """Windows as features.windows makes them; shorter ones are padded."""
    length = QUERY_LENGTH + max(len(w.tokens) for w in windows) + 1
    token_map = np.full([len(windows), length], -1)
    for row, window in zip(token_map, windows):
        row[QUERY_LENGTH:QUERY_LENGTH + len(window.tokens)] = window.tokens
    lengths = np.array([QUERY_LENGTH + len(w.tokens) + 1 for w in windows])
    numbers = np.arange(len(windows))
    return Windows(numbers, numbers, np.zeros_like(token_map), lengths, QUERY_LENGTH, None,
                   token_map)


def make_outputs(decoder, *windows):
    """The decoder's input from a model with the logits that the windows give."""
    made = make_windows(*windows)
    start, end = (np.full(made.token_map.shape, UNTOLD, np.float32) for _ in range(2))
    types = np.full([len(windows), len(AnswerType)], UNTOLD_TYPE, np.float32)
    for n, window in enumerate(windows):
        start[n, 0] = end[n, 0] = window.cls / 2
        for logits, said in ((start, window.starts), (end, window.ends)):
            for index, logit in said.items():
                logits[n, QUERY_LENGTH + index] = logit
        for kind, probability in window.types.items():
            types[n, kind] = np.log(probability)
    return outputs.from_logits(start, end, types, made.input_mask(), made.segment_ids(),
                               decoder.output_options())


def make_example(text, candidates, example_id=1):
    """A page of tokens with a blank between them; candidates: (start, end, top level)."""
    tokens = text.split(" ")
    return Example(example_id, "where is tovin", "Tovin", tokens,
                   [t.startswith("<") for t in tokens], [Candidate(*c) for c in candidates], [])
