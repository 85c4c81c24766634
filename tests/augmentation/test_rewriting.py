"""Edits applied to pages and to lines of shards: what moves with the words, and what stays."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import BlockEdits, Paragraph, WordEdits
from bert_nq.augmentation.rewriting import rewrite_example, rewrite_record
from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.decoding import example_of
from bert_nq.datasets.nq.example import Span
from tests.support.nq_pages import make_annotation, make_page
from tests.support.wild_pages import wild_pages

#        0    1 2   3 4    5   6 7     8 9    10
TEXT = "<P> a b </P> <P> mayor is Ilma Osk . </P>"
PAGE = make_page(TEXT, annotations=[make_annotation(1, [(7, 9)]), make_annotation()])


def rewritten(edits, record=PAGE):
    """The rewritten record, after a check that it is the same page as the rewritten example."""
    new = rewrite_record(record, edits, "test")
    example = rewrite_example(example_of(record, "test"), edits)
    assert example_of(new, "test") == example
    return new, example


def texts(record):
    """The HTML at the byte offsets of each token."""
    html = record["document_html"].encode("utf8")
    return [html[t["start_byte"]:t["end_byte"]].decode("utf8") for t in record["document_tokens"]]


def test_words_are_replaced():
    new, example = rewritten(WordEdits({5: "provost", 1: "\u00e9"}, "who is it"))
    assert new["document_html"] == "<P> \u00e9 b </P> <P> provost is Ilma Osk . </P> "
    assert texts(new) == example.tokens == (
        "<P> \u00e9 b </P> <P> provost is Ilma Osk . </P>".split())
    assert (new["question_text"], new["question_tokens"]) == ("who is it", ["who", "is", "it"])
    short, = new["annotations"][0]["short_answers"]
    assert short == {"start_token": 7, "end_token": 9, "start_byte": 29, "end_byte": 37}
    assert new["document_html"].encode("utf8")[29:37] == b"Ilma Osk"
    assert make_page(TEXT, annotations=[make_annotation(1, [(7, 9)]), make_annotation()]) == PAGE


def test_words_are_deleted():
    new, example = rewritten(WordEdits({5: None, 6: "was"}))
    assert new["document_html"] == "<P> a b </P> <P>  was Ilma Osk . </P> "
    assert texts(new) == example.tokens == "<P> a b </P> <P> was Ilma Osk . </P>".split()
    assert example.candidates[1][:2] == (4, 10)
    assert example.annotations[0].short_answers == ((6, 8),)
    assert new["long_answer_candidates"][1]["end_byte"] == len(new["document_html"]) - 1


def test_markup_in_a_new_word_is_escaped():
    new, _ = rewritten(WordEdits({1: "<&"}))
    assert texts(new)[1] == "&lt;&amp;"


def test_blocks_move_and_paragraphs_are_inserted():
    paragraph = Paragraph(("<P>", "x", "</P>"), (True, False, True))
    new, example = rewritten(BlockEdits([Span(0, 4), Span(4, 11)], [Span(4, 11), Span(0, 4)],
                                        [(4, paragraph), (11, paragraph)]))
    assert example.tokens == ("<P> mayor is Ilma Osk . </P> <P> x </P> <P> a b </P> "
                              "<P> x </P>").split()
    assert texts(new) == example.tokens
    assert [c[:2] for c in example.candidates] == [(0, 7), (7, 10), (10, 14), (14, 17)]
    assert example.annotations[0] == (0, ((3, 5),), "NONE")
    assert example.annotations[1].candidate_index == -1
    for candidate in new["long_answer_candidates"]:
        html = new["document_html"].encode("utf8")
        part = html[candidate["start_byte"]:candidate["end_byte"]]
        assert part.startswith(b"<P>") and part.endswith(b"</P>")


def test_the_simplified_format_and_pages_without_bytes():
    record = {"example_id": 1, "question_text": "q", "document_text": TEXT,
              "long_answer_candidates": [{"start_token": 4, "end_token": 11, "top_level": True}],
              "annotations": []}
    new, _ = rewritten(WordEdits({5: "head"}), record)
    assert new["document_text"] == TEXT.replace("mayor", "head")
    bare = dict(PAGE, document_tokens=[{"token": t["token"], "html_token": t["html_token"]}
                                       for t in PAGE["document_tokens"]])
    new, _ = rewritten(WordEdits({5: "head"}), bare)
    assert "document_html" not in new


@pytest.mark.parametrize("edits, message", [
    (WordEdits({0: "x"}), "cannot take the place of token 0"),
    (WordEdits({1: "x y"}), "cannot take the place of token 1"),
    (WordEdits({1: ""}), "cannot take the place of token 1"),
    (BlockEdits([Span(0, 4), Span(4, 11)], [Span(0, 4), Span(0, 4)]), "in two places"),
    (BlockEdits([Span(0, 4)], [Span(4, 11)]), "in two places"),
    (BlockEdits([Span(0, 2)], [Span(0, 2)], [(1, Paragraph(("x",), (False,)))]), "overlaps"),
    (BlockEdits((), (), [(2, Paragraph(("x",), (False,)))]), "torn apart"),
])
def test_invalid_edits(edits, message):
    with pytest.raises(ValueError, match=message):
        rewrite_example(example_of(PAGE, "test"), edits)


def test_bytes_out_of_order_are_an_error():
    tokens = [dict(t) for t in PAGE["document_tokens"]]
    tokens[3]["start_byte"] = 0
    with pytest.raises(BadExampleError, match="^x, line 1: the byte offsets .* not in order"):
        rewrite_record(dict(PAGE, document_tokens=tokens), WordEdits({1: "x"}), "x, line 1")


@given(wild_pages(), st.data())
def test_on_wild_pages_unedited_html_stays_where_it_was(record, data):
    example = example_of(record, "test")
    words = [i for i, tag in enumerate(example.is_html) if not tag]
    if not words:
        return
    chosen = data.draw(st.lists(st.sampled_from(words), unique=True))
    new, page = rewritten(WordEdits({i: "\u0142<%d" % i for i in chosen}), record)
    before, after = texts(record), texts(new)
    assert [t for i, t in enumerate(after) if i not in chosen] == [
        t for i, t in enumerate(before) if i not in chosen]
    assert all(after[i] == "\u0142&lt;%d" % i for i in chosen)
    assert page.candidates == example.candidates and page.annotations == example.annotations
