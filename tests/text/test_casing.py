"""The casing of a model, as the files of Hugging Face beside its vocabulary say."""
import json

import pytest

from bert_nq.base.errors import UserError
from bert_nq.text import casing
from tests.support import piece_models


def normalizer(**settings):
    return {"normalizer": dict({"type": "BertNormalizer"}, **settings), "model": {}}


def folder(path, config=None, tokenizer=None):
    for name, content in (("tokenizer_config.json", config), ("tokenizer.json", tokenizer)):
        if content is not None:
            (path / name).write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize("config, tokenizer, lower", [
    (None, None, None), ({}, {}, None), ([], [], None), ({}, {"normalizer": None}, None),
    ({"do_lower_case": True}, None, True), ({"do_lower_case": False}, None, False),
    ({"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True}, None, True),
    ({"do_lower_case": False, "strip_accents": False, "word_tokenizer_type": "basic"}, None, False),
    (None, normalizer(lowercase=True), True),
    (None, normalizer(lowercase=False, strip_accents=None, clean_text=True), False),
    (None, normalizer(lowercase=True, strip_accents=True, handle_chinese_chars=True), True),
    (None, {"normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}]}}, True),
    # The one that transformers goes by.
    ({"do_lower_case": False}, normalizer(lowercase=True), False),
    ({"do_lower_case": None}, normalizer(lowercase=True), True)])
def test_what_the_files_say(tmp_path, config, tokenizer, lower):
    assert casing.of_folder(folder(tmp_path, config, tokenizer)) is lower
    assert casing.beside(str(tmp_path / "vocab.txt")) == (
        {} if lower is None else {"do_lower_case": lower})


@pytest.mark.parametrize("config, tokenizer, message", [
    ({"do_lower_case": True, "strip_accents": False}, None,
     "tokenizer_config.json: do_lower_case is true and strip_accents is false, which"),
    ({"do_lower_case": False, "strip_accents": True}, None,
     "tokenizer_config.json: do_lower_case is false and strip_accents is true, which"),
    ({"strip_accents": False}, normalizer(lowercase=True),
     "tokenizer_config.json: do_lower_case is true and strip_accents is false, which"),
    (None, normalizer(lowercase=True, strip_accents=False),
     "tokenizer.json: do_lower_case is true and strip_accents is false, which"),
    (None, {"normalizer": {"type": "StripAccents"}},
     "tokenizer.json: do_lower_case is false and strip_accents is true, which"),
    (None, {"normalizer": {"type": "Lowercase"}},
     "tokenizer.json: do_lower_case is true and strip_accents is false, which"),
    (None, normalizer(lowercase=True, handle_chinese_chars=False),
     "tokenizer.json: tokenize_chinese_chars is false, which"),
    ({"tokenize_chinese_chars": False}, None,
     "tokenizer_config.json: tokenize_chinese_chars is false, which"),
    ({"do_basic_tokenize": False}, None, "tokenizer_config.json: do_basic_tokenize is false, "),
    ({"word_tokenizer_type": "mecab"}, None, "tokenizer_config.json: word_tokenizer_type is "
     "'mecab', which"),
    (None, {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled"}]}},
     "tokenizer.json: there is a normalizer 'Precompiled', which"),
    ({"do_lower_case": "yes"}, None,
     "tokenizer_config.json: do_lower_case is 'yes', not true or false")])
def test_what_our_tokenizer_does_not_do_is_refused(tmp_path, config, tokenizer, message):
    with pytest.raises(UserError) as e:
        casing.of_folder(folder(tmp_path, config, tokenizer))
    assert str(e.value).startswith("%s/%s" % (tmp_path, message))


@pytest.mark.parametrize("lower", [True, False])
def test_what_is_written_is_read(tmp_path, lower):
    (tmp_path / casing.NAME).write_bytes(casing.content(lower, str(tmp_path)))
    assert casing.of_folder(str(tmp_path)) is lower


@pytest.mark.parametrize("family, lower", [("albert", True), ("xlnet", False)])
def test_the_casing_of_sentencepiece_models(tmp_path, family, lower):
    path = piece_models.write(tmp_path / "spiece.model", family)
    assert casing.beside(path) == {"do_lower_case": lower}
    assert casing.of_folder(str(tmp_path)) is lower
    config = tmp_path / "tokenizer_config.json"
    config.write_text(json.dumps({"do_lower_case": not lower}))
    assert casing.beside(path) == {"do_lower_case": not lower}
    config.write_text(json.dumps({"keep_accents": True}))
    with pytest.raises(UserError, match="keep_accents is true, which is another tokenizer"):
        casing.beside(path)


@pytest.mark.parametrize("family, lower, name", [
    ("albert", True, "AlbertTokenizer"), ("albert", False, "AlbertTokenizer"),
    ("xlnet", False, "XLNetTokenizer")])
def test_the_casing_of_a_sentencepiece_model_in_a_tokenizer_json(tmp_path, family, lower, name):
    tokenizer = piece_models.tokenizer(piece_models.model(family), lower)
    assert casing.of_folder(folder(tmp_path, None, tokenizer)) is lower
    assert json.loads(casing.content(lower, str(tmp_path)).decode()) == {
        "do_lower_case": lower, "keep_accents": False, "remove_space": True,
        "tokenizer_class": name}
    # What transformers goes by.
    assert casing.of_folder(folder(tmp_path, {"do_lower_case": not lower})) is not lower
