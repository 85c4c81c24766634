"""Pages from files, whatever they are written in: HTML, plain text or Markdown, gzipped or not."""
import os
import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

from bert_nq.base import files, formats
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.guarding import cannot
from bert_nq.base.inflating import MAGIC, Inflated
from bert_nq.datasets.html_pages.markdown import parse_markdown
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.parsing import parse_html
from bert_nq.datasets.html_pages.plain_text import parse_text

# The largest page that is read unless the caller says otherwise: twenty times a long one of
# Wikipedia. Fifty times as much memory is needed while it is read.
MOST_BYTES = 20_000_000

Parse = Callable[[Union[bytes, str], str, Optional[str]], Page]

_BY_SUFFIX: Dict[str, Parse] = {
    ".html": parse_html, ".htm": parse_html, ".xhtml": parse_html, ".xht": parse_html,
    ".txt": parse_text, ".text": parse_text, ".md": parse_markdown, ".markdown": parse_markdown}
SUFFIXES = tuple(_BY_SUFFIX)  # of files that count as pages in a folder, each also with .gz

_HEAD_CHARACTERS = 1 << 16
_CHUNK_BYTES = 1 << 18
# What no one writes who does not mean HTML: a declaration, the end of an element, or the start of
# one that makes a paragraph. `a <b and c> d` is text.
_HTML = re.compile(
    r"<!doctype\s+html|<\?xml\s|</(?:a|abbr|b|cite|code|em|font|i|small|span|strong|sub|sup|u)\s*>"
    r"|</?(?:html|head|title|meta|body|article|section|main|header|footer|nav|div|p|br|hr|h[1-6]"
    r"|table|thead|tbody|tr|td|th|ul|ol|li|dl|dt|dd|pre|blockquote|script|style|center|form)"
    r"(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BINARY = ((b"%PDF-", "PDF"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"),
           (b"RIFF", "RIFF (an image or sound)"), (b"\xd0\xcf\x11\xe0", "Microsoft Office"),
           (b"{\\rtf", "RTF"), (b"SQLite format 3", "SQLite"), (b"\x7fELF", "program"))
_MHTML = re.compile(rb"^(?:from|mime-version|snapshot-content-location):.*multipart/related",
                    re.IGNORECASE | re.DOTALL)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


def parse_page(content: Union[bytes, str], source: str = "page",
               charset: Optional[str] = None) -> Page:
    """The page of some content, which is HTML if it looks like that, else plain text.

    Args:
      content: the page as it was saved, fetched or pasted.
      source: its name, for messages and lists.
      charset: its encoding, where one is known, as from a server.

    Raises:
      BadExampleError: it is empty, has no words, is no text, or is in no encoding that is known.
    """
    check(content, source)
    head = content[:_HEAD_CHARACTERS]
    if isinstance(head, bytes):
        head = head.replace(b"\0", b"").decode("latin-1")
    return (parse_html if _HTML.search(head) else parse_text)(content, source, charset)


def check(content: Union[bytes, str], source: str) -> None:
    """Raises BadExampleError where content is empty, or is no text that a page can be made of."""
    if not content.strip():
        raise BadExampleError("%s: it is empty" % source)
    if isinstance(content, str):
        return
    head = content[:formats.HEAD_BYTES]
    kind = formats.packed(head) or next(
        (name for magic, name in _BINARY if head.startswith(magic)), None)
    if kind:
        raise BadExampleError("%s: it is a %s file: HTML, text or Markdown is wanted; save or "
                              "convert it as one of these" % (source, kind))
    if _MHTML.match(content[:1 << 12]):
        raise BadExampleError("%s: it is a web archive (MHTML): save the page as 'web page, HTML "
                              "only'" % source)
    if _is_binary(content[:1 << 12]):
        raise BadExampleError("%s: it is no text: HTML, text or Markdown is wanted" % source)


