"""N-best files of SQuAD as error pages read them."""
import gzip
import json

import pytest

from bert_nq.base.errors import UserError
from bert_nq.error_pages.squad.nbest_file import NBestAnswer, NBestFile
from tests.support import squad_error_samples as samples


def read(tmp_path, content, limit=10, predictions=None):
    path = tmp_path / "nbest.json"
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text)
    return NBestFile(str(path), limit, samples.PREDICTIONS if predictions is None else predictions)


def test_lists_are_kept_as_far_as_they_are_shown(tmp_path):
    found = read(tmp_path, dict(samples.NBEST, other=[]))
    assert found.get("a1") == [NBestAnswer("big town", 3.5, 0.75), NBestAnswer("Pell", 2.4, 0.25)]
    assert found.get("a6") == [NBestAnswer("", None, None), NBestAnswer("1822", None, 0.125)]
    assert found.get("a2") is found.get("other") is None
    assert found.num_others == 0
    assert read(tmp_path, samples.NBEST, 1).get("a6") == [NBestAnswer("", None, None)]


def test_texts_are_cut_and_can_be_written(tmp_path):
    found = read(tmp_path, {"q": [{"text": "x" * 301}, {"text": "\ud800"}]},
                 predictions={"q": "x" * 301})
    assert [answer.text for answer in found.get("q")] == ["x" * 300 + "…", "?"]


def test_gzip(tmp_path):
    path = tmp_path / "nbest.json"
    path.write_bytes(gzip.compress(json.dumps(samples.NBEST).encode("ascii")))
    assert len(NBestFile(str(path), 10, samples.PREDICTIONS).get("a1")) == 2
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="nbest.json: the gzip data are cut off or damaged"):
        NBestFile(str(path), 10, samples.PREDICTIONS)


def test_lists_of_other_predictions(tmp_path):
    entry = [{"text": "x"}]
    assert read(tmp_path, {"a1": entry, "a2": [{"text": "Pell founded it in"}]}).num_others == 1
    with pytest.raises(UserError, match="nbest.json has none of the predicted texts: give the"):
        read(tmp_path, {"a1": entry, "a2": entry})
    with pytest.raises(UserError, match="has none of the questions of these predictions"):
        read(tmp_path, {"b1": entry})


@pytest.mark.parametrize("content, message", [
    ("[]", r"nbest.json is not a JSON object, \{id: "), ("{", "nbest.json is not JSON"),
    ('{"a1": [], "a1": []}', "the key 'a1' is in it twice"),
    ('{"a1": "x"}', "question a1 is 'x', not a list of answers"),
    ('{"a1": [{"probability": 1}]}', "question a1 is .*, not a list of answers"),
    ('{"a1": [{"text": "x", "probability": "y"}]}', "question a1: its probability is 'y', not a"),
    ('{"a1": [{"text": "x", "start_logit": NaN, "end_logit": 1}]}', "its start_logit is nan")])
def test_lists_of_another_form(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, content)
