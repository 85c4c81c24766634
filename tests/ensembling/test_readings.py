"""Readings of several models: their files, and answers from their sums."""
import json

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.json_lines import line_file
from bert_nq.datasets.nq.candidate_readings import (
    CandidateReading,
    PageReading,
    read_readings,
)
from bert_nq.datasets.nq.example import Span
from bert_nq.decoding.candidate_readings import ReadingDecoder
from bert_nq.decoding.candidates import CandidateDecoder, CandidateDecoderOptions
from bert_nq.ensembling import readings
from bert_nq.features import packing
from bert_nq.modeling.heads.candidate_outputs import CandidateOutputs
from tests.support.candidate_pages import example, maker

PAGE = "<P> a town in aron </P> <P> lakeside <B> town </B> </P>"


def outputs_of(rows, seed):
    random = np.random.RandomState(seed)
    number, length = rows.input_ids.shape
    logits = [random.normal(size=[number, width]) for width in (5, length, length)]
    return CandidateOutputs(*((x - np.log(np.exp(x).sum(axis=1, keepdims=True))).astype(np.float32)
                              for x in logits))


def write(path, pages):
    with line_file(str(path)) as out:
        for page in pages:
            out(page)
    return str(path)


def page(example_id, *candidates):
    return PageReading(example_id, tuple(
        CandidateReading(number, Span(start, start + 2), np.array([p, 1 - p, 0]),
                         np.array([0, p, 1 - p]), np.array([1 - p, 0, p, 0, 0]))
        for number, start, p in candidates)).to_json()


def test_a_line_of_the_file(tmp_path):
    path = write(tmp_path / "r.jsonl.gz", [page(7, (1, 10, 0.75), (4, 20, 1e-9)), page(8)])
    pages = list(read_readings(path))
    assert [p.example_id for p in pages] == [7, 8] and pages[1].candidates == ()
    first, second = pages[0].candidates
    assert (first.number, first.span, first.starts.tolist(), first.ends.tolist()) == (
        1, Span(10, 12), [0.75, 0.25, 0], [0, 0.75, 0.25])
    # What is next to nothing is left out.
    assert (second.starts.tolist(), second.classes.tolist()) == ([0, 1, 0], [1, 0, 1e-9, 0, 0])
    assert page(7, (1, 10, 0.75)) == {"example_id": 7, "candidates": [
        {"index": 1, "start_token": 10, "end_token": 12, "classes": [0.25, 0, 0.75, 0, 0],
         "starts": [[0, 0.75], [1, 0.25]], "ends": [[1, 0.75], [2, 0.25]]}]}


@pytest.mark.parametrize("change, message", [
    ({"example_id": "a"}, "example_id"),
    ({"candidates": 3}, "the field 'candidates' is missing or no list"),
    ({"index": -1}, r"candidates\[0\]: candidate -1 of tokens \[10, 12\) is impossible"),
    ({"end_token": 10}, r"candidate 1 of tokens \[10, 10\) is impossible"),
    ({"end_token": 2 ** 40}, "is impossible"),
    ({"classes": [1, 0]}, r"candidates\[0\].classes are not 5 probabilities"),
    ({"starts": [[3, 0.5]]}, r"candidates\[0\].starts: \[3, 0.5\] is no pair of a place below 3"),
    ({"ends": [[0, 1.5]]}, r"candidates\[0\].ends: \[0, 1.5\] is no pair"),
    ({"ends": None}, r"candidates\[0\].ends: no list"),
])
def test_damaged_lines_are_told(tmp_path, change, message):
    record = page(7, (1, 10, 0.75))
    for name, value in change.items():
        (record if name in record else record["candidates"][0])[name] = value
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(page(1)) + "\n" + json.dumps(record) + "\n")
    with pytest.raises(UserError, match="r.jsonl, line 2: .*%s.*: a file of readings is wanted"
                       % message):
        list(read_readings(str(path)))


