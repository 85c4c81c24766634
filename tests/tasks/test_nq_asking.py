"""Entries of predictions as answers about a page, with and without thresholds."""
import math

import pytest

from bert_nq.datasets.nq.example import Span
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL, page_entry
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.prediction.predictor import Answers
from bert_nq.scoring.calibration import Temperature
from bert_nq.scoring.nq.thresholds import SHORT_KINDS, Rule
from bert_nq.scoring.nq.tuned import Tuned
from bert_nq.tasks import nq_asking
from tests.support import own_pages

#                       0   1     2  3    4    5   6    7  8     9    10   11
PAGE = own_pages.page("<P> tovin is in aron </P> <Ul> <Li> osk </Li> </Ul> x")
FIRST, LIST = Span(0, 6), Span(6, 11)
ARON, OSK, TOVIN = Span(4, 5), Span(8, 9), Span(1, 2)
KINDS = ("long", "short", "yes", "no")


def answers(longs, shorts, yes=NO_ANSWER_SCORE, no=NO_ANSWER_SCORE, chosen=None):
    """What the page decoder says.

    Args:
      longs, shorts: [(span, score)], best first.
      yes, no: their scores.
      chosen: (long answer, short answer); None: the best ones.
    """
    example = PAGE.example("q")
    long, short = chosen or (longs[0][0], shorts[0][0] if shorts else None)
    scores = {"long": dict(longs).get(long, NO_ANSWER_SCORE),
              "short": dict(shorts).get(short, NO_ANSWER_SCORE), "yes": yes, "no": no}
    return Answers(page_entry(0, long, [short] if short else [], scores), nbest_record(
        example, [Ranked(span, score, 0) for span, score in longs],
        [Ranked(span, score, 0) for span, score in shorts], {"yes": yes, "no": no}))


def texts(answer):
    """(short, long, yes or no) as texts."""
    return (answer.short and answer.short.text, answer.long and answer.long.text, answer.yes_no)


def asked(found, thresholds=None):
    return nq_asking.answer("q", PAGE, found, thresholds)


def test_a_short_answer_in_its_paragraph():
    found = asked(answers([(FIRST, 2.0), (LIST, -1.0)], [(ARON, 1.0), (OSK, 0.0), (TOVIN, -1.0)]))
    assert found and texts(found) == ("aron", "tovin is in aron", None)
    # The softmax over e^1, e^0, e^-1 and none, e^0; yes and no have no share.
    total = math.e + 1 + 1 / math.e + 1
    assert found.probability == pytest.approx(math.e / total)
    assert [(texts(a), a.probability) for a in found.others] == [
        (("aron", "tovin is in aron", None), pytest.approx(math.e / total)),
        (("osk", "osk", None), pytest.approx(1 / total)),
        (("tovin", "tovin is in aron", None), pytest.approx(1 / math.e / total))]


def test_a_paragraph_alone():
    found = asked(answers([(FIRST, 2.0)], [(ARON, -0.1)]))
    assert texts(found) == (None, "tovin is in aron", None)
    e2 = math.exp(2)
    assert found.probability == pytest.approx(e2 / (e2 + 1))
    assert list(map(texts, found.others)) == [
        (None, "tovin is in aron", None), ("aron", "tovin is in aron", None)]


def test_yes_in_place_of_a_span():
    found = asked(answers([(FIRST, 2.0)], [(ARON, 0.5)], yes=3.0, no=-2.0))
    assert texts(found) == (None, "tovin is in aron", "yes")
    total = math.exp(3) + math.exp(0.5) + math.exp(-2) + 1
    assert found.probability == pytest.approx(math.exp(3) / total)
    assert list(map(texts, found.others)) == [
        (None, "tovin is in aron", "yes"), ("aron", "tovin is in aron", None),
        (None, "tovin is in aron", "no")]


def test_no_answer_has_a_best_guess():
    found = asked(answers([(FIRST, -1.0), (LIST, -2.0)], [(ARON, -2.0)]))
    assert not found and texts(found) == (None, None, None)
    assert list(map(texts, found.others)) == [
        ("aron", "tovin is in aron", None), (None, "osk", None)]
    assert found.probability == found.others[0].probability == pytest.approx(
        math.exp(-2) / (math.exp(-2) + 1))
    assert found.as_json() == {"question": "q", "page": "page.html", "short": None, "long": None,
                               "yes_no": None, "probability": found.probability}


def test_a_page_on_which_nothing_can_be_the_answer():
    found = asked(answers([], [], chosen=(NULL, None)))
    assert not found and found.others == () and found.probability == 0.0


def test_an_answer_outside_of_the_list_of_long_ones_is_shown_in_its_candidate():
    found = asked(answers([(LIST, 2.0)], [(ARON, 1.0), (OSK, 0.5)], chosen=(LIST, OSK)))
    assert texts(found) == ("osk", "osk", None)
    assert texts(found.others[1]) == ("aron", "tovin is in aron", None)
    # Outside of all candidates there is none.
    found = asked(answers([(LIST, 2.0)], [(OSK, 1.0), (Span(11, 12), 0.5)]))
    assert texts(found.others[1]) == ("x", None, None)


def tuned(method="temperature", **thresholds):
    unit = Temperature(1.0, 0.0)
    return Tuned(None, KINDS, Rule(dict(dict.fromkeys(KINDS, 0.0), **thresholds),
                                   dict.fromkeys(SHORT_KINDS, unit)), method,
                 {} if method == "none" else dict.fromkeys(KINDS, Temperature(2.0, -1.0)))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_thresholds_leave_answers_out_and_calibrate():
    found = answers([(FIRST, 2.0), (LIST, -1.0)], [(ARON, 1.0), (OSK, 0.0)])
    given = asked(found, tuned(short=1.0))
    assert texts(given) == ("aron", "tovin is in aron", None)
    assert given.probability == pytest.approx(sigmoid(2 * 1 - 1))
    assert [a.probability for a in given.others] == pytest.approx(
        [sigmoid(2 * 1 - 1), sigmoid(2 * 0 - 1)])
    paragraph = asked(found, tuned(short=1.1))
    assert texts(paragraph) == (None, "tovin is in aron", None)
    assert paragraph.probability == pytest.approx(sigmoid(2 * 2 - 1))
    nothing = asked(found, tuned(short=1.1, long=2.1))
    assert not nothing and nothing.probability == pytest.approx(sigmoid(2 * 1 - 1))
    # The paragraph of a short answer is given with it.
    assert texts(asked(found, tuned(short=1.0, long=2.1))) == texts(given)
    # Below 0, an answer may be good enough.
    low = answers([(FIRST, -1.0)], [(ARON, -2.0)])
    assert not asked(low) and texts(asked(low, tuned(short=-2.0)))[0] == "aron"


def test_thresholds_without_calibration():
    found = answers([(FIRST, 2.0)], [(ARON, 0.0)])
    assert asked(found, tuned("none")).probability == pytest.approx(0.5)


def test_of_several_short_answers_the_best_is_told():
    found = answers([(FIRST, 2.0)], [(ARON, 1.0), (TOVIN, 0.5)])
    entry = dict(found.entry)
    entry["short_answers"] = [dict(entry["short_answers"][0], start_token=1, end_token=2),
                              *entry["short_answers"]]
    assert texts(asked(found._replace(entry=entry)))[0] == "aron"
