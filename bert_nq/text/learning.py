"""Learns a small WordPiece vocabulary from text, for corpora without a pretrained model.

Byte-pair encoding (Sennrich et al. 2016, section 3.2) merges neighbouring pieces, the most frequent
pair first, into more pieces than asked for. Then the words are cut as BERT cuts them, longest piece
first, and the pieces that are used most are kept. That drops mere intermediate steps of merging:
once "quarter" is a piece, "quart" and "##er" may never be used.
"""
import collections
import heapq
import re
from typing import Counter, Dict, Iterable, List, Mapping, NamedTuple, Set, Tuple

from bert_nq.base.errors import UserError
from bert_nq.text.basic_words import basic_words
from bert_nq.text.vocabulary import CLS, MASK, NQ_MARKERS, PAD, SEP, UNK, Vocabulary
from bert_nq.text.wordpiece import MAX_WORD_CHARS, PieceCutter, is_special

# Rarer characters get no piece; words with them become [UNK].
MIN_CHAR_COUNT = 5

# Entries before the pieces: those of BERT's English uncased vocabulary up to [MASK], and one
# [unused...] entry for each NQ marker.
NUM_RESERVED = 104 + len(NQ_MARKERS)

# Merging uses at most this many different words, the most frequent ones.
_MAX_WORDS = 100000

# Rarer pairs are not merged.
_MIN_PAIR_COUNT = 2

# Extra merges, as a share of those asked for.
_SURPLUS = 0.3

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

Pair = Tuple[str, str]


def count_words(texts: Iterable[str], do_lower_case: bool = True) -> Counter[str]:
    """Counts the words of texts after BERT's basic tokenization.

    Args:
      texts: words or longer texts; words that the NQ baseline looks up whole, such as "[12]", are
        not counted, and neither are words with half a character, a lone surrogate, which no
        vocabulary file can hold.
      do_lower_case: whether to lower-case words and strip their accents.
    """
    raw = collections.Counter()
    for text in texts:
        raw.update(text.split(" "))
    words = collections.Counter()
    for word, count in raw.items():
        if not is_special(word) and not _HALF_CHARACTER.search(word):
            for basic in basic_words(word, do_lower_case):
                words[basic] += count
    return words


