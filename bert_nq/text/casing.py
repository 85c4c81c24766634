"""The casing of a model's text, as the files say that Hugging Face has beside a vocabulary.

    tokenizer_config.json   {"do_lower_case": true, "strip_accents": null, ...}
    tokenizer.json          {"normalizer": {"type": "BertNormalizer", "lowercase": true, ...}, ...}

Those of a SentencePiece model say little: ALBERT's text is lower-cased and XLNet's is not, unless
tokenizer_config.json says otherwise, and accents go either way.

Where both speak, the first counts, as in transformers. Our tokenizer is Google's: it takes off
accents where it lower-cases and nowhere else, cleans text, and parts Chinese characters. A model
that was trained otherwise would see other wordpieces, so it is refused.
"""
import json
import os
from typing import Any, Dict, List, Optional

from bert_nq.base import files, unigram_tokenizer, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import PieceModel
from bert_nq.text.vocabulary import XLNET, PieceVocabulary, read_pieces, tokenizer_of

NAME = "tokenizer_config.json"
TOKENIZER = "tokenizer.json"

_LOWER, _STRIP = "do_lower_case", "strip_accents"
# What Google's tokenizer always does, by the names of these files.
_ALWAYS = ("tokenize_chinese_chars", "do_basic_tokenize", "clean_text")
# The names of BertNormalizer's settings, and the same in tokenizer_config.json.
_OF_NORMALIZER = {"lowercase": _LOWER, "strip_accents": _STRIP,
                  "handle_chinese_chars": "tokenize_chinese_chars", "clean_text": "clean_text"}


def of_folder(folder: str) -> Optional[bool]:
    """Whether the text of the model in a folder is lower-cased; None where nothing says so.

    Raises:
      UserError: its files are damaged, or ask for what our tokenizer does not do.
    """
    if files.is_remote(folder):
        return None
    vocabulary = vocabulary_files.vocabulary_of(folder)
    if os.path.basename(vocabulary) == vocabulary_files.PIECES:
        return _of_piece_model(vocabulary)
    path = os.path.join(folder, TOKENIZER)
    tokenizer = files.read_json(path, remedy="")
    if unigram_tokenizer.is_one(tokenizer) and not os.path.exists(vocabulary):
        return _of_pieces(folder, unigram_tokenizer.lower_cases(tokenizer))
    settings = _of_tokenizer(tokenizer, path)
    config_path = os.path.join(folder, NAME)
    config = _of_config(files.read_json(config_path, remedy=""), config_path)
    if config:
        path = config_path
        settings.update(config)
    for name, value in settings.items():
        if not isinstance(value, bool):
            raise UserError("%s: %s is %.40r, not true or false" % (path, name, value))
    for name in _ALWAYS:
        if not settings.get(name, True):
            raise _other_tokenizer(path, "%s is false" % name)
    lower = settings.get(_LOWER)
    strip = settings.get(_STRIP, lower)
    if strip != lower:
        raise _other_tokenizer(path, "%s is %s and %s is %s" % (
            _LOWER, _shown(lower), _STRIP, _shown(strip)))
    return lower


def beside(vocab_file: Optional[str]) -> Dict[str, bool]:
    """{"do_lower_case": ...} as the files beside a vocabulary say; {} where they do not.

    Raises:
      UserError: see `of_folder`.
    """
    if vocab_file and tokenizer_of(vocab_file) == PieceVocabulary.tokenizer:
        return {_LOWER: _of_piece_model(vocab_file)}
    lower = of_folder(os.path.dirname(vocab_file)) if vocab_file else None
    return {} if lower is None else {_LOWER: lower}


def content(lower: bool, folder: str) -> bytes:
    """The content of a tokenizer_config.json, which transformers reads as well.

    Args:
      lower: whether text is lower-cased.
      folder: of the model, whose vocabulary says which tokenizer it has.
    """
    pieces = _piece_model_in(folder)
    if pieces is not None:
        return _json({_LOWER: lower, "keep_accents": False, "remove_space": True,
                      "tokenizer_class": "XLNetTokenizer" if _is_of_xlnet(pieces)
                      else "AlbertTokenizer"})
    values = {_LOWER: lower, _STRIP: None, "tokenize_chinese_chars": True,
              "tokenizer_class": "BertTokenizer"}
    return _json(values)


