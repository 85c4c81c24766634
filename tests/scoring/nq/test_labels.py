import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.labels import (
    Answers,
    AnswerSpan,
    Prediction,
    parse_prediction,
    parse_question,
    parse_span,
)
from tests.support.scoring_samples import NULL, annotation, prediction, span


def error_of(parse, *args):
    with pytest.raises(UserError) as caught:
        parse(*args)
    return str(caught.value)


def test_a_question_with_all_kinds_of_answers():
    record = {"example_id": -7, "question_text": "who", "annotations": [
        annotation(span((1, 9), (10, 90)), [span((2, 3), (20, 30)), NULL, span((5, 6))]),
        annotation(span((1, 9), (10, 90)), yes_no_answer="YES"),
        annotation()]}
    assert parse_question(record) == (-7, (
        Answers(AnswerSpan(10, 90, 1, 9),
                (AnswerSpan(20, 30, 2, 3), AnswerSpan(-1, -1, 5, 6)), "none"),
        Answers(AnswerSpan(10, 90, 1, 9), (), "yes"),
        Answers(AnswerSpan(-1, -1, -1, -1), (), "none")))


def test_the_simplified_format_has_no_bytes():
    record = {"example_id": "12", "annotations": [
        {"long_answer": {"start_token": 1, "end_token": 9, "candidate_index": 0},
         "short_answers": [{"start_token": 2, "end_token": 3}], "yes_no_answer": "NONE"}]}
    assert parse_question(record) == (
        12, (Answers(AnswerSpan(-1, -1, 1, 9), (AnswerSpan(-1, -1, 2, 3),), "none"),))


def test_an_empty_list_of_annotations_is_kept():
    assert parse_question({"example_id": 1, "annotations": []}) == (1, ())


def test_bytes_that_are_null_are_missing():
    null = {"start_byte": None, "end_byte": None}
    record = {"example_id": 1, "annotations": [annotation(dict(span((3, 4)), **null))]}
    assert parse_question(record)[1][0].long_answer == AnswerSpan(-1, -1, 3, 4)


def test_an_annotator_may_say_yes_and_mark_a_span():
    # The official scorer allows it in gold, not in predictions.
    record = {"example_id": 1, "annotations": [
        annotation(short_answers=[span((1, 2))], yes_no_answer="Yes")]}
    assert parse_question(record)[1] == (Answers(AnswerSpan(), (AnswerSpan(-1, -1, 1, 2),), "yes"),)


@pytest.mark.parametrize("record, message", [
    ([], "the example is not a JSON object"),
    ({"annotations": []}, "the field example_id is missing: is this an NQ shard?"),
    ({"example_id": 5}, "example 5: the field annotations is missing: the examples of a test split "
                        "cannot be scored"),
    ({"example_id": 5, "annotations": None}, "example 5: annotations is not a list"),
    ({"example_id": 5, "annotations": [[]]}, "example 5, annotation 1 is not a JSON object"),
    ({"example_id": 5, "annotations": [annotation(), {"long_answer": NULL, "short_answers": []}]},
     "example 5, annotation 2: the field yes_no_answer is missing"),
    ({"example_id": 5, "annotations": [annotation(yes_no_answer="MAYBE")]},
     "example 5, annotation 1: yes_no_answer 'MAYBE' is none of YES, NO and NONE"),
    ({"example_id": 5, "annotations": [annotation(short_answers=[span((3, 3))])]},
     "example 5, annotation 1: short answer: start_token 3 is not before end_token 3"),
    # What training refuses in the same pages.
    ({"example_id": 5, "annotations": [dict(annotation(), long_answer=None)]},
     "example 5, annotation 1: the field long_answer is null"),
    ({"example_id": 5, "annotations": [dict(annotation(), yes_no_answer=None)]},
     "example 5, annotation 1: the field yes_no_answer is null"),
    ({"example_id": 5, "annotations": [annotation(short_answers=[span((3, 4.0))])]},
     "example 5, annotation 1: short answer: end_token 4.0 is not an integer"),
    ({"example_id": 5, "annotations": [annotation(span((3.0, 4.0)))]},
     "example 5, annotation 1: long answer: start_token 3.0 is not an integer"),
])
def test_bad_questions(record, message):
    assert error_of(parse_question, record) == message


def test_a_prediction():
    record = prediction(3, span((1, 9), (10, 90)), [span((2, 3)), NULL], "None", 1.5, 2)
    assert parse_prediction(record) == Prediction(
        3, Answers(AnswerSpan(10, 90, 1, 9), (AnswerSpan(-1, -1, 2, 3),), "none"), 1.5, 2)


