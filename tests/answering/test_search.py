"""The search index of a folder's pages."""
import os
import sqlite3
import sys
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_nq.answering.search import database, folder, passages, queries
from bert_nq.answering.search.engine import Changes, Hit, Unusable
from bert_nq.answering.search.passages import Passage
from bert_nq.answering.search.sqlite_index import SqliteIndex
from bert_nq.base import locking
from bert_nq.base.errors import UserError
from tests.support.examples import with_examples
from tests.support.stub_reader import find_pages, make_page, read_page

TOVIN = ("Tovin\n<P> Tovin is a town . </P> <H2> Founding </H2> <P> It was done in 1822 . </P>"
         " <H2> People </H2> <Ul> <Li> Élodie Marn , mayor </Li> <Li> trees </Li> </Ul>")
ORLAN = "Orlan\n<P> Orlan was founded by Marel , who was born in a town by a town . </P>"


@pytest.fixture(name="pages")
def fixture_pages(tmp_path):
    pages = tmp_path / "pages"
    (pages / "more").mkdir(parents=True)
    (pages / "tovin.html").write_text(TOVIN, encoding="utf8")
    (pages / "more" / "orlan.html").write_text(ORLAN, encoding="utf8")
    (pages / "notes.doc").write_text("no page")
    (pages / ".hidden.html").write_text(TOVIN, encoding="utf8")
    return pages


@pytest.fixture(name="index")
def fixture_index(pages):
    with SqliteIndex(str(pages), read_page, find_pages) as index:
        index.update()
        yield index


def found(index, question, num_pages=5):
    return [(hit.path, hit.candidates) for hit in index.search(question, num_pages)]


def test_passages_are_the_candidates_at_top_level_with_their_headings():
    page = make_page("<P> Do +n't </P> <H2> Early <B> life </B> </H2> <Ul> <Li> a </Li> </Ul> <P>"
                     " </P> <H3> Art </H3> <Table> <Tr> <P> b </P> </Tr> </Table>", "Tovin")
    assert list(passages.of_page(page)) == [
        Passage(0, "Tovin", "Don't"), Passage(1, "Tovin Early life", "a"),
        Passage(4, "Tovin Art", "b")]


def test_pages_are_found_by_their_best_passage(index):
    assert found(index, "who founded Orlan?") == [
        (os.path.join("more", "orlan.html"), (0,)), ("tovin.html", (1,))]
    assert found(index, "who founded Orlan?", num_pages=1) == [
        (os.path.join("more", "orlan.html"), (0,))]
    # The title and the heading say what "it" is; the Porter stemmer cuts "founded" and "founding".
    assert found(index, "when was tovin founded")[0] == ("tovin.html", (1, 0, 2))
    assert found(index, "ELODIE") == [("tovin.html", (2,))]
    scores = [hit.score for hit in index.search("town", 5)]
    assert scores == sorted(scores, reverse=True) and scores[-1] > 0


def test_a_question_without_a_word_of_any_page_finds_nothing(index):
    for question in ("zzz", "", "?!", '"', "_", "\x00"):
        assert index.search(question, 5) == []


def test_stop_words_are_searched_where_there_is_nothing_else():
    assert queries.of_question("Who was who, who?") == '"who" OR "was"'
    assert queries.of_question("Who is NEAR Tovin's OR") == '"near" OR "tovin"'
    assert queries.of_question('a"b*c:(d') == '"b" OR "c" OR "d"'
    assert queries.of_question("_") == ""
    assert queries.of_question(" ".join("w%d" % i for i in range(99))).count("OR") == 63


@with_examples(100)
@given(st.text(max_size=60))
@example('NEAR("a" "b", 2) AND NOT c* ^d {about}: e')
@example("about : tovin")
@example("ﬀ ǅ İ ß ﷺ")
def test_no_question_is_syntax(tmp_path_factory, question):
    index = _wild_index(tmp_path_factory)
    assert all(isinstance(hit, Hit) for hit in index.search(question, 3))
    # Whatever stands beside it, a word that only one page has finds that page.
    assert "tovin.html" in [hit.path for hit in index.search("mayor " + question, 99)]


_WILD = {}


