"""A plain implementation of windows: one character, one word, one piece after another.

The oracle for tests of bert_nq.features: slow, complete, and easy to check against the rules in
features/contexts.py and docs/parity.md.
"""
import collections
import re

from bert_nq.base import randomness
from bert_nq.base.errors import BadExampleError
from bert_nq.features.contexts import choose_annotation

_WORD = re.compile("[^ \t\r\n\u202f]+")
_KINDS = {"<Table>": "Table", "<P>": "Paragraph", "<Ul>": "List", "<Dl>": "List", "<Ol>": "List"}
_NUMBERS = {"YES": 1, "NO": 2, "SHORT": 3, "LONG": 4}

Made = collections.namedtuple("Made", "windows total counts")


def make(example, options, word_ids, vocabulary, is_training):
    """WindowMaker's rows of an example, with the features of each window as a dict of lists."""
    text, token_map, begins = _layout(example, options)
    if not options.keep_drift:
        token_map = _tokens_of_words(example, begins)
    annotation = choose_annotation(example.annotations)
    gold_index = annotation.candidate_index if annotation else -1
    words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
    pieces = [(piece, i) for i, (_, word) in enumerate(words) for piece in word_ids(word)]
    query = [vocabulary["[Q]"]] + [i for w in example.question.split(" ") for i in word_ids(w)]
    query = [vocabulary["[CLS]"]] + query[-options.max_query_length:] + [vocabulary["[SEP]"]]

    answer = _answer(example, annotation, options, text, words, begins) if is_training else None
    if is_training and gold_index in begins and not options.keep_drift:
        answer = _answer_by_tokens(example, annotation, begins)
    # An answer whose words have no pieces cannot be marked.
    lost = is_training and (answer is None or not any(
        answer[1] <= word <= answer[2] for _, word in pieces))
    kept, spans = [], _spans(len(pieces), options.max_seq_length - len(query) - 1,
                             options.doc_stride)
    for index, (start, end) in enumerate(spans):
        ids = query + [piece for piece, _ in pieces[start:end]] + [vocabulary["[SEP]"]]
        padding = [0] * (options.max_seq_length - len(ids))
        window = {
            "unique_ids": [(example.example_id + index + 2 ** 63) % 2 ** 64 - 2 ** 63],
            "input_ids": ids + padding,
            "input_mask": [1] * len(ids) + padding,
            "segment_ids": [0] * len(query) + [1] * (len(ids) - len(query)) + padding,
        }
        if not is_training:
            tokens = [token_map[word] if word < len(token_map) else -1
                      for _, word in pieces[start:end]]
            window["token_map"] = [-1] * len(query) + tokens + [-1] * (len(padding) + 1)
            kept.append(window)
        elif not lost:
            labels = _labels(answer, pieces, start, end, len(query))
            draw = randomness.uniform(options.seed, 1, example.example_id, index)[0]
            if labels[2] or draw < options.include_unknowns:
                names = ("start_positions", "end_positions", "answer_types")
                kept.append(dict(window, **{name: [n] for name, n in zip(names, labels)}))
    counts = collections.Counter({"gold_in_contexts": gold_index in begins, "answers_lost": lost})
    for index in begins:
        token = example.tokens[example.candidates[index][0]] if index >= 0 else "<P>"
        if token not in _KINDS and token not in ("<Tr>", "<Li>", "<Dd>", "<Dt>"):
            tag = re.match("</?[A-Za-z][A-Za-z0-9]{0,11}", token)
            counts["unknown_kind " + ("<%s>" % tag.group().strip("</") if tag else "words")] += 1
    return Made(kept, len(spans), counts)


def _words(example, start, end):
    return [(i, example.tokens[i].replace(" ", "")) for i in range(start, end)
            if not example.is_html[i]]


def _candidate_text(example, start, end):
    return " ".join(word for _, word in _words(example, start, end))


