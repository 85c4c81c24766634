"""The tokenizer that settings name."""
from typing import Any

from bert_nq.features.options import TextOptions
from bert_nq.text.vocabulary import Vocabulary


def make_tokenizer(text: TextOptions, vocabulary: Vocabulary, has_markers: bool = True) -> Any:
    """An object with `word_ids(word)` and `text_ids(text)`, see text.wordpiece.

    Args:
      text: the settings.
      vocabulary: of their file.
      has_markers: whether words in brackets are NQ's markers.

    Raises:
      UserError: the vocabulary has no [UNK].
    """
    if text.tokenizer == "reference":
        from bert_nq.text.reference import ReferenceTokenizer
        return ReferenceTokenizer(text.vocab_file, text.do_lower_case, has_markers)
    from bert_nq.text.wordpiece import WordPieceTokenizer
    return WordPieceTokenizer(vocabulary, text.do_lower_case, has_markers)
