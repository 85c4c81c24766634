"""A line of a shard to an Example, and what is said about lines that are none."""
import copy
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq import typed_decoding
from bert_nq.datasets.nq.decoding import decode_example, example_of, load_json
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span
from bert_nq.datasets.nq.simplify import simplify
from tests.support.nq_pages import make_annotation, make_line, make_page

#        0    1     2     3   4     5    6    7    8    9   10   11    12  13  14   15    16
TEXT = "<H1> Tovin </H1> <P> Tovin is a town . </P> <Ul> <Li> 12 km </Li> </Ul> end"
ANNOTATIONS = [make_annotation(0, [(4, 5), (6, 8)]), make_annotation(0, yes_no="YES"),
               make_annotation(), make_annotation(2, [(12, 14)])]
EXAMPLE = Example(
    example_id=-5,
    question="where is tovin",
    title="Tovin",
    tokens=["<H1>", "Tovin", "</H1>", "<P>", "Tovin", "is", "a", "town", ".", "</P>", "<Ul>",
            "<Li>", "12", "km", "</Li>", "</Ul>", "end"],
    is_html=[True, False, True, True, False, False, False, False, False, True, True,
             True, False, False, True, True, False],
    candidates=[Candidate(3, 10, True), Candidate(10, 16, True), Candidate(11, 15, False)],
    annotations=[Annotation(0, (Span(4, 5), Span(6, 8)), "NONE"), Annotation(0, (), "YES"),
                 Annotation(-1, (), "NONE"), Annotation(2, (Span(12, 14),), "NONE")],
    source="a.jsonl, line 3")


def page(**fields):
    return make_page(TEXT, annotations=ANNOTATIONS, **dict({"example_id": -5}, **fields))


def decode(record):
    return decode_example(make_line(record), "a.jsonl, line 3")


def error(line):
    with pytest.raises(BadExampleError) as caught:
        decode_example(line if isinstance(line, bytes) else make_line(line), "a.jsonl, line 3")
    message = str(caught.value)
    assert message.startswith("a.jsonl, line 3: ")
    assert "\n" not in message
    return message[len("a.jsonl, line 3: "):]


def test_original_format():
    assert decode(page()) == EXAMPLE


def test_simplified_format():
    # The title is not part of the simplified format.
    assert decode(simplify(page())) == EXAMPLE._replace(title="")


def test_blanks_in_tokens_of_the_simplified_format():
    record = make_page(["<P>", "1 1/2", '<Td colspan="2">', "<", "a<b>", "</P>"])
    record["document_tokens"][2]["html_token"] = True
    record["document_tokens"][3]["html_token"] = False
    example = decode(simplify(record))
    assert example.tokens == ["<P>", "1_1/2", '<Td_colspan="2">', "<", "a<b>", "</P>"]
    assert example.is_html == [True, False, True, False, False, True]


def test_only_the_blank_separates_tokens_of_the_simplified_format():
    record = {"document_text": "a\u3000b \u180e c\td", "question_text": "q", "example_id": 1,
              "long_answer_candidates": [], "annotations": []}
    assert decode(record).tokens == ["a\u3000b", "\u180e", "c\td"]


@pytest.mark.parametrize("value, example_id", [
    (0, 0), (2 ** 63 - 1, 2 ** 63 - 1), (-2 ** 63, -2 ** 63), ("-12", -12)])
def test_example_ids(value, example_id):
    assert decode(page(example_id=value)).example_id == example_id


@pytest.mark.parametrize("value", [2 ** 63, -2 ** 63 - 1, 1.0, "x", None, [1], 10 ** 30, True,
                                   "12_34", " 5", "+5", "", "\u0661\u0662", str(2 ** 63)])
def test_ids_that_are_no_64_bit_integers(value):
    assert error(page(example_id=value)).endswith("is not a 64-bit integer")


def test_a_page_without_annotations():
    record = page()
    del record["annotations"]
    assert decode(record) == EXAMPLE._replace(annotations=[])


def test_lone_surrogates_are_read():
    record = page(question_text="who is \ud800")
    assert decode(record).question == "who is \ud800"


@pytest.mark.parametrize("line, message", [
    (b'{"a": 1', "not JSON: Expecting ',' delimiter at character 7"),
    (b"\xff\xfe\x00", "not JSON: byte 0xff at 0 is not UTF-8"),
    (b"\x1f\x8b\x08 compressed twice", "not JSON: byte 0x8b at 1 is not UTF-8"),
    (b"where is tovin\tTovin is a town", "not JSON: Expecting value at character 0"),
    (b"[1, 2]", "a JSON object is wanted, this is a list"),
    (b"null", "a JSON object is wanted, this is a NoneType"),
])
def test_no_json(line, message):
    assert error(line) == message


def test_deep_nesting():
    assert error(b'{"a": ' + b"[" * 100000) == "not JSON: nested too deeply"


def test_another_format():
    squad = {"version": "1.1", "data": [{"title": "Tovin", "paragraphs": []}]}
    assert error(squad) == ("neither document_tokens (original format) nor document_text "
                            "(simplified format): is this an NQ shard?")


@pytest.mark.parametrize("field", ["example_id", "question_text", "long_answer_candidates"])
def test_missing_fields(field):
    record = page()
    del record[field]
    assert error(record) == "the field '%s' is missing" % field


@pytest.mark.parametrize("name, field", [
    ("document_tokens", "token"), ("document_tokens", "html_token"),
    ("long_answer_candidates", "start_token"), ("long_answer_candidates", "end_token"),
    ("long_answer_candidates", "top_level"),
    ("annotations", "long_answer"), ("annotations", "short_answers")])
