"""The files of the site, written as questions come.

    DIR/index.html              the list of questions
    DIR/pages/000/q-123.html    the question with the id -123; 1,000 of them in a folder
    DIR/site.json               what was written, and that it may be replaced

In memory are the rows of the list, and two questions.
"""
import os
from typing import (
    IO,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.error_pages import documents, folder

_INDEX, _PAGES, _MARKER = "index.html", "pages", "site.json"
_MADE_BY = "bert_nq error pages"
_IN_A_FOLDER = 1000


class Links(NamedTuple):
    """Addresses that the file's links lead to, relative to it; None where there is no such file."""
    index: str
    previous: Optional[str]
    next: Optional[str]


class Page(NamedTuple):
    """A question's file, which is made when it is known which files are before and after it."""
    example_id: int
    build: Callable[[Links], str]  # its text
    row: Callable[[str], str]  # by its address, its row in the list, as JSON


class Index(NamedTuple):
    """The list of questions, and what the site says of itself."""
    write: Callable[[IO[bytes], Sequence[str]], None]  # takes the rows
    about: Dict[str, Any]  # for site.json


def check_folder(path: str, inputs: Sequence[str]) -> None:
    """Raises UserError if the site must not be written to `path`; see `folder.check`."""
    folder.check(path, _MARKER, (_INDEX, _PAGES, _MARKER), inputs)


def check_chosen(chosen: Sequence[Any]) -> None:
    """Raises UserError if no question gets a file."""
    if not chosen:
        raise UserError("no question is of the kind that was asked for: there is nothing to write")


def write(path: str, pages: Iterable[Page], index: Index) -> Iterator[str]:
    """Writes the site and yields the name of each question's file; the folder appears at the end.

    Args:
      path: the folder; `check_folder` was called for it.
      pages: of the questions that get a file, in their order.
      index: the list of them.

    Raises:
      UserError: a page cannot be made, or the site cannot be written.
    """
    with folder.replacing(path) as new:
        rows: List[str] = []
        for row, name in _write_pages(new, pages):
            rows.append(row)
            yield name
        with open(os.path.join(new, _INDEX), "wb") as out:
            index.write(out, rows)
        files.write_json(os.path.join(new, _MARKER), dict(made_by=_MADE_BY, **index.about))


def _write_pages(root: str, pages: Iterable[Page]) -> Iterator[Tuple[str, str]]:
    """Writes the questions' files and yields the row in the list and the name of each.

    A file is written after the next page has come: only then it is known whether there is a next
    file to link to.
    """
    before, name, pending = None, "", None
    for number, page in enumerate(pages):
        next_name = "%s/%03d/q%d.html" % (_PAGES, number // _IN_A_FOLDER, page.example_id)
        if pending is not None:
            yield _write_page(root, pending, name, before, next_name)
            before = name
        pending, name = page, next_name
    if pending is not None:
        yield _write_page(root, pending, name, before, None)


def _write_page(root: str, page: Page, name: str, before: Optional[str], after: Optional[str]
                ) -> Tuple[str, str]:
    up = "../" * name.count("/")
    links = Links(up + _INDEX, before and up + before, after and up + after)
    path = os.path.join(root, *name.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(documents.encode(page.build(links)))
    return page.row(name), name
