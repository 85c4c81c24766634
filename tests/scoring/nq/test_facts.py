"""Facts on questions and their pages that a report shows."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.scoring.nq.facts import Facts, facts_of, read_facts
from tests.support.nq_pages import make_annotation, make_page, write_shard
from tests.support.scoring_samples import span

#        0    1     2     3   4 5    6  7    8       9    10   11 12    13    14     15
TEXT = "<H1> Tovin </H1> <P> A town . </P> <Table> <Tr> <Td> x </Td> </Tr> </Table> <Ul> " \
       "<Li> one </Li> </Ul> <Dl> <Dd> two </Dd> </Dl>"
PARAGRAPH, TABLE, ROW, LIST, ITEM, DEFINITIONS = range(6)


def page(*candidates, **fields):
    return make_page(TEXT, annotations=[make_annotation(c) for c in candidates], **fields)


def kind_of(record):
    return facts_of(record, {})[1].kind


def test_of_a_page():
    record = page(PARAGRAPH, example_id=-3, question="what is Tovin", title="Tovin")
    assert facts_of(record, {-3: [(3, 8), (4, 6)], 7: [(0, 2)]}) == (
        -3, Facts("what is Tovin", "Tovin", 25, "paragraph",
                  {(3, 8): "A town .", (4, 6): "A town"}))


@pytest.mark.parametrize("candidates, kind", [
    ([PARAGRAPH], "paragraph"), ([TABLE], "table"), ([ROW], "table"), ([LIST], "list"),
    ([ITEM], "list"), ([DEFINITIONS], "list"), ([-1, -1], "none"), ([], "none"),
    ([-1, TABLE, PARAGRAPH, PARAGRAPH, -1, -1], "paragraph"),  # what most of those say who say any
    ([TABLE, PARAGRAPH], "table")])  # of as many, the first
def test_kinds_of_long_answers(candidates, kind):
    assert kind_of(page(*candidates)) == kind


def test_a_kind_without_a_tag_and_one_without_tokens():
    annotation = {"short_answers": [], "yes_no_answer": "NONE"}
    for tokens in ((4, 6), (90, 96)):
        marked = [dict(annotation, long_answer=span(tokens))]
        assert kind_of(dict(page(), annotations=marked)) == "other"
    html = "Å <table class='x'><tr>"
    record = {"example_id": 1, "document_html": html, "annotations": [
        dict(annotation, long_answer=span(start_end_bytes=(len("Å ".encode()), 30)))]}
    assert facts_of(record, {}) == (1, Facts("", "", 0, "table", {}))


def test_the_simplified_format_has_the_same_facts_but_the_title():
    record = page(TABLE, example_id=5)
    facts = facts_of(record, {5: [(3, 8)]})[1]
    assert facts_of(simplify(record), {5: [(3, 8)]}) == (5, facts._replace(title=""))


def test_long_spans_are_cut():
    record = make_page(" ".join("w%d" % i for i in range(40)), example_id=1)
    texts = facts_of(record, {1: [(0, 25), (0, 26)]})[1].texts
    assert texts[0, 25].split()[-1] == "w24"
    assert texts[0, 26] == texts[0, 25] + " ..."


def test_shards_are_read_by_several_processes(tmp_path):
    paths = [write_shard(tmp_path / ("gold-%d.jsonl.gz" % i),
                         [page(PARAGRAPH, example_id=2 * i), page(LIST, example_id=2 * i + 1)])
             for i in range(3)]
    spans = {3: [(4, 6)]}
    alone = read_facts(paths, 1, spans)
    assert [alone[i].kind for i in range(6)] == ["paragraph", "list"] * 3
    assert alone[3].texts == {(4, 6): "A town"}
    assert read_facts(paths, 3, spans) == alone


@pytest.mark.parametrize("fields, message", [
    ({"document_title": 7}, "document_title is 7, a string is wanted"),
    ({"question_text": ["a"]}, "question_text is a list, a string is wanted"),
    ({"document_tokens": None}, "document_tokens is null, a list is wanted"),
    ({"document_tokens": [{"token": "a"}, 7]}, "document_tokens[1] is 7, an object is wanted"),
    ({"document_tokens": [{"token": "a"}, {"token": 7}]},
     "document_tokens[1].token is 7, a string is wanted")])
def test_fields_of_a_wrong_type(fields, message):
    with pytest.raises(UserError) as caught:
        facts_of(dict(page(PARAGRAPH), **fields), {})
    assert str(caught.value) == message


def test_a_bad_line_is_named(tmp_path):
    path = write_shard(tmp_path / "gold.jsonl", [page(PARAGRAPH), b"{\n"])
    with pytest.raises(UserError, match="%s, line 2: not JSON" % path):
        read_facts([path])
