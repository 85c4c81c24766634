"""Decoding a line of a shard to an Example, and the errors of unusable lines."""
import copy
import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq import typed_decoding
from bert_nq.datasets.nq.decoding import (
    decode_example,
    decode_page,
    example_of,
    load_json,
    page_of,
)
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span
from bert_nq.datasets.nq.simplify import simplify
from tests.support.examples import with_examples
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
    assert error(record) == "the field '%s[0].%s' is missing" % (name, field)


@pytest.mark.parametrize("start, end", [(3, 18), (-1, 2), (5, 5), (6, 5), (-1, -1)])
def test_candidates_out_of_range(start, end):
    record = page()
    record["long_answer_candidates"][1].update(start_token=start, end_token=end)
    assert error(record) == ("long_answer_candidates[1] is tokens [%d, %d), the document has 17"
                             % (start, end))


def test_a_long_answer_that_is_not_its_candidate():
    record = page()
    record["annotations"][0]["long_answer"]["end_token"] = 5120
    assert error(record) == ("annotations[0].long_answer is tokens [3, 5120), its candidate 0 "
                             "[3, 10)")


@pytest.mark.parametrize("index", [3, -1])
def test_a_candidate_index_out_of_range(index):
    record = page()
    record["annotations"][0]["long_answer"]["candidate_index"] = index
    assert error(record) == ("annotations[0].long_answer.candidate_index is %d, the page has 3 "
                             "candidates" % index)


@pytest.mark.parametrize("index", [1.0, float("inf"), float("nan"), "0", None, True])
def test_candidate_indexes_that_are_not_integers(index):
    record = page()
    record["annotations"][0]["long_answer"]["candidate_index"] = index
    assert error(record) == ("annotations[0].long_answer.candidate_index is %s, an integer of 64 "
                             "bits is wanted" % json.dumps(index))


@pytest.mark.parametrize("start, end", [(2, 5), (8, 11), (5, 5), (7, 6), (12, 14), (-1, -1)])
def test_short_answers_outside_their_candidate(start, end):
    record = page()
    record["annotations"][0]["short_answers"][1].update(start_token=start, end_token=end)
    assert error(record) == ("annotations[0].short_answers[1] is tokens [%d, %d), outside its long "
                             "answer [3, 10)" % (start, end))


def test_an_unknown_yes_no_answer():
    record = page()
    record["annotations"][1]["yes_no_answer"] = "MAYBE"
    assert error(record) == ("annotations[1].yes_no_answer 'MAYBE' is none of YES, NO, NONE")


@pytest.mark.parametrize("value, shown", [
    (1.5, "1.5"), (3.0, "3.0"), ("3", '"3"'), (True, "true"), (None, "null"), ([3], "a list"),
    (2 ** 63, "9223372036854775808"), (-2 ** 70, "-1.1805916207174113e+21")])
def test_token_numbers_that_are_not_integers(value, shown):
    record = page()
    record["long_answer_candidates"][0]["start_token"] = value
    assert error(record) == ("long_answer_candidates[0].start_token is %s, an integer of 64 bits "
                             "is wanted" % shown)


@pytest.mark.parametrize("path, value, message", [
    (("question_text",), 7, "question_text is 7, a string is wanted"),
    (("question_text",), None, "question_text is null, a string is wanted"),
    (("document_title",), 7, "document_title is 7, a string is wanted"),
    (("document_title",), [], "document_title is a list, a string is wanted"),
    (("document_tokens",), None, "document_tokens is null, a list is wanted"),
    (("document_tokens",), {}, "document_tokens is an object, a list is wanted"),
    (("document_tokens", 2), "a", 'document_tokens[2] is "a", an object is wanted'),
    (("document_tokens", 2), ["a", True], "document_tokens[2] is a list, an object is wanted"),
    (("document_tokens", 2, "token"), 5, "document_tokens[2].token is 5, a string is wanted"),
    (("document_tokens", 4, "html_token"), "False",
     'document_tokens[4].html_token is "False", true or false is wanted'),
    (("document_tokens", 4, "html_token"), 0,
     "document_tokens[4].html_token is 0, true or false is wanted"),
    (("long_answer_candidates",), None, "long_answer_candidates is null, a list is wanted"),
    (("long_answer_candidates", 1), [], "long_answer_candidates[1] is a list, an object is wanted"),
    (("long_answer_candidates", 1, "top_level"), "True",
     'long_answer_candidates[1].top_level is "True", true or false is wanted'),
    (("annotations",), {}, "annotations is an object, a list is wanted"),
    (("annotations",), "", 'annotations is "", a list is wanted'),
    (("annotations", 1), None, "annotations[1] is null, an object is wanted"),
    (("annotations", 1, "long_answer"), None,
     "annotations[1].long_answer is null, an object is wanted"),
    (("annotations", 2, "long_answer", "start_token"), -1.0,
     "annotations[2].long_answer.start_token is -1.0, an integer of 64 bits is wanted"),
    (("annotations", 0, "short_answers"), None,
     "annotations[0].short_answers is null, a list is wanted"),
    (("annotations", 0, "short_answers", 1), [6, 8],
     "annotations[0].short_answers[1] is a list, an object is wanted"),
    (("annotations", 0, "short_answers", 1, "end_token"), "8",
     'annotations[0].short_answers[1].end_token is "8", an integer of 64 bits is wanted'),
    (("annotations", 0, "yes_no_answer"), False,
     "annotations[0].yes_no_answer is false, a string is wanted"),
    (("annotations", 0, "yes_no_answer"), "x" * 10 ** 6,
     "annotations[0].yes_no_answer '%s is none of YES, NO, NONE" % ("x" * 39)),
])
def test_fields_of_a_wrong_type_are_named(path, value, message):
    record = page()
    put(record, path, value)
    assert error(record) == message
    if path[0] == "annotations":
        # Prediction has no use for them.
        assert decode_page(make_line(record), EXAMPLE.source) == EXAMPLE._replace(annotations=[])
    else:
        with pytest.raises(BadExampleError) as caught:
            decode_page(make_line(record), "a.jsonl, line 3")
        assert str(caught.value) == "a.jsonl, line 3: " + message


