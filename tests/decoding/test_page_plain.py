"""The page decoder against the same rules in plain loops over dictionaries, on random pages."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.nq.example import AnswerType, Candidate, Example
from bert_nq.decoding.decoders import make_decoder
from bert_nq.decoding.page import NUM_POSITIONS
from bert_nq.features.windows import Windows
from bert_nq.modeling.heads import window_outputs as outputs
from tests.support.examples import with_examples

UNKNOWN, YES, NO, SHORT, LONG = AnswerType
QUERY_LENGTH = 2


def log_sum(values):
    top = max(values, default=-math.inf)
    return top if top == -math.inf else top + math.log(sum(math.exp(v - top) for v in values))


def log_softmax(logits):
    total = log_sum(logits)
    return [x - total for x in logits]


class Plain:
    """The scores of a page, one span at a time."""

    def __init__(self, windows, out, options):
        self.token_map, self.options = windows.token_map.tolist(), options
        self.types = [log_softmax(row) for row in out.type_logits.astype(float).tolist()]
        shorts = self.short_spans(out)
        full = self.full_spans(out, {YES, NO, LONG})
        self.shorts = self.merged(shorts)
        self.full = self.merged(full)
        self.yes, self.no = (self.merged(self.full_spans(out, {t})) for t in (YES, NO))

    def short_spans(self, out):
        """Yields (first, last, window, score)."""
        for w, rows in enumerate(zip(out.span_starts, out.span_ends, out.span_scores)):
            for start, end, score in zip(*rows):
                if score > outputs.NO_SPAN / 2 and self.is_whole(w, start, end):
                    short = {"cls": 0.0, "gated": self.kind(w, {SHORT}), "cls_type":
                             self.kind(w, {SHORT, YES, NO, LONG})}[self.options.span_score]
                    first, last = self.token_map[w][start], self.token_map[w][end]
                    yield (first, last, w, float(score) - float(out.null_scores[w]) + short
                           - self.null(out, w) - self.options.length_penalty * (last - first))

    def full_spans(self, out, types):
        for w in range(len(self.token_map)):
            for i, start in enumerate(out.start_positions[w, :NUM_POSITIONS]):
                for j, end in enumerate(out.end_positions[w, :NUM_POSITIONS]):
                    if start <= end and self.is_whole(w, start, end):
                        logits = float(out.start_logits[w, i]) + float(out.end_logits[w, j])
                        yield (self.token_map[w][start], self.token_map[w][end], w,
                               logits - float(out.null_scores[w]) + self.kind(w, types)
                               - self.null(out, w))

    def null(self, out, window):
        null_type = self.types[window][UNKNOWN]
        log_p = float(out.null_scores[window]) - float(out.start_log_z[window]) - float(
            out.end_log_z[window])
        return {"cls": 0.0, "cls_type": null_type, "gated": null_type - log_p / 2}[
            self.options.span_score]

    def kind(self, window, types):
        return log_sum([self.types[window][t] for t in types])

    def is_whole(self, window, start, end):
        tokens = self.token_map[window][start:end + 1]
        return -1 not in tokens and tokens[-1] >= tokens[0]

    def merged(self, spans):
        """{(first, last): score}"""
        together = {}
        for first, last, window, score in spans:
            if self.options.merge_spans != "widest" or self.widest(first) == window:
                together.setdefault((first, last), []).append(score)
        rule = {
            "max": lambda scores, n: max(scores), "widest": lambda scores, n: max(scores),
            "sum": lambda scores, n: log_sum(scores),
            "mean": lambda scores, n: 4 * (log_sum([s / 4 for s in scores]) - math.log(n)),
        }[self.options.merge_spans]
        return {span: rule(scores, sum(set(span) <= set(row) for row in self.token_map))
                for span, scores in together.items()}

    def widest(self, token):
        last = len(self.token_map[0]) - 2
        shown = [(min(p - QUERY_LENGTH, last - p), p, w) for w, row in enumerate(self.token_map)
                 for p, t in enumerate(row) if t == token and QUERY_LENGTH <= p <= last]
        return max(shown)[2]

    def in_candidate(self, spans, candidate):
        scores = [s for (first, last), s in spans.items()
                  if candidate.start_token <= first and last < candidate.end_token]
        return {"max": max, "sum": log_sum}[self.options.long_score](scores + [-math.inf])

    def scores(self, candidate):
        """The four scores where this is the long answer."""
        both = {"max": max, "sum": lambda a, b: log_sum([a, b])}[self.options.long_score]
        shorts = [s for (first, last), s in self.shorts.items()
                  if candidate.start_token <= first and last < candidate.end_token]
        scores = {"long": both(self.in_candidate(self.shorts, candidate),
                               self.in_candidate(self.full, candidate)),
                  "short": max(shorts, default=-math.inf),
                  "yes": self.in_candidate(self.yes, candidate),
                  "no": self.in_candidate(self.no, candidate)}
        return {kind: max(score, -10000.0) for kind, score in scores.items()}

    def choose(self, candidates):
        """(index of the candidate or -1, its four scores)"""
        best, best_joint, chosen = -1, -math.inf, dict.fromkeys(["long", "short", "yes", "no"],
                                                                -10000.0)
        for index, candidate in enumerate(candidates):
            scores = self.scores(candidate)
            joint = scores["long"] + log_sum([0.0, scores["short"]])
            if candidate.top_level and scores["long"] > -10000 and joint > best_joint + 1e-9:
                best, best_joint, chosen = index, joint, scores
        return best, chosen


def random_page(seed, num_windows, length):
    """Windows of a text with markers and repeated tokens, and outputs with many ties."""
    random = np.random.RandomState(seed)
    text = np.cumsum(random.rand(length + 3 * num_windows) < 0.8)
    text[random.rand(len(text)) < 0.15] = -1
    if random.rand() < 0.5:  # a nested candidate repeats tokens
        text[length // 2:length] = text[:length - length // 2]
    token_map = np.full([num_windows, QUERY_LENGTH + length + 1], -1)
    for n, row in enumerate(token_map):
        row[QUERY_LENGTH:-1] = text[3 * n:3 * n + length]
    numbers = np.arange(num_windows)
    windows = Windows(numbers, numbers, np.zeros_like(token_map),
                      np.full_like(numbers, token_map.shape[1]), QUERY_LENGTH, None, token_map)
    start, end = (random.randint(-6, 7, token_map.shape).astype(np.float32) / 2 for _ in range(2))
    types = random.randn(num_windows, len(AnswerType)).astype(np.float32) * 2
    bounds = np.sort(random.randint(0, text.max() + 2, (5, 2)))
    candidates = [Candidate(int(a), int(b), bool(random.rand() < 0.8)) for a, b in bounds if a < b]
    example = Example(seed, "", "", ["w"] * int(text.max() + 2), [False] * int(text.max() + 2),
                      candidates, [])
    return example, windows, (start, end, types)


@with_examples(100)
@given(st.integers(0, 2 ** 32 - 1), st.integers(1, 4), st.integers(2, 12), st.integers(1, 8),
       st.sampled_from(["cls", "cls_type", "gated"]),
       st.sampled_from(["max", "sum", "mean", "widest"]), st.sampled_from(["max", "sum"]),
       st.sampled_from([0.0, 0.7]))
def test_it_equals_plain_loops(seed, num_windows, length, n_best_size, span_score, merge_spans,
                               long_score, length_penalty):
    example, windows, logits = random_page(seed, num_windows, length)
    decoder = make_decoder("page", {
        "n_best_size": n_best_size, "max_answer_length": 4, "span_score": span_score,
        "merge_spans": merge_spans, "long_score": long_score, "length_penalty": length_penalty})
    out = outputs.from_logits(*logits, windows.input_mask(), windows.segment_ids(),
                              decoder.output_options())
    entry = decoder.decode(example, windows, out)
    plain = Plain(windows, out, decoder.options)
    index, scores = plain.choose(example.candidates)
    assert entry["scores"] == pytest.approx(scores, abs=1e-6)
    assert entry["long_answer"]["end_token"] == (
        example.candidates[index].end_token if index != -1 else -1)
    for answer in entry["best_short_answers"]:
        found = plain.shorts[answer["start_token"], answer["end_token"] - 1]
        assert found == pytest.approx(scores["short"])
    answered = max((entry["scores"][kind], kind) for kind in ("no", "short", "yes"))
    assert entry["short_answers_score"] == answered[0]
