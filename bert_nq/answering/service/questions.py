"""A question from its arrival to its response, in steps that may run in threads."""
import base64
import binascii
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from bert_nq.answering import excerpts
from bert_nq.answering.answer import Answer
from bert_nq.answering.excerpts import Excerpt
from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.service import results
from bert_nq.answering.service.limits import Limits
from bert_nq.base.errors import UserError
from bert_nq.datasets.html_pages.page import Page

ParsePage = Callable[[Union[str, bytes], str], Page]


class Request(NamedTuple):
    """A question and where to look; the fields of POST /ask."""
    question: str
    page: Optional[str]  # text or HTML
    page_base64: Optional[str]  # the bytes of a file, in place of `page`
    page_name: str
    show_pages: bool
    num_answers: int


class Prepared(NamedTuple):
    """A question with what is read for it."""
    request: Request
    excerpts: List[Excerpt]
    faults: Tuple[str, ...]

    def pairs(self) -> List[Tuple[str, Page]]:
        """For the reader."""
        return [(self.request.question, excerpt.page) for excerpt in self.excerpts]


class Questions:
    """The steps before and after the reader."""

    def __init__(self, parse_page: ParsePage, folder: Optional[FolderPages], limits: Limits):
        """
        Args:
          parse_page: makes a page of text or bytes and a name for messages.
          folder: where pages are looked for that do not come with the question.
          limits: of the service.
        """
        self._parse_page, self._folder, self._limits = parse_page, folder, limits

    def prepare(self, request: Request) -> Prepared:
        """Parses the page, or looks for pages in the folder.

        Raises:
          UserError: the question or the page cannot be used.
        """
        question = request.question.strip()
        if not question:
            raise UserError("the question is empty")
        if len(question) > self._limits.question_characters:
            raise UserError("the question has %d characters, %d are the most"
                            % (len(question), self._limits.question_characters))
        request = request._replace(question=question)
        content = _content(request)
        if content is not None:
            page = self._parse_page(content, request.page_name or "the page")
            return Prepared(request, [excerpts.whole(page)], ())
        if self._folder is None:
            raise UserError("there is no page: give one with the question (this service was "
                            "started without --pages)")
        return Prepared(request, *self._folder.choose(question))

    def finish(self, prepared: Prepared, answers: Sequence[Answer]) -> Dict[str, Any]:
        """The response."""
        request = prepared.request
        answers = [excerpt.restore(answer)
                   for excerpt, answer in zip(prepared.excerpts, answers)]
        return results.as_json(request.question, answers, request.num_answers, prepared.faults,
                               request.show_pages)


def _content(request: Request) -> Union[None, str, bytes]:
    """The page that came with the question."""
    if request.page is not None and request.page_base64 is not None:
        raise UserError("page and page_base64 are both given: one page is read")
    if request.page_base64 is None:
        return request.page
    try:
        return base64.b64decode(request.page_base64, validate=True)
    except (binascii.Error, ValueError) as e:
        raise UserError("page_base64 is not base64 (%s)" % e) from e
