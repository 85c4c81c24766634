"""Entities: the pieces that belong to one, and spaCy where it is installed."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.features.maskings import entities
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

VOCABULARY = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "in", "new", "york", "##er",
                         "town", ",", "a", "b", "##c"])
TOKENIZER = WordPieceTokenizer(VOCABULARY)


def test_pieces_with_a_character_of_an_entity():
    text = "In New Yorker,  in York"
    #       01234567890123456789012
    assert entities.marks(text, [(3, 11), (19, 23)], TOKENIZER) == [
        # in new york ##er , in york: the entity ends in the middle of "yorker".
        False, True, True, False, False, False, True]
    assert entities.marks(text, [], TOKENIZER) == [False] * 7
    assert entities.marks("", [], TOKENIZER) == []


@given(st.text("ab c,\u200b\u4e00", max_size=30), st.lists(st.integers(0, 30), max_size=6))
def test_each_piece_has_a_mark(text, bounds):
    spans = list(zip(*[iter(sorted(set(bounds)))] * 2))
    found = entities.marks(text, spans, TOKENIZER)
    assert len(found) == len(TOKENIZER.text_ids(text))
    if any(text[a:b].strip(" \u200b") for a, b in spans):
        assert any(found)


def test_what_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(entities.importlib.util, "find_spec",
                        lambda name: None if name != "spacy" else name)
    with pytest.raises(UserError, match="entity_model=en_nothing is neither a model of spaCy"):
        entities.check("en_nothing")
    with pytest.raises(UserError, match="no_folder/x is neither"):
        entities.check("no_folder/x")
    entities.check(str(tmp_path))
    monkeypatch.setattr(entities.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="which is not installed: pip install 'bert_nq.spacy"):
        entities.check("en_core_web_sm")


def test_a_model_of_spacy(tmp_path):
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    pipeline.to_disk(tmp_path / "none")
    with pytest.raises(UserError, match="finds no entities: it has no steps"):
        entities.open_model(str(tmp_path / "none"))
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "New York"}])
    pipeline.to_disk(tmp_path / "some")
    assert entities.open_model(str(tmp_path / "some"))("In New York, New Yorkers") == [(3, 11)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty cannot be read"):
        entities.open_model(str(tmp_path / "empty"))
