"""Wild pages are valid: byte offsets lead to their tokens, and both formats can be read."""
import html
import re

import pytest
from hypothesis import given

from bert_nq.datasets.nq.decoding import decode_example, example_of
from tests.support.examples import with_examples
from tests.support.nq_pages import make_line
from tests.support.wild_pages import RESPELLED, wild_pages


@with_examples(100)
@given(wild_pages())
def test_the_bytes_of_a_token_are_its_html(record):
    document, at = record["document_html"].encode("utf8"), 0
    for token in record["document_tokens"]:
        assert at <= token["start_byte"] < token["end_byte"]
        at = token["end_byte"]
        source = document[token["start_byte"]:at].decode("utf8")
        if token["html_token"]:
            assert source.lower().startswith(token["token"].lower()[:-1])
        elif source != RESPELLED.get(token["token"]):
            assert html.unescape(re.sub("</?[ABI]>", "", source)) == token["token"]
    assert document[at:].endswith(b"</HTML>\n")


@with_examples(100)
@given(wild_pages())
def test_spans_have_the_bytes_of_their_tokens(record):
    tokens = record["document_tokens"]
    spans = list(record["long_answer_candidates"])
    for annotation in record["annotations"]:
        spans += [annotation["long_answer"]] + annotation["short_answers"]
    for span in spans:
        if span["start_token"] >= 0:
            assert span["start_byte"] == tokens[span["start_token"]]["start_byte"]
            assert span["end_byte"] == tokens[span["end_token"] - 1]["end_byte"]


@pytest.mark.parametrize("simplified", [False, True])
@with_examples(100)
@given(wild_pages(), wild_pages(simplified=True))
def test_both_formats_are_read(simplified, original, short):
    record = short if simplified else original
    example = decode_example(make_line(record), "wild")
    assert example == example_of(record, "wild")
    assert len(example.annotations) == len(record["annotations"])
    for annotation in example.annotations:
        for start, end in annotation.short_answers:
            assert not all(example.is_html[start:end])
