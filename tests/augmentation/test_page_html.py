"""The HTML of pages: what augmentation takes, and what it refuses by name."""
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation import page_html
from bert_nq.augmentation.augmentation import WordEdits
from bert_nq.augmentation.augmenter import Augmenter, Copy, CopyOptions
from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.decoding import decode_example
from tests.support.nq_pages import make_annotation, make_line, make_page
from tests.support.wild_pages import wild_pages

#        0   1    2    3    4     5    6  7    8    9    10
TEXT = "<P> caf\u00e9 Tovin is old </P> <P> Ilma Osk lives </P>"


def page(**fields):
    record = make_page(TEXT, annotations=[make_annotation(1, [(7, 9)]), make_annotation()])
    return dict(copy.deepcopy(record), **fields)


def copied(record):
    """The record of a copy in which "is" is "was"."""
    augmenter = Augmenter([], CopyOptions(), {})
    example = decode_example(make_line(record), "a.jsonl, line 3")
    return augmenter.record(record, Copy(0, example, [WordEdits({3: "was"})]), "a.jsonl, line 3")


def error(record):
    with pytest.raises(BadExampleError) as caught:
        copied(record)
    assert str(caught.value).startswith("a.jsonl, line 3: ")
    return str(caught.value)[len("a.jsonl, line 3: "):]


def test_html_that_is_null_is_html_that_is_missing():
    record = page()
    del record["document_html"]
    assert copied(page(document_html=None)) == copied(record)
    assert "document_html" not in copied(record)


@pytest.mark.parametrize("value, shown", [(7, "7"), ([], "a list"), (True, "true")])
def test_html_that_is_no_text(value, shown):
    assert error(page(document_html=value)) == "document_html is %s, a string is wanted" % shown


@pytest.mark.parametrize("value", [None, "x", [1], 1.0, 2 ** 63, True])
@pytest.mark.parametrize("name, items", [
    ("document_tokens[4]", lambda record: record["document_tokens"][4]),
    ("long_answer_candidates[1]", lambda record: record["long_answer_candidates"][1]),
    ("annotations[0].long_answer", lambda record: record["annotations"][0]["long_answer"]),
    ("annotations[0].short_answers[0]",
     lambda record: record["annotations"][0]["short_answers"][0])])
@pytest.mark.parametrize("field", ["start_byte", "end_byte"])
def test_byte_offsets_of_a_wrong_type_are_named(name, items, field, value):
    record = page()
    items(record)[field] = value
    assert error(record).startswith("%s.%s is " % (name, field))


def test_byte_offsets_of_some_tokens_alone():
    record = page()
    del record["document_tokens"][2]["end_byte"]
    assert error(record) == "the field 'document_tokens[2].end_byte' is missing"
    for token in record["document_tokens"]:
        token.pop("start_byte", None)
        token.pop("end_byte", None)
    assert "document_html" not in copied(record)


def with_characters_counted(record):
    """The same page, its offsets counted in characters."""
    html = record["document_html"].encode("utf8")
    for token in record["document_tokens"]:
        for field in ("start_byte", "end_byte"):
            token[field] = len(html[:token[field]].decode("utf8"))
    return record


def test_offsets_that_count_characters():
    message = ("document_tokens[1] is 'caf\u00e9', at its bytes [4, 8) of document_html stands "
               "'caf\ufffd': offsets are wanted that count bytes, not characters")
    assert error(with_characters_counted(page())) == message


@pytest.mark.parametrize("text, index", [
    # Tags that stand elsewhere, words of which both ends have moved, the last word alone.
    ("\u00e9 <P> a </P>", 0), ("a \u00e9 bb cc", 1), ("a b . \u00e9\u00e9 . cc", 3),
    ("<P> a </P> <Ul> <Li> \u65e5 </Li> </Ul>", 5)])
def test_offsets_that_count_characters_wherever_they_begin_to_differ(text, index):
    record = make_page(text)
    page_html.check(record, "x")
    with pytest.raises(BadExampleError, match=r"^x: document_tokens\[%d\] is " % index):
        page_html.check(with_characters_counted(record), "x")


def respelled(index, text):
    """The page, with another spelling of a token in its HTML."""
    record = page()
    html = record["document_html"].encode("utf8")
    tokens = record["document_tokens"]
    start, end = tokens[index]["start_byte"], tokens[index]["end_byte"]
    put = text.encode("utf8")
    record["document_html"] = (html[:start] + put + html[end:]).decode("utf8")
    tokens[index]["end_byte"] += len(put) - (end - start)
    for token in tokens[index + 1:]:
        token["start_byte"] += len(put) - (end - start)
        token["end_byte"] += len(put) - (end - start)
    return record


@pytest.mark.parametrize("index, text", [
    (0, '<p class="x">'), (0, ""), (5, "</p>"), (1, "caf&eacute;"), (2, "TOVIN"), (3, "i<B>s</B>"),
    (2, "tov\u0131n"), (2, "Town"), (8, "O\u017fk")])
def test_other_spellings_of_a_token(index, text):
    page_html.check(respelled(index, text), "x")


@pytest.mark.parametrize("index, text", [(0, "P"), (0, "<Ul>"), (2, " Tovi"), (3, "s ")])
def test_what_is_no_spelling_of_a_token(index, text):
    with pytest.raises(BadExampleError, match=r"^x: document_tokens\[%d\] is " % index):
        page_html.check(respelled(index, text), "x")


@given(st.booleans().flatmap(wild_pages))
def test_wild_pages_stand_where_they_say(record):
    page_html.check(record, "x")


PLACES = [("document_html",), ("document_tokens",), ("document_tokens", 2), ("annotations",),
          ("document_tokens", 2, "start_byte"), ("document_tokens", 9, "end_byte"),
          ("long_answer_candidates", 0, "end_byte"), ("annotations", 0, "long_answer"),
          ("annotations", 0, "short_answers", 0, "start_byte"),
          ("annotations", 1, "long_answer", "start_byte"), ("document_title",)]
VALUES = st.none() | st.booleans() | st.integers() | st.integers(0, 60) | st.floats() | st.text(
    max_size=3) | st.just([]) | st.just({}) | st.just("<P> caf\u00e9")


@given(st.sampled_from(PLACES), VALUES)
def test_any_value_is_taken_or_refused_by_name(path, value):
    parent = record = page()
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    try:
        json.dumps(copied(record))
    except BadExampleError as e:
        assert str(e).startswith("a.jsonl, line 3: ") and "\n" not in str(e)
