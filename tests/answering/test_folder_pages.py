"""The pages that are read for a question, and those that are kept."""
import os

import pytest

from bert_nq.answering.folder_pages import FolderPages
from bert_nq.answering.page_cache import PageCache, estimated_bytes
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.base.errors import UserError
from tests.support.stub_reader import find_pages, make_page, read_page


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    (tmp_path / "tovin.html").write_text("Tovin\n<P> Tovin is a town . </P> <P> Marel </P>")
    (tmp_path / "orlan.html").write_text("Orlan\n<P> a town of rivers </P>")
    return tmp_path


@pytest.fixture(name="index")
def fixture_index(folder):
    with SqliteIndex(str(folder), read_page, find_pages) as index:
        index.update()
        yield index


def test_the_best_pages_are_read_once(index):
    read = []

    def reading(path):
        read.append(path)
        return read_page(path)

    pages = FolderPages(index, reading)
    for _ in range(2):
        chosen = pages.choose("rivers of tovin town")
        assert [excerpt.whole.source for excerpt in chosen.excerpts] == ["orlan.html", "tovin.html"]
        assert chosen.faults == ()
    assert len(read) == 2
    only, = FolderPages(index, read_page, num_pages=1).choose("rivers tovin").excerpts
    assert only.page.title == "Orlan"
    assert pages.choose("comets") == ([], ())


def test_passages_with_words_of_the_question_are_read(index):
    # <P> Tovin is a town . </P> <P> Marel </P>
    whole = read_page(os.path.join(index.folder, "tovin.html"))
    for num_passages, tokens in ((1, ["<P>", "Marel", "</P>"]), (0, whole.tokens)):
        pages = FolderPages(index, read_page, num_passages=num_passages)
        excerpt, = pages.choose("marel").excerpts
        assert excerpt.page.tokens == tokens


def test_pages_that_have_changed_or_gone(index, folder):
    pages = FolderPages(index, read_page)
    pages.choose("rivers of tovin town")
    (folder / "tovin.html").write_text("Tovin\n<P> Tovin is a city . </P>")
    (folder / "orlan.html").unlink()
    chosen = pages.choose("rivers of tovin town")
    assert [excerpt.page.tokens[4] for excerpt in chosen.excerpts] == ["city"]
    assert chosen.faults == (
        "orlan.html has gone since the pages were indexed (No such file or directory)",)


def test_the_longest_unused_page_gives_way():
    pages = {name: make_page("<P> %s </P>" % name, source=name) for name in "abc"}
    cache = PageCache(2 * estimated_bytes(pages["a"]))
    read = []

    def get(name):
        def reading():
            read.append(name)
            return pages[name]
        return cache.get(name, reading)

    for name in "abacab":
        assert get(name) is pages[name]
    assert read == ["a", "b", "c", "b"]
    assert cache.num_bytes == 2 * estimated_bytes(pages["a"])


def test_a_page_larger_than_the_cache_is_not_kept_and_errors_pass():
    page = make_page("<P> a </P>")
    cache = PageCache(10)
    assert cache.get(1, lambda: page) is page
    assert cache.num_bytes == 0

    def fail():
        raise UserError("empty")

    with pytest.raises(UserError, match="empty"):
        cache.get(2, fail)
