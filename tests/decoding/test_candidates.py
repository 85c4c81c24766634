"""Outputs of candidates to answers: the decision table, words of any tokenizer, and scores."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Candidate, Span
from bert_nq.decoding import candidate_decoders
from bert_nq.decoding.candidate_scoring import CandidateScorer
from bert_nq.decoding.candidates import choose, choose_span, reading_of
from bert_nq.decoding.word_sums import Reading
from bert_nq.modeling.heads.candidate_outputs import CandidateOutputs
from bert_nq.scoring.nq.labels import parse_prediction
from tests.support.candidate_pages import example, maker

PAGE = "<P> a town in aron </P> <P> lakeside </P>"


def outputs_of(probabilities, starts, ends):
    """The outputs of rows from probabilities."""
    with np.errstate(divide="ignore"):
        return CandidateOutputs(*(np.maximum(np.log(np.array(p)), -1e30).astype(np.float32)
                                  for p in (probabilities, starts, ends)))


def decoder(**options):
    return candidate_decoders.make_decoder("candidates", options)


def reading(starts, ends):
    """A reading of a candidate that begins with token 10."""
    return Reading(np.array(starts), np.array(ends), np.zeros([5]))


CANDIDATE = Candidate(10, 19, True)


def test_probabilities_of_words_are_those_of_their_first_pieces():
    page = example(PAGE)
    rows = maker().prediction(page).rows
    # [CLS] where is tovin [SEP] <P> lake ##s ##ide </P> [SEP]
    log_probs = np.log(np.arange(1, 33).reshape(2, 16) / 100.0).astype(np.float32)
    outputs = CandidateOutputs(np.zeros([2, 5], np.float32), log_probs, log_probs - 1)
    found = reading_of(page.candidates[1], rows.word_map[1], 1, outputs)
    np.testing.assert_allclose(found.starts, [0.22, 0.23, 0.26, 0], rtol=1e-6)
    np.testing.assert_allclose(found.ends, np.array([0.22, 0.23, 0.26, 0.27]) / np.e, rtol=1e-6)
    # Of a batch of shorter rows, the arrays end before the padding does.
    short = CandidateOutputs(outputs.class_log_probs, log_probs[:, :11], log_probs[:, :11] - 1)
    for ours, theirs in zip(reading_of(page.candidates[1], rows.word_map[1], 1, short), found):
        np.testing.assert_array_equal(ours, theirs)


def test_an_answer_ends_with_a_word_and_not_with_tags_behind_it():
    page = example("<P> a <B> town </B> </P>")
    rows = maker(markup="drop").prediction(page).rows
    # [CLS] where is tovin [SEP] a town [SEP]: an end at "town" is behind "a", before <B>.
    log_probs = np.log(np.arange(1, 17)[None, :] / 100.0).astype(np.float32)
    found = reading_of(page.candidates[0], rows.word_map[0], 0, CandidateOutputs(
        np.zeros([1, 5], np.float32), log_probs, log_probs))
    np.testing.assert_allclose(found.starts, [0, 0.06, 0, 0.07, 0, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found.ends, [0, 0.06, 0.07, 0, 0.08, 0, 0], rtol=1e-6)


def test_a_candidate_without_words_has_no_span():
    page = example("<P> </P>")
    rows = maker(markup="drop").prediction(page).rows
    zeros = np.zeros([1, 16], np.float32)
    found = reading_of(page.candidates[0], rows.word_map[0], 0, CandidateOutputs(
        np.zeros([1, 5], np.float32), zeros, zeros))
    assert choose_span(page.candidates[0], found, "argmax") == Span(-1, -1)
    assert choose_span(page.candidates[0], found, "best_pair") == Span(-1, -1)


@pytest.mark.parametrize("starts, ends, pair, argmax", [
    # The end is the word behind the answer.
    ([0.1, 0.8, 0.1, 0], [0.0, 0.1, 0.7, 0.2], Span(11, 12), Span(11, 12)),
    ([0.1, 0.8, 0.1, 0], [0.0, 0.1, 0.2, 0.7], Span(11, 13), Span(11, 13)),
    # The likeliest end is the likeliest start, or before it: 0.8 * 0.3 is more than 0.1 * 0.6.
    ([0.1, 0.8, 0.1, 0], [0.0, 0.6, 0.3, 0.1], Span(11, 12), None),
    ([0.3, 0.6, 0.1, 0], [0.0, 0.8, 0.1, 0.1], Span(10, 11), None),
    # No pair has a chance.
    ([0.3, 0.6, 0.1, 0], [1.0, 0.0, 0.0, 0.0], None, None),
    # Of equal pairs that which ends first.
    ([0.5, 0.5, 0], [0.0, 0.5, 0.5], Span(10, 11), Span(10, 11)),
])
def test_spans(starts, ends, pair, argmax):
    found = reading(starts, ends)
    assert choose_span(CANDIDATE, found, "best_pair") == (pair or Span(-1, -1))
    assert choose_span(CANDIDATE, found, "argmax") == (argmax or Span(-1, -1))


def test_the_best_pair_is_the_best_of_all_pairs():
    random = np.random.RandomState(0)
    for _ in range(50):
        starts, ends = random.rand(9), random.rand(10)
        pairs = [(starts[s] * ends[e], Span(10 + s, 10 + e))
                 for s in range(9) for e in range(s + 1, 10)]
        found = choose_span(CANDIDATE, reading(np.append(starts, 0.0), ends), "best_pair")
        assert found == max(pairs)[1]


@pytest.mark.parametrize("p, yes_no, has_span", [
    ([0.1, 0.2, 0.4, 0.1, 0.2], "NONE", True),
    ([0.1, 0.2, 0.2, 0.1, 0.4], "YES", False),
    ([0.1, 0.2, 0.2, 0.4, 0.1], "NO", False),
    # It must be likelier than a short answer.
    ([0.1, 0.1, 0.4, 0.4, 0.0], "NONE", True),
    # A span is given although a long answer alone is likelier: its score is low.
    ([0.1, 0.8, 0.1, 0.0, 0.0], "NONE", True),
])
def test_the_decision_table(p, yes_no, has_span):
    page = example(PAGE)
    found = choose(page.candidates, np.array([1, 0]), np.array([p, [0.5, 0.5, 0, 0, 0]]),
                   lambda row: reading([1.0, 0, 0], [0, 1.0, 0]), "argmax")
    assert (found.long_answer, found.yes_no) == (Span(6, 9), yes_no)
    assert found.short_answer == (Span(6, 7) if has_span else Span(-1, -1))
    assert found.long_score == pytest.approx(1 - p[0])
    assert found.short_score == pytest.approx(1 - p[0] - p[1])


def test_an_entry_of_the_prediction_file():
    page = example(PAGE)
    rows = maker().prediction(page).rows
    starts, ends = np.full([2, 16], 0.001), np.full([2, 16], 0.001)
    # [CLS] where is tovin [SEP] <P> a town in aron </P> [SEP]: "town" to before "aron".
    starts[0, 7], ends[0, 9] = 0.9, 0.8
    outputs = outputs_of([[0.1, 0.2, 0.7, 0, 0], [0.6, 0.1, 0.1, 0.1, 0.1]], starts, ends)
    entry = decoder().decode(page, rows, outputs)
    assert entry == {
        "example_id": 1,
        "long_answer": {"start_token": 0, "end_token": 6, "start_byte": -1, "end_byte": -1},
        "long_answer_score": pytest.approx(0.9),
        "short_answers": [{"start_token": 2, "end_token": 4, "start_byte": -1, "end_byte": -1}],
        "short_answers_score": pytest.approx(0.7),
        "yes_no_answer": "NONE"}
    parse_prediction(entry)
    nbest = decoder(n_best_size=1).nbest(page, rows, outputs)
    assert [answer["candidate_index"] for answer in nbest["long_answers"]] == [0]
    assert nbest["long_answers"][0]["probability"] == pytest.approx(0.9)
    assert nbest["short_answers"][0]["text"] == "town in"
    assert decoder().both(page, rows, outputs) == (entry, decoder().nbest(page, rows, outputs))


def test_a_page_without_candidates():
    page = example("town")
    rows = maker().prediction(page).rows
    empty = CandidateOutputs(*[np.zeros([0])] * 3)
    entry = decoder().decode(page, rows, empty)
    assert (entry["long_answer_score"], entry["short_answers_score"]) == (-1, -1)
    assert entry["long_answer"]["start_token"] == -1 and not entry["short_answers"]
    assert decoder().nbest(page, rows, empty)["long_answers"] == []
    assert CandidateScorer(decoder()).decode(page, rows, empty) == {
        "example_id": 1, "candidates": [], "probabilities": []}


def test_scores_of_candidates():
    page = example(PAGE)
    outputs = CandidateOutputs(np.log(np.array([[0.25, 0.75, 1e-9, 1e-9, 1e-9],
                                                [1 - 1e-7, 1e-7, 1e-9, 1e-9, 1e-9]])),
                               np.zeros([2, 0]), np.zeros([2, 0]))
    assert CandidateScorer(decoder()).decode(page, maker().prediction(page).rows, outputs) == {
        "example_id": 1, "candidates": [0, 1], "probabilities": [0.75, 1e-07]}


def test_bad_options():
    with pytest.raises(UserError, match="--span_choice=any: choose one of best_pair, argmax"):
        decoder(span_choice="any")
    assert decoder().describe() == {"decoder": "candidates", "options": {
        "span_choice": "best_pair", "n_best_size": 20}}