@pytest.mark.parametrize("value", [None, 7, [], {}])
def test_a_text_of_the_simplified_format_of_a_wrong_type(value):
    record = dict(simplify(page()), document_text=value)
    assert error(record).startswith("document_text is ")


def test_what_a_page_is_not_read_for_does_not_stop_it():
    record = page(document_url=7, document_html=[1], question_tokens=None)
    record["document_tokens"][0]["start_byte"] = "x"
    record["long_answer_candidates"][0]["start_byte"] = None
    record["annotations"][0]["long_answer"]["end_byte"] = 1.5
    assert decode(record) == EXAMPLE


def test_an_annotation_without_a_long_answer_need_not_say_which():
    null = {"long_answer": {"start_token": -1, "end_token": -1}}
    assert decode(dict(page(), annotations=[null])).annotations == [Annotation(-1, (), "NONE")]


def put(record, path, value):
    """Sets the value at a path; `DELETED` removes the field."""
    for key in path[:-1]:
        record = record[key]
    if value is DELETED:
        del record[path[-1]]
    else:
        record[path[-1]] = value


DELETED = object()


def places(value, path=()):
    """The paths of all values in a JSON value, except those in most document tokens."""
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
    """The result of a function, or the message with which it fails."""
    try:
        return function(*args)
    except BadExampleError as e:
        return str(e)


def plainly(line):
    """`decode_example` without the fast path of typed_decoding."""
    return example_of(load_json(line, "x"), "x")


# What converters of people write in place of the right values.
WRONG_VALUES = st.sampled_from(["True", "false", "12_34", "3", "", 0, 1, 3.0, -1, -1.0, 2 ** 63,
                                10 ** 30, -10 ** 30, None, True, False, [], {}, [3], "x\ud800"])


@with_examples(150)
@given(st.sampled_from([page(), simplify(page())]), st.data())
def test_any_value_in_any_place_is_read_or_refused_in_one_line(record, data):
    record = copy.deepcopy(record)
    path = data.draw(st.sampled_from([p for p in places(record) if p]))
    deleted = st.just(DELETED) if isinstance(path[-1], str) else st.nothing()
    put(record, path, data.draw(JSON_VALUES | WRONG_VALUES | deleted))
    line = json.dumps(record).encode("ascii")
    example = outcome(decode_example, line, "x")
    assert example == outcome(plainly, line)
    bare = outcome(decode_page, line, "x")
    assert bare == outcome(lambda line: page_of(load_json(line, "x"), "x"), line)
    if isinstance(example, str):
        assert example.startswith("x: ")
        assert "\n" not in example
        # Which field it is, is said, or which one does not fit to it any more.
        assert path[0] in example or re.search(
            "neither document_tokens|the document has|its candidate|the page has", example)
        if path[0] == "annotations":
            assert bare == EXAMPLE._replace(annotations=[], source="x", title=bare.title)
        elif not example.startswith("x: annotations"):
            assert bare == example
    else:
        assert bare == example._replace(annotations=[])
        assert len(example.tokens) == len(example.is_html)
        assert all(type(tag) is bool for tag in example.is_html)
        assert all(type(c.top_level) is bool for c in example.candidates)
        assert type(example.title) is str
        assert -2 ** 63 <= example.example_id < 2 ** 63
        for annotation in example.annotations:
            assert annotation.candidate_index < len(example.candidates)


@with_examples(150)
@given(st.integers(0, 10 ** 6), st.integers(0, 8), st.binary(max_size=3) | st.sampled_from(
    [b"\\", b'"', b"\\ud800", b"\\u00e9", b"\xc3\xa9", b"\xed\xa0\x80", b"[", b"]", b",", b"1e400",
     b"NaN", b"null", b"-0", b"123456789012345678901234567890"]))
def test_damaged_lines_are_read_or_refused_the_same_way_fast_or_slowly(at, cut, put):
    line = make_line(page(document_html="<P> T\u00e9vin \u2014 \U0001f600"))
    at %= len(line)
    line = line[:at] + put + line[at + cut:]
    assert outcome(decode_example, line, "x") == outcome(plainly, line)
    assert outcome(decode_page, line, "x") == outcome(
        lambda line: page_of(load_json(line, "x"), "x"), line)


@pytest.mark.skipif(sys.version_info < (3, 9), reason="msgspec does not exist for Python 3.7")
@pytest.mark.parametrize("fields", [{}, {"document_title": None}, {"annotations": None},
                                    {"document_html": "\u00e9" * 100000}, {"example_id": "12"}])
def test_usual_pages_take_the_fast_path(fields):
    for ensure_ascii in (True, False):
        line = json.dumps(dict(page(), **fields), ensure_ascii=ensure_ascii).encode("utf8")
        assert typed_decoding.parse(line) is not None
        assert typed_decoding.parse(line, annotated=False) is not None
        assert decode_example(line, "x") == plainly(line)


@pytest.mark.parametrize("at", [5, 16383, 16384, 16385, 99999])
def test_html_that_is_not_utf8_is_refused(at):
    html = ("\u00e9" + "a" * 100000).encode("utf8")
    line = make_line(page(document_html="HTML")).replace(b"HTML", html[:at] + b"\xff" + html[at:])
    assert typed_decoding.parse(line) is None
    assert error(line).startswith("not JSON: byte 0xff at ")
