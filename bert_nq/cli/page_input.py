"""The questions of a person, and the page: a file, standard input, or an address on the web."""
import http.client
import sys
import time
import urllib.parse
from typing import List, Optional, Sequence

import webencodings

import bert_nq
from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.datasets.html_pages import reading
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.reading import parse_page, read_page
from bert_nq.datasets.nq.downloading import web

STANDARD_INPUT = "-"

SECONDS = 30.0  # for a page of the web, from the first to the last byte
_CHUNK_BYTES = 1 << 16
# Kinds of content, as servers name them, that are text whatever else they are.
_TEXT = ("text/", "application/xhtml+xml", "application/xml")


def read(name: str, seconds: float = SECONDS) -> Page:
    """The page of a file, of "-", or of an address that begins with http:// or https://.

    Raises:
      UserError: it cannot be read, is too large or too slow, or is no page.
    """
    if name == STANDARD_INPUT:
        return parse_page(files.read_at_most(sys.stdin.buffer, "standard input"), "standard input")
    if name.lower().startswith(("http://", "https://")):
        return _of_web(name, seconds)
    return read_page(name)


def questions(given: Sequence[str], path: Optional[str]) -> List[str]:
    """Questions that were given, then those of a text file, one a line; empty lines are none.

    Raises:
      UserError: there are none, or the file cannot be read.
    """
    found = list(given)
    if path:
        try:
            text = files.read_whole(path).decode("utf-8-sig")
        except UnicodeDecodeError as e:
            raise UserError("%s: not UTF-8 (byte %d): save it as UTF-8" % (path, e.start)) from e
        found += [line.strip() for line in text.split("\n") if line.strip()]
    if not found:
        raise UserError("%s: give --question, or --questions_file with a question in each line"
                        % ("there are no questions in " + path if path else "nothing is asked"))
    return found


def _of_web(url: str, seconds: float) -> Page:
    end = time.monotonic() + seconds
    try:
        with web.open_url(_quoted(url), seconds, {
                "User-Agent": "bert_nq/" + bert_nq.__version__,
                "Accept": "text/html, text/plain;q=0.8, */*;q=0.1",
                "Accept-Encoding": "identity"}) as response:
            kind = response.headers.get_content_type()
            if not kind.startswith(_TEXT):
                raise UserError("%s is %s and not a page: HTML or text is wanted" % (url, kind))
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise UserError("%s comes packed (%s): save the page, and give the file" % (
                    url, web.one_line(response.headers["Content-Encoding"])))
            data = _body(url, response, seconds, end)
            charset = response.headers.get_content_charset()
            if charset and webencodings.lookup(charset) is None:
                charset = None  # As browsers do it, by what the page says itself.
    except (web.TransientError, web.ChangedError) as e:
        raise UserError("%s cannot be fetched: %s; save the page, and give the file" % (url, e)
                        ) from e
    return parse_page(data, url, charset)


def _quoted(url: str) -> str:
    """An address in ASCII, as requests have it: /wiki/Zürich is /wiki/Z%C3%BCrich."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.netloc.encode("idna").decode("ascii")
    except ValueError as e:  # UnicodeError is one.
        raise UserError("%s is no address: %s" % (url, e)) from e
    return urllib.parse.urlunsplit((
        parts.scheme, host, urllib.parse.quote(parts.path, safe="/%:@!$&'()*+,;=~"),
        urllib.parse.quote(parts.query, safe="/%:@!$&'()*+,;=~?"), ""))


def _body(url: str, response: http.client.HTTPResponse, seconds: float, end: float) -> bytes:
    parts, num_bytes = [], 0
    while True:
        try:
            part = response.read1(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as e:
            raise web.TransientError(web.reason(e)) from e
        if not part:
            break
        parts.append(part)
        num_bytes += len(part)
        if num_bytes > reading.MOST_BYTES:
            raise UserError("%s has more than %d MB, and no page is so large"
                            % (url, reading.MOST_BYTES // 1000000))
        if time.monotonic() > end:
            raise UserError("%s: only %d bytes of it have come in %.3g s: save the page, and give "
                            "the file" % (url, num_bytes, seconds))
    length = web.whole_number(response.headers.get("Content-Length"))
    if length is not None and num_bytes < length:
        raise web.TransientError("the connection ended %d bytes early" % (length - num_bytes))
    return b"".join(parts)