@pytest.mark.parametrize("answers", [
    {}, {"long_answer": None, "short_answers": None, "yes_no_answer": None},
    {"long_answer": {}, "short_answers": [{}, NULL], "yes_no_answer": "NONE"}])
def test_a_prediction_without_answers(answers):
    record = dict(answers, example_id=3, long_answer_score=0, short_answers_score=0)
    assert parse_prediction(record) == Prediction(3, Answers(AnswerSpan(), (), "none"), 0, 0)


def test_a_prediction_of_yes_beside_null_spans():
    record = prediction(3, short_answers=[NULL, NULL], yes_no_answer="yES")
    assert parse_prediction(record).answers == Answers(AnswerSpan(), (), "yes")


def without(record, field):
    return {k: v for k, v in record.items() if k != field}


@pytest.mark.parametrize("record, message", [
    (None, "the prediction is not a JSON object"),
    ({}, "the field example_id is missing"),
    (prediction("x1"), "example_id 'x1' is not a 64-bit integer"),
    (without(prediction(5), "long_answer_score"),
     "example 5: the field long_answer_score is missing: a prediction needs both scores"),
    (without(prediction(5), "short_answers_score"),
     "example 5: the field short_answers_score is missing: a prediction needs both scores"),
    (prediction(5, long_score=float("nan")),
     "example 5: long_answer_score is nan, not a finite number"),
    (prediction(5, short_score=float("-inf")),
     "example 5: short_answers_score is -inf, not a finite number"),
    (prediction(5, short_score=10 ** 400),
     "example 5: short_answers_score is %s, not a finite number" % ("1" + "0" * 39)),
    (prediction(5, short_score="1.0"),
     "example 5: short_answers_score is '1.0', not a finite number"),
    (prediction(5, long_score=True),
     "example 5: long_answer_score is True, not a finite number"),
    (prediction(5, short_answers=[span((1, 2))], yes_no_answer="YES"),
     "example 5: yes_no_answer is 'YES', then there can be no span in short_answers"),
    (prediction(5, yes_no_answer=1), "example 5: yes_no_answer 1 is none of YES, NO and NONE"),
    (dict(prediction(5), short_answers={}), "example 5: short_answers is not a list"),
    (prediction(5, long_answer=[1, 2]), "example 5: long answer is not a JSON object"),
    (prediction(5, span((1, 2), (7, -1))),
     "example 5: long answer: start_byte 7 and end_byte -1, of which one is null and one is not"),
    (prediction(5, {"start_token": 1}),
     "example 5: long answer has one of start_token and end_token without the other"),
    (prediction(5, span(("1", "2"))),
     "example 5: long answer: start_token '1' is not an integer"),
    (prediction(5, span((1, 2.5))), "example 5: long answer: end_token 2.5 is not an integer"),
    (prediction(5, span((False, True))),
     "example 5: long answer: start_token False is not an integer"),
])
def test_bad_predictions(record, message):
    assert error_of(parse_prediction, record) == message


def test_offsets_that_a_data_frame_made_floats():
    assert parse_span(span((1.0, 2.0), (-1.0, -1.0))) == AnswerSpan(-1, -1, 1, 2)


def test_the_span_from_0_to_0_is_no_null_span():
    assert error_of(parse_span, span((0, 0))) == "span: start_token 0 is not before end_token 0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats() | st.text(),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(), v, max_size=3), max_leaves=5)
spans = st.dictionaries(st.sampled_from(sorted(NULL)), st.integers(-2, 4) | json_values)


@given(st.fixed_dictionaries({}, optional={
    "example_id": st.integers() | json_values,
    "long_answer": spans | json_values,
    "short_answers": st.lists(spans, max_size=3) | json_values,
    "yes_no_answer": st.sampled_from(["YES", "no", "None"]) | json_values,
    "long_answer_score": st.floats() | json_values,
    "short_answers_score": st.floats() | json_values}))
def test_any_prediction_is_read_or_refused_in_one_line(record):
    try:
        result = parse_prediction(record)
    except UserError as e:
        assert str(e) and "\n" not in str(e)
    else:
        for s in (result.answers.long_answer,) + result.answers.short_answers:
            assert s[:2] == (-1, -1) or 0 <= s.start_byte < s.end_byte
            assert s[2:] == (-1, -1) or 0 <= s.start_token < s.end_token
