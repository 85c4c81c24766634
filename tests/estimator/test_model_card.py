"""model.json: what is written is read again, and what is damaged is refused."""
import json

import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import model_card
from bert_nq.estimator.model_card import ModelCard

CARD = ModelCard("nq_joint", {"do_lower_case": False, "max_seq_length": 64,
                              "tokenizer": "wordpiece"})


def test_a_card_is_read_as_it_was_written(tmp_path):
    model_card.write(str(tmp_path), CARD)
    assert model_card.read(str(tmp_path)) == CARD


def test_the_head_of_a_model():
    heads = {"span": (), "beam": ()}
    assert model_card.head_of(ModelCard("squad", {"head": "beam"}), "model", heads) == "beam"
    # Cards of earlier versions are of the first one.
    assert model_card.head_of(ModelCard("squad", {}), "model", heads) == "span"
    with pytest.raises(UserError, match="\"head\" is 'x'; it can be span, beam"):
        model_card.head_of(ModelCard("squad", {"head": "x"}), "model", heads)


def test_folders_of_earlier_versions_have_none(tmp_path):
    assert model_card.read(str(tmp_path)) is None


@pytest.mark.parametrize("content, reason", [
    ([], "it is not a JSON object"),
    ({"settings": {}}, 'there is no "task"'),
    ({"task": None, "settings": {}}, 'there is no "task"'),
    ({"task": "nq_joint"}, '"settings" is not an object'),
    ({"task": "nq_joint", "settings": {"doc_stride": [1]}}, '"settings" is not an object'),
])
def test_damaged_cards_are_refused(tmp_path, content, reason):
    (tmp_path / "model.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="model.json is not what training writes .%s" % reason):
        model_card.read(str(tmp_path))