def _is_binary(head: bytes) -> bool:
    """Whether there are too many control characters for a text, those of UTF-16 aside."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or not any(head[:8:2]) or not any(head[1:8:2]):
        return False
    return len(head) - len(head.translate(None, _CONTROL)) > len(head) // 30


def read_page(path: str, charset: Optional[str] = None, most_bytes: int = MOST_BYTES) -> Page:
    """The page of a file: HTML, plain text or Markdown by its name, else by its content.

    Args:
      path: the file, gzipped or not; or a remote one that fsspec can read, see `base.files`.
      charset: its encoding; by default the one that it says itself, see `encoding`.
      most_bytes: so large may it be, unpacked.

    Raises:
      BadExampleError: it is empty, has no words, is no text, or is in no encoding that is known.
      UserError: it cannot be read or is too large.
    """
    content = _content(path, most_bytes)
    check(content, path)
    return _BY_SUFFIX.get(_suffix(path), parse_page)(content, path, charset)


def _content(path: str, most_bytes: int) -> bytes:
    with files.open_binary(path) as raw:
        data = _unpacked(raw, path, most_bytes + 1)
    if len(data) > most_bytes:
        raise BadExampleError("%s: it has more than %d MB, and no page is so large"
                              % (path, most_bytes // 1_000_000))
    return data


def _unpacked(raw: Any, path: str, most_bytes: int) -> bytes:
    """All of an opened file, or at least `most_bytes` of a larger one."""
    if not raw.peek(len(MAGIC)).startswith(MAGIC):
        return raw.read(most_bytes)
    inflated = Inflated(raw)
    parts: List[bytes] = []
    num_bytes = 0
    for part in inflated.chunks(_CHUNK_BYTES):
        parts.append(part)
        num_bytes += len(part)
        if num_bytes >= most_bytes:
            break
    if inflated.fault:
        raise BadExampleError("%s: the gzip data are cut off or damaged (%s); fetch the file again"
                              % (path, inflated.fault))
    return b"".join(parts)


def _suffix(path: str) -> str:
    name = path[:-len(".gz")] if path.lower().endswith(".gz") else path
    return os.path.splitext(name)[1].lower()


def find_pages(patterns: str) -> List[str]:
    """The files of pages that a comma list of files, globs and folders names, in order.

    Raises:
      UserError: a pattern matches nothing, a folder cannot be read, or a file is named twice.
    """
    paths: List[str] = []
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        if not files.is_remote(pattern) and os.path.isdir(pattern):
            paths += pages_in(pattern)
        else:
            paths += files.expand(pattern, "page")
    if not paths:
        raise UserError("no page file given")
    known = set()
    for path in paths:
        if path in known:
            raise UserError("%s is named twice in %r" % (path, patterns))
        known.add(path)
    return paths


def pages_in(folder: str) -> List[str]:
    """The files in a folder, and in those in it, that are named like pages, in order.

    Hidden ones and the folders of pictures that browsers save beside a page (NAME_files) are passed
    over.

    Raises:
      UserError: there are none, or one of the folders cannot be read.
    """
    found: List[str] = []
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and
                            not f.endswith("_files"))
        found += [os.path.join(parent, name) for name in sorted(names)
                  if not name.startswith(".") and _suffix(name) in _BY_SUFFIX]
    if not found:
        raise UserError("no page is in the folder %s: files that end in %s are wanted"
                        % (folder, ", ".join(SUFFIXES)))
    return found


def _refuse(error: OSError) -> None:
    """A folder that cannot be read would otherwise be taken for an empty one."""
    raise cannot("read", error.filename, error) from error


def read_pages(patterns: str, bad_input: Optional[BadInput] = None) -> Iterator[Page]:
    """Yields the pages of `find_pages`, one in memory at a time.

    Args:
      patterns: a comma list of files, globs and folders.
      bad_input: told of pages that cannot be used; by default the first one ends the reading.

    Raises:
      UserError: a pattern matches nothing, or a file cannot be read.
    """
    bad_input = bad_input or BadInput()
    for path in find_pages(patterns):
        try:
            page = read_page(path)
        except BadExampleError as e:
            bad_input.handle(e)
        else:
            yield page
