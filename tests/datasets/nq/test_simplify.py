"""Simplifying pages by the official rules."""
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from natural_questions import text_utils

from bert_nq.base.errors import BadExampleError
from bert_nq.base.lines import read_sources
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.decoding import load_json
from bert_nq.datasets.nq.simplify import simplify
from tests.support.nq_pages import make_annotation, make_page, read_shard


def test_a_page_written_out():
    page = make_page(["<P>", "12 km", "</P>", "<P>", "a", "</P>"], example_id=-8,
                     annotations=[make_annotation(0, [(1, 2)]), make_annotation()])
    assert simplify(page) == {
        "question_text": "where is tovin",
        "example_id": -8,
        "document_url": "https://example.org/Tovin",
        "document_text": "<P> 12_km </P> <P> a </P>",
        "long_answer_candidates": [
            {"start_token": 0, "end_token": 3, "top_level": True},
            {"start_token": 3, "end_token": 6, "top_level": True}],
        "annotations": [
            {"annotation_id": 1000,
             "long_answer": {"start_token": 0, "end_token": 3, "candidate_index": 0},
             "short_answers": [{"start_token": 1, "end_token": 2}],
             "yes_no_answer": "NONE"},
            {"annotation_id": 999,
             "long_answer": {"start_token": -1, "end_token": -1, "candidate_index": -1},
             "short_answers": [],
             "yes_no_answer": "NONE"}],
    }


def test_simplified_already():
    simplified = simplify(make_page("<P> a </P>"))
    assert simplify(simplified) is simplified


# Blanks, other white space, words like tags, empty tokens, and characters beyond 16 bits.
TOKENS = st.lists(st.text("a< >\t\u3000\u180e_\U00010348", max_size=4), min_size=1, max_size=12)


@given(TOKENS, st.data())
def test_equal_to_the_official_code_and_the_argument_untouched(tokens, data):
    page = make_page(["<P>", "</P>"], annotations=[make_annotation(0), make_annotation()])
    page["document_tokens"] = [{"token": t, "start_byte": 0, "end_byte": 1,
                                "html_token": data.draw(st.booleans())} for t in tokens]
    before = copy.deepcopy(page)
    ours = simplify(page)
    assert page == before
    assert ours == text_utils.simplify_nq_example(page)
    assert text_utils.get_nq_tokens(ours) == [t.replace(" ", "_") for t in tokens]


def test_equal_to_the_official_code_on_real_pages(shared_data):
    paths = shards.expand_shards("%s/nq/nq-*.jsonl.gz,%s/parity/pages.jsonl.gz"
                                 % (shared_data, shared_data))
    for path in paths:
        for source, line in read_sources(path):
            ours = simplify(load_json(line, source))
            assert list(ours.items()) == list(
                text_utils.simplify_nq_example(load_json(line, source)).items())


def test_real_simplified_page_passes_through(shared_data):
    record, = read_shard("%s/nq/simplified-nq-train-sample.jsonl.gz" % shared_data)
    assert simplify(record) is record


def test_a_page_without_address_or_annotations():
    page = make_page("<P> a </P>")
    del page["document_url"], page["annotations"]
    simplified = simplify(page)
    assert (simplified["document_url"], simplified["annotations"]) == ("", [])


def test_a_page_without_tokens():
    page = make_page("<P> a </P>", document_tokens=[], long_answer_candidates=[])
    with pytest.raises(ValueError, match="Incorrect number of tokens"):
        text_utils.simplify_nq_example(copy.deepcopy(page))
    with pytest.raises(BadExampleError) as caught:
        simplify(page, "a.jsonl, line 2")
    assert str(caught.value) == "a.jsonl, line 2: 0 tokens cannot be written as one text"


@pytest.mark.parametrize("fields, message", [
    ({"document_tokens": [{}]}, "a.jsonl, line 2: the field 'document_tokens[0].token' is missing"),
    ({"annotations": [{}]}, "a.jsonl, line 2: the field 'annotations[0].long_answer' is missing"),
    ({"long_answer_candidates": None},
     "a.jsonl, line 2: long_answer_candidates is null, a list is wanted"),
    ({"document_url": 7}, "a.jsonl, line 2: document_url is 7, a string is wanted"),
])
def test_fields_that_do_not_fit(fields, message):
    with pytest.raises(BadExampleError) as caught:
        simplify(dict(make_page("<P> a </P>"), **fields), "a.jsonl, line 2")
    assert str(caught.value) == message
