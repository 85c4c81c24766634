"""BERT's own tokenizer with the interface of ours, for `--tokenizer=reference`.

`bert.tokenization` imports TensorFlow, so it is imported only when a function here is called.
"""
from typing import List, Tuple

from bert_nq.base import early_sqlite  # noqa: F401 - before TensorFlow
from bert_nq.base.errors import UserError
from bert_nq.text.offsets import piece_offsets
from bert_nq.text.vocabulary import UNK, Vocabulary
from bert_nq.text.wordpiece import is_special


def _import_tokenization():
    from bert import tokenization

    # The module defines flags and reads one of them for every word. A program parses them; a worker
    # process does not, and there the defaults are right.
    flag_values = vars(tokenization)["FLAGS"]
    if not flag_values.is_parsed():
        flag_values.mark_as_parsed()
    return tokenization


class ReferenceTokenizer:
    """bert-tensorflow's FullTokenizer with the methods of `WordPieceTokenizer`. Slow."""

    is_projected = True

    def __init__(self, vocab_path: str, do_lower_case: bool = True, has_markers: bool = True):
        """
        Args:
          vocab_path: a vocab.txt.
          do_lower_case, has_markers: see `WordPieceTokenizer`.

        Raises:
          UserError: the vocabulary cannot be read or has no [UNK].
        """
        # Our reader goes first because its errors are clear; both give tokens the same ids.
        self.vocabulary = Vocabulary.load(vocab_path)
        if UNK not in self.vocabulary.ids:
            raise UserError("%s: no entry %s; give the vocab.txt of a BERT model"
                            % (vocab_path, UNK))
        self.do_lower_case = do_lower_case
        self._has_markers = has_markers
        self._full = _import_tokenization().FullTokenizer(vocab_path, do_lower_case)

    def word_ids(self, word: str) -> Tuple[int, ...]:
        """The ids of one word, a string without the blank " "."""
        return tuple(self._full.vocab[piece] for piece in self.tokenize_word(word))

    def text_ids(self, text: str) -> List[int]:
        """The ids of all words of `text`; the blank " " is the only separator."""
        return [i for word in text.split(" ") for i in self.word_ids(word)]

    def tokenize_word(self, word: str) -> List[str]:
        """The pieces whose ids `word_ids` gives."""
        if self._has_markers and is_special(word):
            return [word if word in self._full.vocab else UNK]
        return self._full.tokenize(word)

    def offsets(self, word: str) -> List[Tuple[int, int]]:
        """The characters [start, end) of a word that each of its pieces stands for."""
        return piece_offsets(word, self.tokenize_word(word), self.do_lower_case)


def make(path: str, vocabulary: Vocabulary, do_lower_case: bool,
         has_markers: bool) -> ReferenceTokenizer:
    """The tokenizer of a vocabulary, which was read from `path`, and is read from there again."""
    del vocabulary
    return ReferenceTokenizer(path, do_lower_case, has_markers)


def check_case(do_lower_case: bool, init_checkpoint: str) -> None:
    """Checks the casing against the published model that the checkpoint's path names, if any.

    Raises:
      UserError: that model has the other case.
    """
    try:
        _import_tokenization().validate_case_matches_checkpoint(do_lower_case, init_checkpoint)
    except ValueError:
        raise UserError("--do_lower_case=%s does not fit %s: by its name that model is %s; pass "
                        "--do_lower_case=%s, or rename the folder if the name misleads"
                        % (do_lower_case, init_checkpoint,
                           "cased" if do_lower_case else "uncased", not do_lower_case)) from None
