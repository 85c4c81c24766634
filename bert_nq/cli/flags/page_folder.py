"""Flags of a folder of pages that questions are asked about, and what they lead to."""
import os
from typing import Callable, Optional, Sequence

from absl import flags

from bert_nq.answering.excerpts import Excerpt
from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.page_cache import PageCache
from bert_nq.answering.search.engine import Changes
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.base.errors import UserError
from bert_nq.cli import program, quoting
from bert_nq.datasets.html_pages.reading import SUFFIXES, pages_in, read_page

# In --help the flags count as those of the program that calls `define_flags`.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS

_SHOWN_FAULTS = 5


def define_flags() -> None:
    """Defines the flags."""
    flags.DEFINE_string("pages", None, "A folder of pages (%s), those in its folders included. "
                        "An index of them is made or brought up to date, and the best pages for a "
                        "question are read." % " ".join(SUFFIXES))
    flags.DEFINE_string("index", None, "The file of the index of --pages. Default: "
                        ".bert_nq_index.sqlite in the folder, or, where that may not be written, "
                        "a file in ~/.cache/bert_nq.")
    flags.DEFINE_integer("read_pages", 5, "How many pages of --pages are read for a question.",
                         lower_bound=1)
    flags.DEFINE_integer("read_passages", 10, "How many passages of each of these pages are read, "
                         "those that fit the question best; 0: all of the page, which takes much "
                         "longer.", lower_bound=0)
    flags.DEFINE_integer("page_cache_mb", 256, "Memory for parsed pages of --pages that are kept "
                         "for the next question.", lower_bound=0)


def open_folder() -> Optional[FolderPages]:
    """The pages of --pages with their index, up to date; None without --pages.

    Raises:
      UserError: there is no page in the folder, or the index cannot be used.
    """
    if not FLAGS.pages:
        if FLAGS.index:
            raise UserError("--index is the index of --pages, which is not given")
        return None
    index = SqliteIndex(FLAGS.pages, read_page, pages_in, FLAGS.index)
    try:
        changes = index.update(lambda paths: program.progress(paths, "pages", len(paths)))
        if not index.pages():
            raise UserError("no page of %s can be used: %s" % (
                FLAGS.pages, "; ".join(fault.error for fault in changes.unusable[:1])))
    except BaseException:
        index.close()
        raise
    _tell(changes, index.path)
    return FolderPages(index, read_page, FLAGS.read_pages, FLAGS.read_passages,
                       PageCache(FLAGS.page_cache_mb << 20))


def _tell(changes: Changes, path: str) -> None:
    """Says what has changed, on standard error: a program's answers stand by themselves."""
    if changes.new or changes.changed or changes.removed:
        program.note("index %s: %d pages new, %d changed, %d removed, %d as before" % (
            quoting.one_line(os.path.relpath(path)), changes.new, changes.changed, changes.removed,
            changes.unchanged))
    for fault in changes.unusable[:_SHOWN_FAULTS]:
        program.note("left out: " + quoting.one_line(fault.error))
    if len(changes.unusable) > _SHOWN_FAULTS:
        program.note("left out: %d more" % (len(changes.unusable) - _SHOWN_FAULTS))


def chooser() -> Callable[[str], Sequence[Excerpt]]:
    """Chooses pages of --pages for a question; of those that cannot be read any more it says so."""
    folder = open_folder()

    def choose(question: str) -> Sequence[Excerpt]:
        chosen = folder.choose(question)
        for fault in chosen.faults:
            program.note("left out: " + quoting.one_line(fault))
        return chosen.excerpts

    return choose
