"""How a reader of SQuAD answers questions about pages: the whole page is the context."""
from typing import Any, Dict, List, Optional

from bert_nq.answering.answer import Alternative, Answer
from bert_nq.answering.asking import Asking, Thresholds
from bert_nq.answering.page_text import PageText
from bert_nq.base.errors import UserError
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Span
from bert_nq.datasets.squad.example import Example
from bert_nq.decoding import span_decoders
from bert_nq.features.squad_options import SquadOptions
from bert_nq.prediction.predictor import Answers


def example_of(question: str, page: Page) -> Example:
    """The example of a question about a page, whose words are the context.

    Its paragraphs, cells and items are lines, in one of which an answer lies.
    """
    return Example(0, question, page.title, question, PageText(page).lines, (), None, page.source)


def decoder_of(head: str, windows: SquadOptions, thresholds: Thresholds) -> Any:
    """The decoder of a head's outputs for lines, which tells the places of answers.

    Raises:
      UserError: there is a null threshold, and the model has no null.
    """
    if thresholds and not windows.version_2_with_negative:
        raise UserError("the model was trained without --version_2_with_negative and always "
                        "answers: thresholds cannot be applied to it")
    return span_decoders.for_windows(windows, span_decoders.OF_LINES[head])


def answer(question: str, page: Page, answers: Answers, thresholds: Thresholds) -> Answer:
    """The answer that a question's entries of the prediction file and the n-best list tell.

    An answer is shown with whole words, and its long answer is the smallest candidate around it
    that has more words than it, such as the list around an item that is the answer. A model of
    SQuAD 1.1 always answers. Probabilities are those of the n-best list: not calibrated.
    """
    entry = thresholds.apply(answers.entry) if thresholds else answers.entry
    text = PageText(page)
    others = _alternatives((answers.nbest or {})["answers"], page, text)
    best = others[0] if others else None
    given = best if entry["text"] else None
    return Answer(question, page, best.probability if best else 0.0, given and given.short,
                  given and given.long, None, tuple(others))


def _alternatives(records: List[Dict[str, Any]], page: Page, text: PageText) -> List[Alternative]:
    """The different answers of an n-best list, without "no answer"."""
    found: Dict[Span, Alternative] = {}
    for record in records:
        if not record["text"] or record["start_char"] is None:
            continue
        span = text.tokens_of(record["start_char"], record["end_char"])
        # Of several parts of the same words the best one comes first.
        if span is not None and span not in found:
            around = _around(span, page, text)
            found[span] = Alternative(record["probability"], text.passage(*span),
                                      around and text.passage(*around), None)
    return list(found.values())


def _around(answer_span: Span, page: Page, text: PageText) -> Optional[Span]:
    """The smallest candidate with more words than the answer that it holds; else the smallest."""
    num_words = text.words_in(answer_span)
    holding = [Span(c.start_token, c.end_token) for c in page.candidates
               if c.start_token <= answer_span.start_token and answer_span.end_token <= c.end_token]
    return min(holding, key=lambda span: (text.words_in(span) <= num_words,
                                          span.end_token - span.start_token), default=None)


ASKING = Asking(example_of, decoder_of, answer)