def _json(values: Dict[str, Any]) -> bytes:
    return json.dumps(values, indent=1, sort_keys=True).encode("ascii") + b"\n"


def _of_piece_model(path: str) -> bool:
    """Whether the text of the SentencePiece model in a file is lower-cased."""
    return _of_pieces(os.path.dirname(path), not _is_of_xlnet(read_pieces(path)))


def _of_pieces(folder: str, by_default: bool) -> bool:
    """The same where the settings in its folder say so; otherwise `by_default`."""
    config_path = os.path.join(folder, NAME)
    content = None if files.is_remote(config_path) else files.read_json(config_path, remedy="")
    config = content if isinstance(content, dict) else {}
    if config.get("keep_accents"):
        raise UserError("%s: keep_accents is true, which is another tokenizer than ALBERT's and "
                        "XLNet's own: the model would see other pieces here than it was trained on"
                        % config_path)
    lower = config.get(_LOWER)
    if lower is None:
        return by_default
    if not isinstance(lower, bool):
        raise UserError("%s: %s is %.40r, not true or false" % (config_path, _LOWER, lower))
    return lower


def _piece_model_in(folder: str) -> Optional[PieceModel]:
    """The SentencePiece model in a folder, as a file of its own or in tokenizer.json."""
    vocabulary, path = vocabulary_files.vocabulary_of(folder), os.path.join(folder, TOKENIZER)
    if os.path.exists(vocabulary):
        is_pieces = os.path.basename(vocabulary) == vocabulary_files.PIECES
        return read_pieces(vocabulary) if is_pieces else None
    tokenizer = files.read_json(path, remedy="")
    return (unigram_tokenizer.piece_model_of(tokenizer, path)
            if unigram_tokenizer.is_one(tokenizer) else None)


def _is_of_xlnet(model: PieceModel) -> bool:
    """Whether a SentencePiece model is XLNet's; else it is ALBERT's."""
    return PieceVocabulary(model).specials == XLNET


def _of_config(content: Any, path: str) -> Dict[str, Any]:
    """The settings that a tokenizer_config.json states."""
    if not isinstance(content, dict):
        return {}
    words = content.get("word_tokenizer_type")
    if words not in (None, "basic"):
        raise _other_tokenizer(path, "word_tokenizer_type is %.40r" % (words,))
    return {name: content[name] for name in (_LOWER, _STRIP) + _ALWAYS
            if content.get(name) is not None}


def _of_tokenizer(content: Any, path: str) -> Dict[str, Any]:
    """The settings that a tokenizer.json states, by the names of a tokenizer_config.json."""
    normalizer = content.get("normalizer") if isinstance(content, dict) else None
    settings: Dict[str, Any] = {}
    for step in _steps(normalizer):
        kind = step.get("type")
        if kind == "BertNormalizer":
            settings.update({ours: step[name] for name, ours in _OF_NORMALIZER.items()
                             if step.get(name) is not None})
        elif kind == "Lowercase":
            settings[_LOWER] = True
        elif kind == "StripAccents":
            settings[_STRIP] = True
        elif kind not in ("NFC", "NFD", "NFKC", "NFKD"):
            raise _other_tokenizer(path, "there is a normalizer %.40r" % (kind,))
    if any(step.get("type") in ("Lowercase", "StripAccents") for step in _steps(normalizer)):
        # Each of these does one thing; BertNormalizer alone does the one with the other.
        settings = dict({_LOWER: False, _STRIP: False}, **settings)
    return settings


def _steps(normalizer: Any) -> List[Dict[str, Any]]:
    """The normalizer itself, or those that it is a sequence of."""
    if not isinstance(normalizer, dict):
        return []
    some = normalizer.get("normalizers") if normalizer.get("type") == "Sequence" else None
    return [step for step in some if isinstance(step, dict)] if isinstance(
        some, list) else [normalizer]


def _other_tokenizer(path: str, what: str) -> UserError:
    return UserError("%s: %s, which is another tokenizer than BERT's own: the model would see "
                     "other wordpieces here than it was trained on" % (path, what))


def _shown(value: Any) -> str:
    return "not given" if value is None else str(value).lower()
