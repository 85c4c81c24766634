"""Finding the id and the annotations of a line without parsing it."""
import json

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_nq.scoring.nq.skimming import skim
from tests.support.nq_pages import make_annotation, make_line, make_page

PAGE = make_page('<P> The "annotations" of \\ Tovin </P>', example_id=-7,
                 annotations=[make_annotation(0, [(1, 3)]), make_annotation(0, yes_no="YES"),
                              make_annotation()])


def fields(record):
    return record and (record["example_id"], record["annotations"])


def ordered(record, *first):
    names = list(first) + sorted(set(record) - set(first))
    return {name: record[name] for name in names}


def wanted(record=PAGE):
    return record["example_id"], record["annotations"]


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_order_of_the_original_format(separators, ascii_only):
    # The text's own "annotations" is written \"annotations\".
    for record in (PAGE, dict(PAGE, document_title="Å", annotations=[])):
        plain = dict(ordered(record), document_html="", document_tokens=[])
        line = json.dumps(plain, separators=separators, ensure_ascii=ascii_only).encode() + b"\n"
        assert fields(skim(line)) == wanted(record)


def test_the_order_of_the_simplified_format():
    # Of a real line: document_text, ..., annotations, document_url, example_id.
    line = make_line({"document_text": 'a "b" c', "question_text": "q",
                      "annotations": PAGE["annotations"], "document_url": "u", "example_id": 3})
    assert fields(skim(line)) == (3, PAGE["annotations"])


def test_the_id_first_and_the_annotations_last():
    for example_id in (3, -3, "3"):
        line = make_line({"example_id": example_id, "question_text": "q", "document_title": "t",
                          "annotations": PAGE["annotations"]})
        assert fields(skim(line)) == (example_id, PAGE["annotations"])


@pytest.mark.parametrize("line", [
    b'{"example_id": "5, 6", "annotations": []}',
    b'{"example_id": 5, "x": {"example_id": 6}, "annotations": []}',
    b'{"example_id"}, "annotations": []}',
    b"", b"\n", b"[]", b"{}", b"7", b'"annotations"', b'{"annotations"', b'{"annotations":[',
    b'{"annotations": 7, "example_id": 5}',
    b'{"annotations": [], "x": {"example_id": 5}}',
    b'{"example_id": 5, "x": {"annotations": []}}',
    b'{"annotations": [], "x": {"annotations": []}, "example_id": 5}',
    b'{"annotations": [], "example_id": 5',  # cut off
    b'{"annotations": [], "example_id": 5}{"annotations": [], "example_id": 6}',  # glued
    b'{"annotations": [], "x": "{"annotations": [], "example_id": 6}',  # cut off and glued
    b'{"annotations": [[[[, "example_id": 5}',
    b'{"annotations": [,' + b"]" * 100000 + b', "example_id": 5}',
    b'{"annotations": [], "x \\"example_id": 5}',
])
def test_what_is_not_as_in_nq_is_left_to_a_parser(line):
    assert skim(line) is None


NAMES = st.sampled_from(["annotations", "example_id", "x", '"', '"annotations', 'a "example_id',
                         "\\", '\\"example_id', '{"annotations": [], "example_id": 6}'])
VALUES = st.recursive(
    st.integers(-3, 3) | NAMES | st.just([]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6)


@given(fields=st.lists(st.tuples(NAMES, VALUES), max_size=6), compact=st.booleans())
@example(fields=[("annotations", [[], [1]]), ("x", "annotations"), ("example_id", 3)], compact=True)
def test_what_is_found_is_what_a_parser_finds(fields, compact):
    # By hand, since a field may come twice; a parser takes the last.
    comma, colon = (",", ":") if compact else (", ", ": ")
    line = ("{%s}" % comma.join(json.dumps(name) + colon + json.dumps(value)
                                for name, value in fields)).encode()
    found = skim(line)
    if found is not None:
        whole = orjson.loads(line)
        assert (found["example_id"], found["annotations"]) == (whole["example_id"],
                                                               whole["annotations"])


@given(VALUES, st.permutations(["document_html", "document_title", "document_tokens", "zeta"]))
def test_nothing_between_hides_them(value, names):
    # Values of any kind but those that hold the key itself, which no page has.
    record = dict({"annotations": [{"a": [1]}]}, **dict.fromkeys(names, value))
    record["example_id"] = 5
    line = json.dumps(record).encode()
    found = skim(line)
    if b'"annotations"' not in line[2:]:
        assert fields(found) == (5, [{"a": [1]}])