def learn_vocabulary(word_counts: Mapping[str, int], size: int) -> List[str]:
    """Learns a vocabulary in BERT's layout. Equal counts give an equal vocabulary.

    Args:
      word_counts: {basic word: its count}, in any order.
      size: number of entries, special and unused ones included.

    Returns:
      `size` tokens: [PAD], [unused0] to [unused98], [UNK], [CLS], [SEP], [MASK], at least as many
      [unused...] entries as there are NQ markers, then the pieces, the most frequent first. Every
      character that occurs MIN_CHAR_COUNT times is a piece, both by itself and with "##" before it,
      but characters take at most half of the room for pieces; then the most frequent ones take it.
      Where the words give too few pieces there are more [unused...] entries.

    Raises:
      UserError: `size` leaves no room for pieces, or there are no words.
    """
    room = size - NUM_RESERVED
    if room < 100:
        raise UserError("a vocabulary of %d entries is too small: %d are reserved, and pieces need "
                        "at least 100 more" % (size, NUM_RESERVED))
    counts = {word: n for word, n in word_counts.items() if len(word) <= MAX_WORD_CHARS}
    characters = _frequent_characters(counts, room // 4)
    if not characters:
        raise UserError("no character occurs %d times: there is too little text to learn a "
                        "vocabulary from" % MIN_CHAR_COUNT)
    single = [prefix + char for char in characters for prefix in ("", "##")]
    known = set(characters)
    counts = {word: n for word, n in counts.items() if known.issuperset(word)}
    num_merged = room - len(single)
    merged = _merge(_most_frequent(counts, _MAX_WORDS), int(num_merged * (1 + _SURPLUS)))
    uses = _uses(counts, single + merged)
    kept = sorted(merged, key=lambda piece: (-uses[piece], piece))[:num_merged]
    uses = _uses(counts, single + kept)
    pieces = sorted(single + kept, key=lambda piece: (-uses[piece], piece))
    return _reserved(size - len(pieces)) + pieces


class Coverage(NamedTuple):
    """How well a vocabulary covers the words of a corpus, repeated ones counted each time."""
    words: int
    whole: float  # share of the words that are one piece
    unknown: float  # share of the words that become [UNK]
    pieces_per_word: float


def coverage(word_counts: Mapping[str, int], vocabulary: Vocabulary) -> Coverage:
    """Measures how `vocabulary` cuts words.

    Args:
      word_counts: {basic word: its count}, at least one.
      vocabulary: the vocabulary to measure.
    """
    cut = PieceCutter(vocabulary.ids).cut
    unknown_ids = (vocabulary.ids[UNK],)
    words = whole = unknown = pieces = 0
    for word, n in word_counts.items():
        ids = cut(word)
        words += n
        pieces += n * len(ids)
        if ids == unknown_ids:
            unknown += n
        elif len(ids) == 1:
            whole += n
    return Coverage(words, whole / words, unknown / words, pieces / words)


def _reserved(n: int) -> List[str]:
    unused = ["[unused%d]" % i for i in range(n - 5)]
    return [PAD] + unused[:99] + [UNK, CLS, SEP, MASK] + unused[99:]


def _frequent_characters(counts: Mapping[str, int], limit: int) -> List[str]:
    char_counts = collections.Counter()
    for word, n in counts.items():
        for char in word:
            char_counts[char] += n
    frequent = [char for char, n in char_counts.items() if n >= MIN_CHAR_COUNT]
    return sorted(frequent, key=lambda char: (-char_counts[char], char))[:limit]


def _most_frequent(counts: Mapping[str, int], limit: int) -> List[Tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


def _uses(counts: Mapping[str, int], pieces: List[str]) -> Counter[str]:
    """How often each piece occurs when all words are cut with `pieces`."""
    tokens = [UNK] + pieces
    cut = PieceCutter({token: i for i, token in enumerate(tokens)}).cut
    uses = collections.Counter()
    for word, n in counts.items():
        for i in cut(word):
            uses[tokens[i]] += n
    return uses


def _merge(words: List[Tuple[str, int]], num_pieces: int) -> List[str]:
    """The first `num_pieces` pieces that merging makes, or fewer where pairs run out."""
    segmented = [[word[0]] + ["##" + char for char in word[1:]] for word, _ in words]
    counts = [n for _, n in words]
    pair_counts, pair_words = _count_pairs(segmented, counts)
    heap = [_entry(pair, n) for pair, n in pair_counts.items()]
    heapq.heapify(heap)
    merged = {}  # used as an ordered set: two pairs may give the same piece
    while heap and len(merged) < num_pieces:
        negative_count, piece, pair = heapq.heappop(heap)
        count = pair_counts[pair]
        if count < _MIN_PAIR_COUNT:
            continue
        if count != -negative_count:
            # The entry is out of date: other merges took some occurrences of the pair.
            heapq.heappush(heap, _entry(pair, count))
            continue
        merged[piece] = True
        for grown in _apply(pair, piece, segmented, counts, pair_counts, pair_words):
            heapq.heappush(heap, _entry(grown, pair_counts[grown]))
    return list(merged)


def _entry(pair: Pair, count: int) -> Tuple[int, str, Pair]:
    """Heap entry of a pair: the most frequent first, then by the piece that it makes."""
    left, right = pair
    return -count, left + right[2:], pair


def _count_pairs(segmented: List[List[str]],
                 counts: List[int]) -> Tuple[Dict[Pair, int], Dict[Pair, Set[int]]]:
    """({pair of neighbours: its count}, {pair: the indexes of the words that have it})."""
    pair_counts, pair_words = collections.defaultdict(int), collections.defaultdict(set)
    for i, (pieces, n) in enumerate(zip(segmented, counts)):
        for pair in zip(pieces, pieces[1:]):
            pair_counts[pair] += n
            pair_words[pair].add(i)
    return pair_counts, pair_words


def _apply(pair: Pair, piece: str, segmented: List[List[str]], counts: List[int],
           pair_counts: Dict[Pair, int], pair_words: Dict[Pair, Set[int]]) -> Set[Pair]:
    """Merges `pair` in every word that has it; returns the pairs that became more frequent."""
    grown = set()
    for i in pair_words.pop(pair):
        old, n = segmented[i], counts[i]
        new = _replace(old, pair, piece)
        if len(new) == len(old):
            continue  # An earlier merge took the pair out of this word.
        for before in zip(old, old[1:]):
            pair_counts[before] -= n
        for after in zip(new, new[1:]):
            pair_counts[after] += n
            pair_words[after].add(i)
            if piece in after:
                grown.add(after)
        segmented[i] = new
    return grown


def _replace(pieces: List[str], pair: Pair, piece: str) -> List[str]:
    left, right = pair
    out = []
    i, last = 0, len(pieces) - 1
    while i <= last:
        if i < last and pieces[i] == left and pieces[i + 1] == right:
            out.append(piece)
            i += 2
        else:
            out.append(pieces[i])
            i += 1
    return out
