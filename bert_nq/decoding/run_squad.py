"""The decoder of Google's run_squad: the best spans, each text once, as the text has them."""
from typing import Any, Iterator, List

from bert_nq.decoding import squad_answers, squad_spans
from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.decoding.final_text import between, project, text_of_pieces
from bert_nq.decoding.span_decoder import SpanDecoder
from bert_nq.decoding.squad_answers import Answer
from bert_nq.decoding.squad_spans import PieceSpans
from bert_nq.modeling.heads.position_outputs import PositionOutputs


class RunSquadDecoder(SpanDecoder):
    """Spans begin where no other window shows more around the piece."""

    name = "run_squad"

    def ranked(self, example: Any, windows: ContextWindows,
               outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields the n best answers, those that are made of other pieces to the same text once."""
        return squad_answers.distinct(self._all(example, windows, outputs),
                                      self.options.n_best_size)

    def answers(self, example: Any, windows: ContextWindows,
                outputs: PositionOutputs) -> List[Answer]:
        """The answers of the n-best list, "no answer" among them if there may be none."""
        found = list(self.ranked(example, windows, outputs))
        if self.options.version_2_with_negative and all(answer.text for answer in found):
            found.append(Answer("", *squad_spans.null_of(outputs)))
        return found or [Answer(squad_answers.NO_TEXT, 0.0, 0.0)]

    def search(self, example: Any, windows: ContextWindows, outputs: PositionOutputs) -> PieceSpans:
        """The possible spans, best first."""
        del example
        return squad_spans.best_first(outputs, windows.word_map, windows.has_max_context,
                                      self.options.max_answer_length)

    def _all(self, example: Any, windows: ContextWindows,
             outputs: PositionOutputs) -> Iterator[Answer]:
        """Yields answers best first; no answer comes behind spans of the same score."""
        null = None
        if self.options.version_2_with_negative:
            null = squad_spans.null_of(outputs)
        spans = self.search(example, windows, outputs)
        for answer in _with_texts(windows, spans, self.options.n_best_size):
            if null is not None and null.score() > answer.score():
                yield Answer("", *null)
                null = None
            yield answer
        if null is not None:
            yield Answer("", *null)


def _with_texts(windows: ContextWindows, spans: PieceSpans, at_once: int) -> Iterator[Answer]:
    """Yields the answer of each span; so many are prepared at a time, since mostly the first are
    enough."""
    for some in spans.parts(at_once):
        yield from _answers(windows, some)


def _answers(windows: ContextWindows, spans: PieceSpans) -> Iterator[Answer]:
    word_of_piece = windows.word_of_piece
    firsts, lasts = spans.ends_in_context(windows)
    first_words, last_words = word_of_piece[firsts], word_of_piece[lasts]
    # All pieces of all their words: no other word is before the first piece or behind the last.
    is_whole = (((firsts == 0) | (word_of_piece[firsts - 1] != first_words))
                & ((lasts == len(word_of_piece) - 1)
                   | (word_of_piece[(lasts + 1) % len(word_of_piece)] != last_words)))
    for first, last, first_word, last_word, are_all, start_logit, end_logit in zip(*(
            values.tolist() for values in (firsts, lasts, first_words, last_words, is_whole,
                                           spans.start_logit, spans.end_logit))):
        words = windows.words[first_word:last_word + 1]
        # All pieces of some words are these words, however they are found.
        text = " ".join(words) if are_all else _part(windows, first, last, words)
        yield Answer(text, start_logit, end_logit, (first, last))


def _part(windows: ContextWindows, first: int, last: int, words: List[str]) -> str:
    """The part of some words that the pieces from `first` to `last` stand for."""
    tokenizer = windows.tokenizer
    if tokenizer.is_projected:
        return project(text_of_pieces(windows.pieces[first:last + 1]), words,
                       tokenizer.do_lower_case)
    first_of_word, first_of_last = windows.word_of_piece.searchsorted(
        windows.word_of_piece[[first, last]]).tolist()
    return between(words, tokenizer.offsets(words[0])[first - first_of_word][0],
                   tokenizer.offsets(words[-1])[last - first_of_last][1])
