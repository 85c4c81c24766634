"""BERT's own tokenizer behind the interface of ours, for `--tokenizer=reference`.

`bert.tokenization` imports TensorFlow, so it is imported when a function here is called.
"""
from typing import List, Tuple

from bert_nq.base.errors import UserError
from bert_nq.text.vocabulary import UNK, Vocabulary
from bert_nq.text.wordpiece import is_special


def _import_tokenization():
    from bert import tokenization

    # It reads one of the flags that it defines for every word. In a program they are parsed; in a
    # worker process nobody parses them, and defaults are what is wanted.
    flag_values = vars(tokenization)["FLAGS"]
    if not flag_values.is_parsed():
        flag_values.mark_as_parsed()
    return tokenization


class ReferenceTokenizer:
    """`WordPieceTokenizer`'s methods, worked out by bert-tensorflow's FullTokenizer. Slow."""

    def __init__(self, vocab_path: str, do_lower_case: bool = True):
        """Raises UserError where the vocabulary cannot be read or has no [UNK]."""
        # Ours is read first for the sake of its errors; the two number tokens alike.
        self.vocabulary = Vocabulary.load(vocab_path)
        if UNK not in self.vocabulary.ids:
            raise UserError("%s: no entry %s; give the vocab.txt of a BERT model"
                            % (vocab_path, UNK))
        self.do_lower_case = do_lower_case
        self._full = _import_tokenization().FullTokenizer(vocab_path, do_lower_case)

    def word_ids(self, word: str) -> Tuple[int, ...]:
        """The ids of one word, a string without the blank " "."""
        return tuple(self._full.vocab[piece] for piece in self.tokenize_word(word))

    def text_ids(self, text: str) -> List[int]:
        """The ids of all words of `text`, which the blank " " and nothing else separates."""
        return [i for word in text.split(" ") for i in self.word_ids(word)]

    def tokenize_word(self, word: str) -> List[str]:
        """The pieces whose ids `word_ids` gives."""
        if is_special(word):
            return [word if word in self._full.vocab else UNK]
        return self._full.tokenize(word)


def check_case(do_lower_case: bool, init_checkpoint: str) -> None:
    """Raises UserError if the checkpoint's path names a published model of the other case."""
    try:
        _import_tokenization().validate_case_matches_checkpoint(do_lower_case, init_checkpoint)
    except ValueError:
        raise UserError("--do_lower_case=%s does not fit %s: by its name that model is %s; pass "
                        "--do_lower_case=%s, or rename the folder if the name misleads"
                        % (do_lower_case, init_checkpoint,
                           "cased" if do_lower_case else "uncased", not do_lower_case)) from None
