"""Windows of a context, made word by word, for decoders of spans."""
import re

import numpy as np

from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

VOCABULARY = Vocabulary(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "the", "mo", "##zart", "'", "s", "opera", "in",
     "vienna", "1", "##78", "##6", ",", "."] + list("abcdefgh") + ["##" + c for c in "abcdefgh"])


TOKENIZER = WordPieceTokenizer(VOCABULARY)


def cut(context):
    """The words of a context, and the pieces of each."""
    words = [word for word in re.split("[ \t\r\n\u202f]+", context) if word]
    return words, [TOKENIZER.tokenize_word(word) for word in words]


def windows(words, pieces_of_words, query_length, seq_length, stride, max_context=None):
    """A ContextWindows.

    Args:
      words, pieces_of_words: of `cut`.
      query_length: pieces before the context.
      seq_length: pieces of a window.
      stride: pieces between two windows.
      max_context: for each window the positions that have it; None: all.
    """
    pieces = sum(pieces_of_words, [])
    word_of_piece = np.repeat(np.arange(len(words)), list(map(len, pieces_of_words)))
    room = seq_length - query_length - 1
    starts = [0]
    while starts[-1] + room < len(pieces):
        starts.append(starts[-1] + min(room, stride))
    word_map = np.full([len(starts), seq_length], -1)
    for row, start in zip(word_map, starts):
        part = word_of_piece[start:start + room]
        row[query_length:query_length + len(part)] = part
    has_max_context = np.full_like(word_map, max_context is None, bool)
    for row, positions in zip(has_max_context, max_context or ()):
        row[positions] = True
    return ContextWindows(words, pieces, word_of_piece, np.array(starts), query_length, word_map,
                          has_max_context, TOKENIZER)
