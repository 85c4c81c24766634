"""The search for spans and their texts, against plain loops over all pairs of positions."""
import collections

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.decoding import span_decoders, squad_spans
from bert_nq.decoding.final_text import project, text_of_pieces
from bert_nq.modeling.heads import position_outputs
from tests.support import span_windows
from tests.support.examples import with_examples

QUERY, LENGTH = 2, 12

Question = collections.namedtuple("Question", "example_id question_id context is_impossible")

CONTEXTS = st.text("abh',.é\u0301\u00ad #1 \t", min_size=1, max_size=40).filter(
    lambda text: sum(span_windows.cut(text)[1], []))


def made(context, seed, n_best_size=4):
    """Windows of a context, and outputs for logits drawn of few values, so that some are equal."""
    windows = span_windows.windows(*span_windows.cut(context), QUERY, LENGTH, 5)
    rng = np.random.RandomState(seed)
    shape = windows.word_map.shape
    windows = windows._replace(has_max_context=rng.random_sample(shape) < 0.7)
    logits = rng.randint(0, 6, (2,) + shape).astype(np.float32)
    mask = np.ones(shape, int)
    return windows, position_outputs.from_logits(
        *logits, mask, position_outputs.PositionOptions(n_best_size))


def plain(outputs, windows, may_start, longest):
    """(window, first, last, start logit, end logit) of all possible spans, best first."""
    found = []
    for window, word_map in enumerate(windows.word_map):
        for first, start in zip(outputs.start_positions[window], outputs.start_logits[window]):
            for last, end in zip(outputs.end_positions[window], outputs.end_logits[window]):
                if (word_map[first] >= 0 and word_map[last] >= 0 and may_start[window, first]
                        and first <= last < first + longest):
                    found.append((window, first, last, start, end))
    return sorted(found, key=lambda span: -(span[3] + span[4]))  # stable


@given(CONTEXTS, st.integers(0, 1000), st.integers(1, 6), st.booleans())
def test_spans_come_best_first(context, seed, longest, is_anywhere):
    windows, outputs = made(context, seed)
    may_start = np.ones_like(windows.has_max_context) if is_anywhere else windows.has_max_context
    spans = squad_spans.best_first(outputs, windows.word_map, None if is_anywhere else may_start,
                                   longest)
    assert list(zip(*(values.tolist() for values in spans))) == plain(
        outputs, windows, may_start, longest)


@given(CONTEXTS, st.integers(0, 1000))
def test_texts_of_run_squad_are_those_of_the_projection(context, seed):
    windows, outputs = made(context, seed)
    expected = []
    for window, first, last, _, _ in plain(outputs, windows, windows.has_max_context, 30):
        start = windows.starts[window] - QUERY
        words = windows.words[windows.word_map[window, first]:windows.word_map[window, last] + 1]
        text = project(text_of_pieces(windows.pieces[start + first:start + last + 1]), words, True)
        if text not in expected:
            expected.append(text)
    decoder = span_decoders.make_decoder("run_squad", {"n_best_size": 4})
    answers = decoder.nbest(Question(1, "q", context, None), windows, outputs)["answers"]
    assert [answer["text"] for answer in answers] == (expected[:4] or ["empty"])


@with_examples(30)
@given(st.lists(st.tuples(CONTEXTS, st.integers(0, 9), st.integers(1, 3)), max_size=4))
def test_questions_about_one_context_are_answered_as_if_they_were_alone(contexts):
    decoder = span_decoders.make_decoder("run_qa", {})
    for context, seed, number in contexts:
        windows, _ = made(context, seed)
        for place in range(number):
            question, (_, outputs) = Question(1, "q", context, None), made(context, seed + place)
            assert decoder.nbest(question, windows, outputs) == span_decoders.make_decoder(
                "run_qa", {}).nbest(question, windows, outputs)
