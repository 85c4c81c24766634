"""Tokenizers by name. A new one is a new file and a line here.

A tokenizer has `word_ids(word)`, `text_ids(text)`, `tokenize_word(word)`, `offsets(word)`, its
`vocabulary`, `do_lower_case` and `is_projected`, see text.wordpiece.WordPieceTokenizer.
"""
import importlib
from typing import Any, Dict, Tuple

from bert_nq.base.errors import UserError
from bert_nq.text.vocabulary import Vocabulary

# Name: the module with its `make`, and the name of those in whose vocabularies it finds its pieces,
# Vocabulary.tokenizer.
TOKENIZERS: Dict[str, Tuple[str, str]] = {
    "wordpiece": ("bert_nq.text.wordpiece", "wordpiece"),
    "reference": ("bert_nq.text.reference", "wordpiece"),
    "sentencepiece": ("bert_nq.text.sentencepiece_tokenizer", "sentencepiece"),
}


def make_tokenizer(text: Any, vocabulary: Vocabulary, has_markers: bool = True) -> Any:
    """The tokenizer of these settings.

    Args:
      text: the settings, features.options.TextOptions.
      vocabulary: of their file.
      has_markers: whether words in brackets are NQ's markers.

    Raises:
      UserError: the tokenizer is for another kind of vocabulary, or this one lacks a token.
    """
    module, kind = TOKENIZERS[text.tokenizer]
    if kind != vocabulary.tokenizer:
        raise UserError("--tokenizer=%s does not fit %s, which is for --tokenizer=%s: leave the "
                        "flag out" % (text.tokenizer, text.vocab_file, vocabulary.tokenizer))
    return importlib.import_module(module).make(text.vocab_file, vocabulary, text.do_lower_case,
                                                has_markers)
