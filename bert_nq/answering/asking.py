"""How a task answers questions about pages."""
from typing import Any, Callable, NamedTuple, Optional

from bert_nq.answering.answer import Answer
from bert_nq.datasets.html_pages.page import Page
from bert_nq.prediction.predictor import Answers

# As AnswerFormat.load_thresholds gives them; None: none were fitted.
Thresholds = Optional[Any]


class Asking(NamedTuple):
    """The way from a question about a page to its answer, in the terms of a task."""
    # (question, page) to an example of the task, of which rows are made.
    example: Callable[[str, Page], Any]
    # (the model's head, the featurizer's options, thresholds) to the decoder, see
    # decoding.decoders. It is the one that the thresholds were fitted to, where they say so. Its
    # n-best entries may tell more than files of them do. Raises UserError where the thresholds are
    # not for such a model.
    decoder: Callable[[str, Any, Thresholds], Any]
    # (question, page, what this decoder says, thresholds) to the answer.
    answer: Callable[[str, Page, Answers, Thresholds], Answer]
