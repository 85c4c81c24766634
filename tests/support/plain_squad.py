"""A plain implementation of SQuAD's windows: one character, one word, one piece after another.

The oracle for tests of bert_nq.features.squad_maker: slow, complete, and easy to check against the
rules of Google's run_squad.
"""
from bert_nq.base.errors import BadExampleError


def make(example, options, word_ids, text_ids, cls, sep, is_training):
    """(windows, counts): the features of each window as a dict of lists, in order."""
    words, word_of_char = _words(example.context)
    pieces = [(piece, i) for i, word in enumerate(words) for piece in word_ids(word)]
    question = text_ids(example.question)[:options.max_query_length]
    if not pieces or not question:
        raise BadExampleError("nothing to read")
    query = [cls] + list(question) + [sep]
    room = options.max_seq_length - len(query) - 1
    step = options.doc_stride if options.doc_overlap is None else room - options.doc_overlap
    spans = _spans(len(pieces), room, step)
    answer, counts = None, {"answers_lost": 0, "answers_off": 0, "answers_fixed": 0}
    if is_training and not example.is_impossible:
        answer, counts = _answer(example, options, words, word_of_char, pieces, text_ids)
        if answer is None:
            return [], counts
    windows = []
    for index, (start, end) in enumerate(spans):
        ids = query + [piece for piece, _ in pieces[start:end]] + [sep]
        padding = [0] * (options.max_seq_length - len(ids))
        window = {
            "unique_ids": [(example.example_id + index + 2 ** 63) % 2 ** 64 - 2 ** 63],
            "input_ids": ids + padding, "input_mask": [1] * len(ids) + padding,
            "segment_ids": [0] * len(query) + [1] * (len(ids) - len(query)) + padding}
        if is_training:
            first, last = 0, 0
            if answer and start <= answer[0] and answer[1] < end:
                first, last = (piece - start + len(query) for piece in answer)
            window.update(start_positions=[first], end_positions=[last],
                          is_impossible=[int(bool(example.is_impossible))])
        else:
            outside = [-1] * len(query), [-1] * (len(padding) + 1)
            window["word_map"] = outside[0] + [w for _, w in pieces[start:end]] + outside[1]
            window["has_max_context"] = [
                start <= place - len(query) + start < end and
                _best(place - len(query) + start, spans) == index
                for place in range(options.max_seq_length)]
            window["has_max_context"][:len(query)] = [False] * len(query)
        windows.append(window)
    return windows, counts


def _words(context):
    """(words, the word of each character: of a blank the one before it)."""
    words, word_of_char, in_word = [], [], False
    for char in context:
        if char in " \t\r\n\u202f":
            in_word = False
        elif in_word:
            words[-1] += char
        else:
            words.append(char)
            in_word = True
        word_of_char.append(len(words) - 1)
    return words, word_of_char


def _spans(num_pieces, room, step):
    spans, start = [], 0
    while True:
        end = min(start + room, num_pieces)
        spans.append((start, end))
        if end == num_pieces:
            return spans
        start += min(end - start, step)


def _best(piece, spans):
    """The window that shows a piece with most around it."""
    scores = [(min(piece - start, end - 1 - piece) + 0.01 * (end - start), -index)
              for index, (start, end) in enumerate(spans) if start <= piece < end]
    return -max(scores)[1]


def _answer(example, options, words, word_of_char, pieces, text_ids):
    """((first piece, last piece) or None, counts)."""
    text, start = example.answers[0]
    is_off = start < 0 or example.context[start:start + len(text)] != text
    places = [i for i in range(len(example.context)) if example.context.startswith(text, i)]
    is_fixed = is_off and options.fix_offsets and len(places) == 1
    if is_fixed:
        start = places[0]
    elif start < 0 or start + len(text) > len(example.context):
        if not options.fix_offsets:
            raise BadExampleError("outside")
        return None, {"answers_lost": 1, "answers_off": 1, "answers_fixed": 0}
    span = _span(text, start, words, word_of_char, pieces, text_ids)
    return span, {"answers_lost": int(span is None), "answers_off": int(is_off),
                  "answers_fixed": int(is_fixed and span is not None)}


def _span(text, start, words, word_of_char, pieces, text_ids):
    first, last = word_of_char[start], word_of_char[start + len(text) - 1]
    if " ".join(text.split()) not in " ".join(words[first:last + 1]):
        return None
    # A blank before the first word counts as the last word, as in the reference, where it is -1.
    first = first if first >= 0 else len(words) - 1
    first_piece = sum(word < first for _, word in pieces)
    last_piece = sum(word <= last for _, word in pieces) - 1
    if last_piece < first_piece:
        return None
    wanted = list(text_ids(text))
    for new_first in range(first_piece, last_piece + 1):
        for new_last in range(last_piece, new_first - 1, -1):
            if [piece for piece, _ in pieces[new_first:new_last + 1]] == wanted:
                return new_first, new_last
    return first_piece, last_piece