def _wild_index(tmp_path_factory):
    if not _WILD:
        pages = tmp_path_factory.mktemp("wild")
        (pages / "tovin.html").write_text(TOVIN, encoding="utf8")
        _WILD["index"] = SqliteIndex(str(pages), read_page, find_pages)
        _WILD["index"].update()
    return _WILD["index"]


def test_an_update_takes_in_what_has_changed(pages):
    read = []

    def reading(path):
        read.append(os.path.basename(path))
        return read_page(path)

    with SqliteIndex(str(pages), reading, find_pages) as index:
        assert index.update() == Changes(2, 0, 0, 0, ())
        assert index.update() == Changes(0, 0, 0, 2, ())
        assert read == ["orlan.html", "tovin.html"]
        (pages / "new.html").write_text("New\n<P> a comet </P>")
        (pages / "tovin.html").write_text("Tovin\n<P> a lighthouse </P>")
        (pages / "more" / "orlan.html").unlink()
        assert index.update() == Changes(1, 1, 1, 0, ())
        assert index.pages() == ["new.html", "tovin.html"]
        assert found(index, "comet lighthouse founding orlan") == [
            ("new.html", (0,)), ("tovin.html", (0,))]
        assert found(index, "mayor") == []


def test_a_file_with_a_new_time_and_its_old_content_is_not_read_again(pages, index):
    os.utime(str(pages / "tovin.html"), ns=(1, 1))

    def read_nothing(path):
        raise AssertionError(path)

    with SqliteIndex(str(pages), read_nothing, find_pages) as again:
        assert again.update() == Changes(0, 0, 0, 2, ())
        assert again.update() == Changes(0, 0, 0, 2, ())
        assert found(again, "mayor") == [("tovin.html", (2,))]


def test_files_that_are_no_pages_are_told_each_time_and_read_when_they_change(pages):
    bad = pages / "bad.html"
    bad.write_text("")
    with SqliteIndex(str(pages), read_page, find_pages) as index:
        unusable = (Unusable("bad.html", "%s is empty" % bad),)
        assert index.update() == Changes(3, 0, 0, 0, unusable)
        assert index.update() == Changes(0, 0, 0, 3, unusable)
        assert "bad.html" not in index.pages()
        bad.write_text("Good\n<P> a comet </P>")
        assert index.update() == Changes(0, 1, 0, 2, ())
        assert found(index, "comet") == [("bad.html", (0,))]


def test_a_file_that_could_not_be_read_is_tried_again(pages):
    faults = ["cannot read it: Permission denied"]

    def reading(path):
        if path.endswith("tovin.html") and faults:
            raise UserError(faults[0])
        return read_page(path)

    with SqliteIndex(str(pages), reading, find_pages) as index:
        assert index.update().unusable == (Unusable("tovin.html", faults[0]),)
        assert index.update() == Changes(0, 0, 0, 2, (Unusable("tovin.html", faults[0]),))
        faults.clear()
        assert index.update() == Changes(0, 0, 0, 2, ())
        assert found(index, "mayor") == [("tovin.html", (2,))]


def test_candidates_of_a_file_that_has_changed_are_not_told(pages, index):
    (pages / "tovin.html").write_text("Tovin\n<P> a mayor </P>")
    assert found(index, "mayor") == [("tovin.html", ())]
    (pages / "tovin.html").unlink()
    assert found(index, "mayor") == [("tovin.html", ())]


def test_a_killed_update_is_carried_on(pages):
    for i in range(250):
        (pages / ("p%03d.html" % i)).write_text("Page %d\n<P> word%d </P>" % (i, i))
    child = os.fork()
    if not child:
        def read_some(path):
            if path.endswith("p150.html"):
                os._exit(9)
            return read_page(path)
        try:
            SqliteIndex(str(pages), read_some, find_pages).update()
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] >> 8 == 9
    with SqliteIndex(str(pages), read_page, find_pages) as index:
        # "more/orlan.html" and 99 others were one transaction.
        assert len(index.pages()) == 100
        assert found(index, "word98") == [("p098.html", (0,))]
        assert index.update() == Changes(152, 0, 0, 100, ())
        assert found(index, "word249") == [("p249.html", (0,))]


