"""The application: the addresses that the service answers at.

It needs fastapi, of the extra [serve].
"""
import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, FrozenSet, List, Optional

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import bert_nq
from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.service import web_pages
from bert_nq.answering.service.batching import Batcher, ClosedError
from bert_nq.answering.service.guard import LOOPBACK_NAMES, Guard
from bert_nq.answering.service.limits import Limits
from bert_nq.answering.service.questions import ParsePage, Questions, Request
from bert_nq.base.errors import UserError

# Threads that parse and render pages, beside the one that reads them.
_NUM_THREADS = 2


class Question(BaseModel):
    """A question, and the page to look at; without a page, those of the folder are searched."""
    question: str = Field(description="In plain words.")
    page: Optional[str] = Field(None, description="The page: HTML, or plain text.")
    page_base64: Optional[str] = Field(
        None, description="In place of `page`: the bytes of a file, in base64; its encoding is "
        "found out as browsers do.")
    page_name: str = Field("", description="The page's name in the response and in messages.")
    show_pages: bool = Field(
        False, description="Whether the response has the pages as HTML that is safe to show, with "
        "answer N of `others` in <mark class=\"aN-long\"> and <mark class=\"aN-short\">.")
    num_answers: int = Field(10, ge=1, le=100,
                             description="How many answers `others` lists at most.")


class Passage(BaseModel):
    """A part of a page; ends are exclusive. Bytes count in the page's cleaned HTML."""
    text: str
    start_token: int
    end_token: int
    start_byte: int
    end_byte: int


class Listed(BaseModel):
    """One of the answers that were weighed."""
    page: str
    page_number: int = Field(description="The index of its page in `pages`.")
    short: Optional[Passage]
    long: Optional[Passage]
    yes_no: Optional[str]
    probability: float


class PageShown(BaseModel):
    """A page that was read."""
    page: str
    title: str
    html: Optional[str] = None


class Response(BaseModel):
    """The answer; null stands for what there is not."""
    question: str
    answered: bool = Field(description="False where the pages seem to hold no answer; `others` "
                           "then has the best guesses.")
    page: Optional[str] = Field(description="The page of the answer.")
    short: Optional[Passage] = Field(description="The words that answer.")
    long: Optional[Passage] = Field(description="The paragraph, list or table that does.")
    yes_no: Optional[str] = Field(description="\"yes\" or \"no\", in place of `short`.")
    probability: Optional[float]
    others: List[Listed] = Field(description="All answers that were weighed, best first, the given "
                                 "one included.")
    pages: List[PageShown] = Field(description="The pages that were read, best first.")
    faults: List[str] = Field(description="Pages of the folder that could not be read, and why.")


class Fault(BaseModel):
    """A fault, in a sentence."""
    error: str


_FAULTS: Dict[Any, Dict[str, Any]] = {
    413: {"model": Fault, "description": "The request is too large."},
    422: {"model": Fault, "description": "The question or the page cannot be used."},
    503: {"model": Fault, "description": "Too many questions are under way, or the service stops."},
    504: {"model": Fault, "description": "The answer took too long."},
}


def make_app(reader: Any, parse_page: ParsePage, folder: Optional[FolderPages] = None,
             limits: Optional[Limits] = None,
             hosts: Optional[FrozenSet[str]] = LOOPBACK_NAMES) -> Any:
    """The application, for a server of ASGI.

    Args:
      reader: answers: `ask_many` of (question, page) pairs, and a `description` for /health.
      parse_page: makes a page of text or bytes and a name for messages.
      folder: the pages that are searched where a question comes without one.
      limits: of requests.
      hosts: the names that requests may call the service by, see `Guard`.
    """
    limits = limits or Limits()
    questions = Questions(parse_page, folder, limits)
    threads = ThreadPoolExecutor(_NUM_THREADS, thread_name_prefix="pages")
    batcher = Batcher(reader.ask_many, limits.batch_pages, limits.batch_milliseconds)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        yield
        batcher.close()
        threads.shutdown()

    # FastAPI's own documents load scripts from another host; /api shows the same without.
    app = FastAPI(title="bert_nq", version=bert_nq.__version__, docs_url=None, redoc_url=None,
                  description="Answers questions about pages.", lifespan=lifespan)
    _tell_in_sentences(app)

    @app.post("/ask", response_model=Response, responses=_FAULTS, summary="Answer a question")
    async def ask(question: Question) -> Any:
        loop = asyncio.get_event_loop()
        request = Request(question.question, question.page, question.page_base64,
                          question.page_name, question.show_pages, question.num_answers)
        prepared = await loop.run_in_executor(threads, questions.prepare, request)
        answers: Any = []
        if prepared.excerpts:
            answers = await asyncio.wrap_future(batcher.submit(prepared.pairs()))
        # A response from here on is not checked a second time by pydantic: it may be large.
        return _Json(await loop.run_in_executor(threads, questions.finish, prepared,
                                                       answers))

    @app.get("/health", summary="Tell whether the service works, and with what")
    async def health() -> Dict[str, Any]:
        return {"status": "ok", "version": bert_nq.__version__, "reader": reader.description,
                "pages": num_pages, "under_way": guard.under_way, "limits": limits._asdict()}

    num_pages = None if folder is None else len(folder.engine.pages())
    ask_page = web_pages.ask_page(reader.description, num_pages, limits)
    api_page = web_pages.api_page(app.openapi(), limits)

    @app.get("/", include_in_schema=False)
    async def web_page() -> HTMLResponse:
        return HTMLResponse(ask_page)

    @app.get("/api", include_in_schema=False)
    async def api() -> HTMLResponse:
        return HTMLResponse(api_page)

    guard = Guard(app, limits, hosts)
    return guard


class _Json(JSONResponse):
    """JSON in ASCII: a question may hold half a character, which UTF-8 has no bytes for."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


def _tell_in_sentences(app: FastAPI) -> None:
    """Every error becomes {"error": a sentence}."""

    @app.exception_handler(UserError)
    async def unusable(_: HttpRequest, error: UserError) -> _Json:
        return _Json({"error": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    async def misshapen(_: HttpRequest, error: RequestValidationError) -> _Json:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
        return _Json({"error": "%s: %s (see /api)" % (field, first["msg"])}, 422)

    @app.exception_handler(ClosedError)
    async def closed(_: HttpRequest, error: ClosedError) -> _Json:
        return _Json({"error": "the service is stopping: ask again when it has been "
                             "started anew"}, 503)

    @app.exception_handler(HTTPException)
    async def other(_: HttpRequest, error: HTTPException) -> _Json:
        return _Json({"error": "%s (the service answers at /, /api, /ask and /health)"
                             % error.detail}, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def defect(_: HttpRequest, error: Exception) -> _Json:
        return _Json({"error": "error of the service itself, please report it: %s: %s"
                             % (type(error).__name__, error)}, 500)