def _layout(example, options):
    """(text, the tokens of its words, {candidate index: offset of the candidate's own text})."""
    text, token_map = "[ContextId=-1] [NoLongAnswer]", [-1, -1]
    begins = {-1: len(text) + 1}
    counts = collections.Counter()
    for index, (start, end, top_level) in enumerate(example.candidates):
        own = _candidate_text(example, start, end)
        if not own.strip() or options.skip_nested_contexts and not top_level:
            continue
        if len(begins) > 1 and len(begins) >= options.max_contexts:
            break
        kind = _KINDS.get(example.tokens[start], "Other")
        counts[kind] += 1
        text += " [ContextId=%d] [%s=%d] " % (index, kind, min(counts[kind], options.max_position))
        begins[index] = len(text)
        text += own
        token_map += [-1, -1] + [i for i, _ in _words(example, start, end)]
    return text, token_map, begins


def _tokens_of_words(example, begins):
    """The document token that each word comes from, -1 for markers."""
    tokens = []
    for index in begins:  # The candidates in their order, -1 before them.
        tokens += [-1, -1]
        start, end = example.candidates[index][:2] if index >= 0 else (0, 0)
        for i, word in _words(example, start, end):
            tokens += [i] * len(_WORD.findall(word))
    return tokens


def _answer_by_tokens(example, annotation, begins):
    """`_answer` with the words that come from the tokens of the answer."""
    if annotation is None:
        return 0, 0, 0
    index, short_answers = annotation.candidate_index, annotation.short_answers
    start, end = example.candidates[index][:2]
    name = "LONG" if annotation.yes_no_answer == "NONE" else annotation.yes_no_answer
    if short_answers:
        name, start, end = "SHORT", min(short_answers)[0], max(s[1] for s in short_answers)
    # Words of the candidates before it do not count, even if their tokens are among the answer's.
    before = _tokens_of_words(example, [i for i in begins if i < index])
    own = _tokens_of_words(example, [index])
    words = [len(before) + i for i, token in enumerate(own) if start <= token < end]
    return (_NUMBERS[name], words[0], words[-1]) if words else None


def _answer(example, annotation, options, text, words, begins):
    """(number of the answer type, first word, last word); None if the answer is lost."""
    kind, first, end = 0, 0, 1
    if annotation is not None:
        candidate = example.candidates[annotation.candidate_index]
        own = _candidate_text(example, *candidate[:2])
        name, start, stop = annotation.yes_no_answer, 0, len(own)
        if name == "NONE":
            name = "LONG"
        if annotation.short_answers:
            name = "SHORT"
            span = (min(first for first, _ in annotation.short_answers),
                    max(end for _, end in annotation.short_answers))
            start, stop = (sum(len(word) + 1 for _, word in _words(example, candidate[0], token))
                           for token in span)
            stop -= 1
            answer = _candidate_text(example, *span)
            if own[start:stop] != answer or not _WORD.search(answer):
                raise BadExampleError("no words")
        shift = begins.get(annotation.candidate_index, 0)
        reachable = annotation.candidate_index in begins or options.keep_unreachable_answers
        if reachable and start + shift < len(text) and stop + shift <= len(text):
            kind, first, end = _NUMBERS[name], start + shift, stop + shift
    answer = text[first:end]

    def word_at(offset):
        # A negative offset counts from the end, as in Python.
        offset = offset if offset >= 0 else len(text) + offset
        return sum(start <= offset for start, _ in words) - 1

    first_word, last_word = word_at(first), word_at(first + len(answer) - 1)
    found = " ".join(word for _, word in words[first_word:last_word + 1])
    return (kind, first_word, last_word) if " ".join(answer.split()) in found else None


def _spans(num_pieces, room, stride):
    spans, start = [], 0
    while start < num_pieces:
        spans.append((start, min(start + room, num_pieces)))
        if spans[-1][1] == num_pieces:
            break
        start += min(room, stride)
    return spans


def _labels(answer, pieces, start, end, shift):
    """(start position, end position, answer type) of the window of pieces [start, end)."""
    kind, first_word, last_word = answer
    # The first piece of the first word and the last of the last, even if one of these has none.
    first = sum(word < first_word for _, word in pieces)
    last = sum(word <= last_word for _, word in pieces) - 1
    if kind == 0 or first < start or last >= end:
        return 0, 0, 0
    return first - start + shift, last - start + shift, kind
