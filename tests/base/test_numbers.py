"""Ids and scores as they come out of JSON."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite, parse_finite, parse_id


@pytest.mark.parametrize("value, expected", [
    (5, 5), ("5", 5), ("-2226525965842375672", -2226525965842375672), ("007", 7), (0, 0), ("-0", 0),
    (2 ** 63 - 1, 2 ** 63 - 1), (str(-2 ** 63), -2 ** 63)])
def test_ids(value, expected):
    assert parse_id(value) == expected
    assert type(parse_id(value)) is int


@pytest.mark.parametrize("value", [
    "", "a", "+5", " 5", "5 ", "5\n", "1_0", "12_34", "5.0", "\u0665", "\u0661\u0662", "--5", "0x5",
    "9" * 5000, 5.0, 1e30, float("nan"), True, None, [5], {}, 2 ** 63, -2 ** 63 - 1, str(2 ** 63)])
def test_bad_ids(value):
    with pytest.raises(UserError, match=r"^example_id .* is not a 64-bit integer$") as caught:
        parse_id(value)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("value", [0, 0.0, -3, 10 ** 300, 1e-300])
def test_finite_numbers_stay_what_they_are(value):
    assert is_finite(value)
    assert parse_finite(value, "x") is value


@pytest.mark.parametrize("value, shown", [
    (float("nan"), "nan"), (float("-inf"), "-inf"), (10 ** 400, "1" + "0" * 39), (True, "True"),
    ("1", "'1'"), (None, "None"), ([1], "[1]")])
def test_what_is_no_finite_number(value, shown):
    assert not is_finite(value)
    with pytest.raises(UserError) as caught:
        parse_finite(value, "example 5: its score")
    assert str(caught.value) == "example 5: its score is %s, not a finite number" % shown
