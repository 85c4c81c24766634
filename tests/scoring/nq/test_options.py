"""The options of a prediction file, and which of them are right."""
import json

import pytest

from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.options import KINDS, TWO_KINDS, make_table, read_scored
from tests.support.scored_samples import (
    PREDICTOR,
    gold_of,
    question,
    scored_file,
    scored_prediction,
)
from tests.support.scoring_samples import NULL, prediction, span


def write(path, *entries, **others):
    path.write_text(json.dumps(dict(others, predictions=entries)))
    return str(path)


def columns(table):
    return {kind: [array.tolist() for array in getattr(table, kind)] for kind in KINDS}


def test_four_options_whatever_the_file_answers(tmp_path):
    entry = scored_prediction(7, [1.0, 2.0, 3.0, -4.0], span((0, 9)), [span((1, 3)), NULL], "YES")
    scored = read_scored(write(tmp_path / "p.json", entry, predictor=PREDICTOR))
    assert (scored.predictor, scored.kinds) == (PREDICTOR, KINDS)
    gold = gold_of({7: question(span((0, 9)), [span((1, 3))], "NO")})
    table = make_table(gold, scored)
    assert columns(table) == {"long": [[1.0], [True], [True]], "short": [[2.0], [True], [True]],
                              "yes": [[3.0], [True], [False]], "no": [[-4.0], [True], [True]]}
    assert (table.has_long_gold.tolist(), table.has_short_gold.tolist()) == ([True], [True])


def test_two_options_where_there_are_no_scores(tmp_path):
    scored = read_scored(write(
        tmp_path / "p.json", prediction(9, span((0, 9)), [], "YES", 1.0, 2),
        prediction(8, None, [span((1, 3))], "NONE", 3.0, 4.0)))
    assert (scored.predictor, scored.kinds) == (None, TWO_KINDS)
    gold = gold_of({9: question(span((0, 8)), yes_no_answer="YES"), 8: question()})
    table = make_table(gold, scored)
    assert table.ids.tolist() == [8, 9]
    assert columns(table) == {
        "long": [[3.0, 1.0], [False, True], [False, False]],
        "short": [[4.0, 2.0], [True, True], [False, True]],
        "yes": [[0.0, 0.0], [False, False], [False, False]],
        "no": [[0.0, 0.0], [False, False], [False, False]]}


def test_an_answer_of_one_annotator_counts_where_one_is_enough():
    scored = scored_file([scored_prediction(1, [0.0] * 4, span((0, 9)), [span((1, 3))])])
    gold = gold_of({1: question(span((0, 9)), [span((1, 3))], annotators=1)})
    assert not make_table(gold, scored).long.right.any()
    table = make_table(gold, scored, 1, 1)
    assert table.long.right.all() and table.short.right.all() and table.has_short_gold.all()


def test_a_span_that_there_is_not():
    scored = scored_file([scored_prediction(1, [0.0] * 4, None, [])])
    table = make_table(gold_of({1: question()}), scored)
    assert [getattr(table, kind).has_answer.tolist() for kind in KINDS] == [
        [False], [False], [True], [True]]


GOOD = scored_prediction(5, [0.0] * 4, span((0, 9)), [span((1, 3))])


def without(entry, field):
    return {key: value for key, value in entry.items() if key != field}


@pytest.mark.parametrize("entries, message", [
    ([dict(GOOD, scores=dict(GOOD["scores"], yes=float("nan")))],
     "prediction 1: example 5: the score of yes is nan, not a finite number"),
    ([dict(GOOD, scores=without(GOOD["scores"], "no"))],
     "prediction 1: example 5: the score of no is missing"),
    ([dict(GOOD, scores=[1, 2])], "prediction 1: example 5: scores is not a JSON object"),
    ([without(GOOD, "best_short_answers")],
     "prediction 1: example 5 has scores but no list best_short_answers: predict again with "
     "--decoder=page"),
    ([dict(GOOD, best_short_answers=[span((3, 1))])],
     "prediction 1: example 5: best short answer: start_token 3 is not before end_token 1"),
    ([dict(GOOD, scores=dict(GOOD["scores"], no=-1e200))],
     "prediction 1: example 5: the score of no is -1e+200, beyond 1e+100: scores are like "
     "log-odds"),
    ([GOOD, GOOD], "prediction 2: example 5 has a prediction already"),
    ([GOOD, prediction(6)],
     'example 5 has "scores" and example 6 has none: give predictions of one system'),
    ([prediction(6, long_score=float("inf"))],
     "prediction 1: example 6: long_answer_score is inf, not a finite number"),
    ([dict(GOOD, yes_no_answer="YES")], "prediction 1: example 5: yes_no_answer is 'YES', then "
     "there can be no span in short_answers"),
])
def test_impossible_predictions(tmp_path, entries, message):
    path = tmp_path / "p.json"
    with pytest.raises(UserError) as e:
        read_scored(write(path, *entries))
    assert str(e.value).replace("%s, " % path, "").replace("%s: " % path, "") == message


def test_impossible_files(tmp_path):
    path = tmp_path / "p.json"

    def error(text):
        path.write_text(text)
        with pytest.raises(UserError) as e:
            read_scored(str(path))
        return str(e.value)

    assert error('{"predictions": [').startswith("%s is not JSON (" % path)
    assert error("[" * 100000) == "%s is not JSON (nested too deeply)" % path
    assert error("[]").startswith('%s has no list "predictions", or two: ' % path)
    assert error('{"predictor": 1, "predictions": []}') == (
        '%s: "predictor" is not a JSON object' % path)
    assert error('{"predictor": {"thresholds": {"long": 1.0}}, "predictions": []}') == (
        "%s: thresholds were applied to these predictions already, which loses the answers under "
        "them: predict again without --thresholds" % path)
