"""The entries of n-best files are read and checked."""
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer, YesNoScore, parse_nbest, read_nbest

ANSWER = {"start_token": 4, "end_token": 6, "text": "a town", "score": 1.5}
ENTRY = {"example_id": 5, "question": "where is tovin",
         "long_answers": [dict(ANSWER, probability=0.5, window=3, candidate_index=7)],
         "short_answers": [dict(ANSWER, score=-1)],
         "yes_no": {"yes": {"score": 2, "probability": 0.25}, "no": {"score": -3.0}}}


def test_an_entry():
    assert parse_nbest(ENTRY) == NBest(
        5, "where is tovin", [NBestAnswer(4, 6, "a town", 1.5, 0.5, 3, 7)],
        [NBestAnswer(4, 6, "a town", -1.0, None, None, None)],
        {"yes": YesNoScore(2.0, 0.25), "no": YesNoScore(-3.0, None)})


@pytest.mark.parametrize("entry", [
    {}, dict.fromkeys(("question", "long_answers", "short_answers", "yes_no")),
    {"long_answers": [], "short_answers": [], "yes_no": {}, "question": 3}])
def test_lists_may_be_missing(entry):
    assert parse_nbest(dict(entry, example_id="5")) == NBest(5, "", [], [], {})


def test_numbers_beyond_any_page_are_unknown():
    entry = changed("long_answers", window=10 ** 20, candidate_index=-10 ** 20)
    assert parse_nbest(entry).long_answers[0][-2:] == (None, None)


def test_a_file(tmp_path):
    path = tmp_path / "n.json"
    path.write_text(json.dumps({"predictions": [ENTRY, dict(ENTRY, example_id=-6)]}))
    assert list(read_nbest(str(path))) == [parse_nbest(ENTRY),
                                           parse_nbest(ENTRY)._replace(example_id=-6)]


def changed(field, **changes):
    """The entry, its first answer of a list changed."""
    return dict(ENTRY, **{field: [dict(ENTRY[field][0], **changes)]})


@pytest.mark.parametrize("entry, message", [
    ({"long_answers": []}, "the field example_id is missing"),
    (7, "the prediction is not a JSON object"),
    (dict(ENTRY, example_id=1.5), "example_id 1.5 is not a 64-bit integer"),
    ({"example_id": 5, "long_answer": {}, "short_answers": []},
     "example 5 has no n-best long_answers: a file of bert_nq/run_nq.py --output_nbest_file is wa"),
    (dict(ENTRY, long_answers={"a": 1}), "example 5: long_answers is not a list"),
    (dict(ENTRY, short_answers=[3]), "example 5: short answer is not a JSON object"),
    (changed("long_answers", start_token=None),
     "example 5: long answer: tokens None to 6 are no sp"),
    (changed("short_answers", start_token="4"),
     "example 5: short answer: tokens '4' to 6 are no s"),
    (changed("short_answers", end_token=4), "example 5: short answer: tokens 4 to 4 are no span"),
    (changed("long_answers", end_token=10 ** 60),
     "example 5: long answer: tokens 4 to 1000000000000"),
    (changed("short_answers", start_token=True),
     "example 5: short answer: tokens True to 6 are no "),
    (changed("short_answers", start_token=-1),
     "example 5: short answer: tokens -1 to 6 are no span"),
    (changed("short_answers", score=float("nan")),
     "example 5: short answer: its score is nan, not a finite number"),
    (changed("long_answers", score="3"),
     "example 5: long answer: its score is '3', not a finite n"),
    (changed("long_answers", score=None),
     "example 5: long answer: its score is None, not a finite"),
    (changed("long_answers", probability="x"),
     "example 5: long answer: its probability is 'x', not a finite number"),
    (dict(ENTRY, yes_no=[1]), "example 5: yes_no is not a JSON object"),
    (dict(ENTRY, yes_no={"no": {"score": float("inf")}}),
     "example 5: no: its score is inf, not a "),
    (dict(ENTRY, yes_no={"yes": {"score": "x"}}), "example 5: yes: its score is 'x', not a finite"),
    (dict(ENTRY, yes_no={"yes": 2.0}), "example 5: yes is not a JSON object"),
])
def test_bad_entries(entry, message):
    with pytest.raises(UserError) as caught:
        parse_nbest(entry)
    assert str(caught.value).startswith(message)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(
        st.sampled_from(["start_token", "end_token", "score", "yes", "no"]), x), max_leaves=6)


@given(st.dictionaries(st.sampled_from(sorted(ENTRY)), _JSON))
def test_any_entry_is_read_or_refused_in_one_line(changes):
    try:
        nbest = parse_nbest(dict(ENTRY, **changes))
    except UserError as e:
        assert "\n" not in str(e)
    else:
        for answer in nbest.long_answers + nbest.short_answers:
            assert 0 <= answer.start_token < answer.end_token