def test_sums_decide(tmp_path):
    # The first model is for candidate 0, 0.8 to 0.1; the second for 4, 0.9 to 0.3.
    a = write(tmp_path / "a.jsonl", [page(7, (0, 10, 0.8), (4, 20, 0.1)), page(8)])
    b = write(tmp_path / "b.jsonl", [page(7, (0, 10, 0.3), (4, 20, 0.9)), page(8)])
    first, without = readings.entries([a, b], [0.75, 0.25], "best_pair")
    # 0.75 * 0.8 + 0.25 * 0.3 = 0.675 beside 0.3.
    assert first["long_answer"]["start_token"] == 10
    assert first["long_answer_score"] == first["short_answers_score"] == pytest.approx(0.675)
    assert (first["short_answers"][0]["start_token"], first["short_answers"][0]["end_token"]) == (
        10, 11)
    assert (without["long_answer"]["start_token"], without["long_answer_score"]) == (-1, -1.0)
    second = next(iter(readings.entries([a, b], [1, 9], "best_pair")))
    assert second["long_answer"]["start_token"] == 20
    assert second["long_answer_score"] == pytest.approx(0.1 * 0.1 + 0.9 * 0.9)


def test_readers_of_different_tokens_agree_on_words():
    """With and without tags, and with the candidate first: places are document tokens."""
    text = example(PAGE)
    lines = []
    for order, markup in ((packing.BERT, "keep"), (packing.XLNET, "drop")):
        rows = maker(order, markup=markup).prediction(text).rows
        outputs = outputs_of(rows, 3)
        # Each is sure of "town" in the second candidate, tokens 9 to before 10.
        for values, token in ((outputs.start_log_probs, 9), (outputs.end_log_probs, 10)):
            row = rows.word_map[1]
            place = int(np.flatnonzero(row == token)[0]) if token in row else (
                int(np.flatnonzero(row == 9)[0]) + 1)
            values[1] = -20.0
            values[1, place] = 0.0
        lines.append(ReadingDecoder(None).decode(text, rows, outputs)["candidates"][1])
    for line in lines:
        assert (line["index"], line["start_token"], line["end_token"]) == (1, 6, 12)
        assert max(line["starts"], key=lambda pair: pair[1])[0] == 3
        assert max(line["ends"], key=lambda pair: pair[1])[0] == 4


@pytest.mark.parametrize("span_choice", ["best_pair", "argmax"])
def test_readings_of_one_model_give_its_answers(tmp_path, span_choice):
    text = example(PAGE)
    rows = maker().prediction(text).rows
    decoder = CandidateDecoder(CandidateDecoderOptions(span_choice))
    for seed in range(20):
        outputs = outputs_of(rows, seed)
        alone = decoder.decode(text, rows, outputs)
        line = ReadingDecoder(decoder).decode(text, rows, outputs)
        path = write(tmp_path / "r.jsonl", [line])
        both, = readings.entries([path, path], [0.3, 0.7], span_choice)
        scores = ("long_answer_score", "short_answers_score")
        assert {k: v for k, v in both.items() if k not in scores} == {
            k: v for k, v in alone.items() if k not in scores}
        assert [both[k] for k in scores] == pytest.approx([alone[k] for k in scores], abs=1e-5)


def test_files_of_other_pages_or_candidates_are_told(tmp_path):
    a = write(tmp_path / "a.jsonl", [page(7, (0, 10, 0.8)), page(8)])
    for pages, message in (
            ([page(7, (0, 10, 0.8))], "b.jsonl has fewer pages than .*a.jsonl"),
            ([page(7, (0, 10, 0.8)), page(8), page(9)], "a.jsonl has fewer pages than .*b.jsonl"),
            ([page(9)], "b.jsonl has example 9 where .*a.jsonl has 7"),
            ([page(7, (1, 10, 0.8))], "have read other candidates of example 7: write readings")):
        b = write(tmp_path / "b.jsonl", pages)
        with pytest.raises(UserError, match=message):
            list(readings.entries([a, b], [1, 1], "best_pair"))