def test_two_updates_at_once(pages, index):
    with locking.locked(index.path + ".lock"):
        with pytest.raises(UserError, match="another run holds .*sqlite.lock: wait until"):
            index.update()
    with SqliteIndex(str(pages), read_page, find_pages) as other:
        (pages / "tovin.html").write_text("Tovin\n<P> a lighthouse </P>")
        other.update()
    assert found(index, "lighthouse") == [("tovin.html", (0,))]


def test_another_process_that_does_not_end_is_told(pages, index, monkeypatch):
    monkeypatch.setattr(database, "_SECONDS_TO_WAIT", 0.01)
    other = sqlite3.connect(index.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="sqlite is being written by another process: wait"):
        SqliteIndex(str(pages), read_page, find_pages)
    other.close()


def test_names_that_are_not_utf8(pages):
    name = os.fsdecode(b"caf\xe9.html")
    (pages / name).write_text("Café\n<P> a comet </P>", encoding="utf8")
    with SqliteIndex(str(pages), read_page, find_pages) as index:
        index.update()
        assert found(index, "comet") == [(name, (0,))]


def test_threads_search_at_once(index):
    expected = index.search("founded town", 5)
    results = []
    threads = [threading.Thread(target=lambda: results.append(index.search("founded town", 5)))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_a_file_that_is_no_index(pages, tmp_path):
    for content, message in ((b"words" * 1000, "is no index, or a broken one"),
                             (_other_database(tmp_path), "is a database of something else")):
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(UserError, match="%s.*choose another --index" % message):
            SqliteIndex(str(pages), read_page, find_pages, str(path))
        assert path.read_bytes() == content


def _other_database(tmp_path):
    connection = sqlite3.connect(str(tmp_path / "other"))
    connection.execute("CREATE TABLE mine(x)")
    connection.close()
    return (tmp_path / "other").read_bytes()


def test_the_index_of_another_folder_is_not_emptied(pages, tmp_path):
    path = str(tmp_path / "index.sqlite")
    with SqliteIndex(str(pages), read_page, find_pages, path) as index:
        index.update()
    with SqliteIndex(str(pages), read_page, find_pages, path) as index:
        assert index.update().unchanged == 2
    with pytest.raises(UserError, match="is the index of the folder .*pages: choose another"):
        SqliteIndex(str(pages / "more"), read_page, find_pages, path)


def test_a_folder_that_was_moved_keeps_its_index(pages, index, tmp_path):
    os.rename(str(pages), str(tmp_path / "moved"))
    with SqliteIndex(str(tmp_path / "moved"), read_page, find_pages) as moved:
        assert moved.update() == Changes(0, 0, 0, 2, ())


def test_an_index_of_another_version_is_made_anew(pages, index, monkeypatch):
    monkeypatch.setattr(database, "_VERSION", 99)
    with SqliteIndex(str(pages), read_page, find_pages) as newer:
        assert newer.pages() == []
        assert newer.update() == Changes(2, 0, 0, 0, ())


def test_where_the_index_lies(pages, monkeypatch, tmp_path):
    assert folder.index_path(str(pages)) == str(pages / ".bert_nq_index.sqlite")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    in_cache = folder.index_path(str(pages))
    assert os.path.dirname(in_cache) == str(tmp_path / "bert_nq")
    assert folder.index_path(str(pages / "more")) != in_cache
    with SqliteIndex(str(pages), read_page, find_pages) as index:
        assert index.update().new == 2
    assert os.path.exists(in_cache)


def test_there_is_no_such_folder(tmp_path):
    with pytest.raises(UserError, match="there is no folder .*none"):
        SqliteIndex(str(tmp_path / "none"), read_page, find_pages)


@pytest.mark.parametrize("tensorflow, remedy", [
    (False, "use a Python with another one, such as"),
    (True, "import sqlite3 before tensorflow, which may have one of its own, or use a Python")])
def test_a_sqlite_without_full_text_search(pages, monkeypatch, tensorflow, remedy):
    class Bare:
        def execute(self, statement):
            raise sqlite3.OperationalError("no such module: fts5")

        def close(self):
            pass

    monkeypatch.setattr(database.sqlite3, "connect", lambda *args, **options: Bare())
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    if tensorflow:
        monkeypatch.setitem(sys.modules, "tensorflow", database)
    with pytest.raises(UserError, match="it has no FTS5 .no such module: fts5.; " + remedy):
        SqliteIndex(str(pages), read_page, find_pages)
