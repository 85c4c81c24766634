"""Answers of several pages in one list."""
from bert_nq.answering import listing
from tests.support.stub_reader import StubReader, make_page


def test_answers_come_before_guesses():
    reader = StubReader()
    town, none = make_page("<P> a town </P>"), make_page("<P> rivers </P>")
    first, second = reader.ask("town", town), reader.ask("town", none)
    sure = first._replace(probability=0.9)
    unsure = sure._replace(short=None, long=None, probability=0.99)
    assert listing.best_first([second, first, unsure, sure]) == [sure, first, unsure, second]


def test_given_answers_are_listed_before_guesses():
    reader = StubReader()
    first = reader.ask("town", make_page("<P> a town </P> <P> the town </P>", source="a"))
    second = reader.ask("town", make_page("<P> old town </P>", source="b"))
    guess = second._replace(short=None, long=None, yes_no=None)
    answers = listing.best_first([guess, first, second])
    assert [answer.page.source for answer in answers] == ["a", "b", "b"]
    items = listing.listed(answers, 3)
    assert [(item.page, item.alternative.long.text, item.is_given) for item in items] == [
        (0, "a town", True), (1, "old town", True), (2, "old town", False)]
    assert listing.as_json("town", answers, items[1:2]) == {
        "question": "town", "page": "a", "yes_no": None, "probability": 0.5,
        "short": first.short.as_json(), "long": first.long.as_json(),
        "others": [{"page": "b", "page_number": 1, "yes_no": None, "probability": 0.5,
                    "short": second.short.as_json(), "long": second.long.as_json()}]}


def test_nothing_was_read():
    assert listing.as_json("town", [], []) == {
        "question": "town", "page": None, "short": None, "long": None, "yes_no": None,
        "probability": None, "others": []}
