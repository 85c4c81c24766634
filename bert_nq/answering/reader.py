"""A reader: a model, loaded once, that answers questions about pages. `bert_nq.load` makes it."""
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple, Union

from bert_nq.answering.answer import Answer
from bert_nq.answering.asking import Asking, Thresholds
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.reading import parse_page
from bert_nq.features.spec import FeatureSpec
from bert_nq.prediction import predictor
from bert_nq.prediction.predictor import Predictor

# A page, or its content: HTML or text.
PageLike = Union[Page, str, bytes]


class Parts(NamedTuple):
    """All that a reader is made of."""
    model: Any  # a prediction.window_model.WindowModel or the like
    maker: Any  # of rows, see features.featurizer.Featurizer
    features: FeatureSpec  # of these rows
    decoder: Any  # of `asking`
    asking: Asking
    thresholds: Thresholds
    batch_size: int
    description: Mapping[str, Any]


class _Asked(NamedTuple):
    question: str
    page: Page


class Reader:
    """Answers questions about pages.

    Several threads may ask at once. The model's threads and memory are held until `close`; a
    context manager.

    Attributes:
      description: what it is, as JSON: "task", "model" (its folder), "fingerprint" (of the
        weights), "decoder", "thresholds" (their file, or None), "is_calibrated" (whether its
        probabilities are), "runtime", "precision".
    """

    def __init__(self, parts: Parts):
        self._parts = parts
        self._predictor = Predictor(parts.maker, parts.features, parts.decoder, parts.batch_size,
                                    nbest=True)
        self._closed = False
        self.description: Dict[str, Any] = dict(parts.description)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *unused) -> None:
        self.close()

    def close(self) -> None:
        """Frees the model; the reader answers no more."""
        if not self._closed:
            self._closed = True
            self._parts.model.close()

    def ask(self, question: str, page: PageLike, source: str = "page") -> Answer:
        """The answer to a question about a page; it is false where the page has none.

        With thresholds (see `bert_nq.load`) there is an answer where its score reaches them, and
        its probability is calibrated, if they were fitted with a calibration. Without them there
        is one where the model finds it at least as likely as none, and the probability is the
        model's own, a softmax over the best answers and none, which is NOT calibrated.

        Args:
          question: as a person asks it.
          page: HTML or text, or a Page that was made of it.
          source: the name of the page, where that is no Page, for messages and for the answer.

        Raises:
          UserError: the question is empty or longer than the model can read, or the page has no
            words or cannot be read.
        """
        return self._answers([_Asked(question, _page_of(page, source))])[0]

    def ask_many(self, pairs: Sequence[Tuple[str, PageLike]]) -> List[Answer]:
        """The answers to questions, each about a page, in their order; see `ask`.

        Windows of all pages go through the model together, which is faster than one page after
        the other. Scores may differ from those of `ask` in their last digits, as a product of
        matrices does with their sizes.

        Args:
          pairs: (question, page) each; a page that is no Page is named by its number, "page 1".
        """
        made: Dict[Union[str, bytes], Page] = {}
        asked = []
        for number, (question, page) in enumerate(pairs, 1):
            if not isinstance(page, Page):
                if page not in made:
                    made[page] = _page_of(page, "page %d" % number)
                page = made[page]
            asked.append(_Asked(question, page))
        return self._answers(asked)

    def _answers(self, asked: List[_Asked]) -> List[Answer]:
        if self._closed:
            raise UserError("the reader was closed: load the model again")
        for question, page in asked:
            check_question(self._parts.maker, question)
            _check_page(page)
        groups = (self._predictor.prepare(self._examples(some), _Stop())
                  for some in predictor.in_groups(asked))
        found = predictor.stream(self._parts.model, self._predictor, groups)
        answers = (answers for group, outputs in found
                   for answers in self._predictor.answers(group, outputs))
        return [self._parts.asking.answer(question, page, of_decoder, self._parts.thresholds)
                for (question, page), of_decoder in zip(asked, answers)]

    def _examples(self, asked: Iterable[_Asked]) -> Iterator[Any]:
        for question, page in asked:
            yield self._parts.asking.example(question, page)


def check_question(maker: Any, question: str) -> None:
    """Raises UserError where a question is empty, or longer than windows have room for.

    Args:
      maker: of the windows.
      question: any.
    """
    num_pieces = len(maker.question_ids(question))
    if not num_pieces:
        raise UserError("the question %r has no words" % question[:80])
    if num_pieces > maker.max_question:
        raise UserError("the question '%.40s...' has %d wordpieces, the model reads %d: ask with "
                        "fewer words" % (question, num_pieces, maker.max_question))


def _check_page(page: Page) -> None:
    if not any(token.strip() and not is_html
               for token, is_html in zip(page.tokens, page.is_html)):
        raise UserError("%s: the page has no words" % page.source)


class _Stop(BadInput):
    """Raises the error of an example as it is: there is no flag to go on."""

    def handle(self, error: BadExampleError) -> None:
        raise error


def _page_of(page: PageLike, source: str) -> Page:
    return page if isinstance(page, Page) else parse_page(page, source)