def test_missing_fields_within(name, field):
    record = page()
    del record[name][0][field]
    assert error(record) == "the field '%s' is missing" % field


@pytest.mark.parametrize("start, end", [(3, 18), (-1, 2), (5, 5), (6, 5), (-1, -1)])
def test_candidates_out_of_range(start, end):
    record = page()
    record["long_answer_candidates"][1].update(start_token=start, end_token=end)
    assert error(record) == ("candidate 1 is tokens [%d, %d), the document has 17" % (start, end))


def test_a_long_answer_that_is_not_its_candidate():
    record = page()
    record["annotations"][0]["long_answer"]["end_token"] = 5120
    assert error(record) == "the long answer is tokens [3, 5120), its candidate 0 [3, 10)"


@pytest.mark.parametrize("index", [3, -1])
def test_a_candidate_index_out_of_range(index):
    record = page()
    record["annotations"][0]["long_answer"]["candidate_index"] = index
    assert error(record) == "candidate_index %d, the page has 3 candidates" % index


@pytest.mark.parametrize("index", [1.0, float("inf"), float("nan"), "0", None])
def test_candidate_indexes_that_are_no_integers(index):
    record = page()
    record["annotations"][0]["long_answer"]["candidate_index"] = index
    assert error(record) == "a field has the wrong type: candidate_index is %r" % (index,)


@pytest.mark.parametrize("start, end", [(2, 5), (8, 11), (5, 5), (7, 6), (12, 14), (-1, -1)])
def test_short_answers_outside_their_candidate(start, end):
    record = page()
    record["annotations"][0]["short_answers"][1].update(start_token=start, end_token=end)
    assert error(record) == ("the short answer is tokens [%d, %d), outside its long answer [3, 10)"
                             % (start, end))


def test_an_unknown_yes_no_answer():
    record = page()
    record["annotations"][1]["yes_no_answer"] = "MAYBE"
    assert error(record) == "yes_no_answer 'MAYBE' is none of YES, NO, NONE"


@pytest.mark.parametrize("value", [1.5, "3", True, None])
def test_token_numbers_that_are_no_integers(value):
    record = page()
    record["long_answer_candidates"][0]["start_token"] = value
    assert error(record) == ("a field has the wrong type: token numbers are %r and 10" % (value,))


def places(value, path=()):
    """The paths of all values in a JSON value, but for those of most document tokens."""
    yield path
    if isinstance(value, (dict, list)):
        for key in list(value)[:50] if isinstance(value, dict) else range(min(len(value), 3)):
            yield from places(value[key], path + (key,))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner,
                                                                 max_size=2),
    max_leaves=4)


def outcome(function, *args):
    """What a function gives, or the message with which it fails."""
    try:
        return function(*args)
    except BadExampleError as e:
        return str(e)


def plainly(line):
    """`decode_example` without the short cut of typed_decoding."""
    return example_of(load_json(line, "x"), "x")


@given(st.sampled_from([page(), simplify(page())]), st.data())
def test_any_value_in_any_place_is_read_or_refused_in_one_line(record, data):
    record = copy.deepcopy(record)
    path = data.draw(st.sampled_from([p for p in places(record) if p]))
    parent = record
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = data.draw(JSON_VALUES)
    line = json.dumps(record).encode("ascii")
    example = outcome(decode_example, line, "x")
    assert example == outcome(plainly, line)
    if isinstance(example, str):
        assert example.startswith("x: ")
        assert "\n" not in example
    else:
        assert len(example.tokens) == len(example.is_html)
        assert -2 ** 63 <= example.example_id < 2 ** 63
        for annotation in example.annotations:
            assert annotation.candidate_index < len(example.candidates)


@settings(max_examples=300)
@given(st.integers(0, 10 ** 6), st.integers(0, 8), st.binary(max_size=3) | st.sampled_from(
    [b"\\", b'"', b"\\ud800", b"\\u00e9", b"\xc3\xa9", b"\xed\xa0\x80", b"[", b"]", b",", b"1e400",
     b"NaN", b"null", b"-0", b"123456789012345678901234567890"]))
def test_damaged_lines_are_read_or_refused_the_same_way_fast_or_slowly(at, cut, put):
    line = make_line(page(document_html="<P> T\u00e9vin \u2014 \U0001f600"))
    at %= len(line)
    line = line[:at] + put + line[at + cut:]
    assert outcome(decode_example, line, "x") == outcome(plainly, line)


@pytest.mark.skipif(sys.version_info < (3, 9), reason="msgspec does not exist for Python 3.7")
@pytest.mark.parametrize("fields", [{}, {"document_title": None}, {"annotations": None},
                                    {"document_html": "\u00e9" * 100000}, {"example_id": "12"}])
def test_usual_pages_take_the_short_cut(fields):
    for ensure_ascii in (True, False):
        line = json.dumps(dict(page(), **fields), ensure_ascii=ensure_ascii).encode("utf8")
        assert typed_decoding.parse(line) is not None
        assert decode_example(line, "x") == plainly(line)


@pytest.mark.parametrize("at", [5, 16383, 16384, 16385, 99999])
def test_html_that_is_not_utf8_is_refused(at):
    html = ("\u00e9" + "a" * 100000).encode("utf8")
    line = make_line(page(document_html="HTML")).replace(b"HTML", html[:at] + b"\xff" + html[at:])
    assert typed_decoding.parse(line) is None
    assert error(line).startswith("not JSON: byte 0xff at ")
