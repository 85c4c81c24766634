"""Pages read from files of all kinds."""
import gzip

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.html_pages.markdown import parse_markdown
from bert_nq.datasets.html_pages.plain_text import parse_text
from bert_nq.datasets.html_pages.reading import find_pages, parse_page, read_page, read_pages
from tests.support.page_checks import check, shown

TOVIN = "<H1> Tovin </H1> <P> A town . </P>"


@pytest.mark.parametrize("name, content", [
    ("a.html", "<h1>Tovin</h1><p>A town."),
    ("a.htm", "<h1>Tovin</h1>A town."),
    ("a.XHTML", "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body>"
                "<h1>Tovin</h1><br/><p>A town.</p></body></html>"),
    ("a.md", "# Tovin\n\nA town.\n"),
    ("a.markdown", "---\ntitle: x\n---\nTovin\n=====\nA\ntown."),
    ("page", "\ufeff\n<!DOCTYPE html><h1>Tovin</h1>A town."),
])
@pytest.mark.parametrize("packed", [False, True])
def test_one_page_in_all_forms(tmp_path, name, content, packed):
    path = tmp_path / (name + ".gz" * packed)
    data = content.encode("utf8")
    path.write_bytes(gzip.compress(data) if packed else data)
    page = read_page(str(path))
    check(page)
    assert shown(page) == TOVIN
    assert page.source == str(path)
    assert page.title == "Tovin"


def test_text_has_paragraphs_between_blank_lines():
    page = parse_text("Tovin is\na town.\r\n \r\n\r\n<b>Aron</b> is not.\f\nEnd", "x/old_town.txt")
    check(page)
    assert shown(page) == ("<P> Tovin is a town . </P> <P> < b > Aron < / b > is not . </P> "
                           "<P> End </P>")
    assert page.title == "old town"


def test_markdown_has_lists_tables_and_html():
    page = parse_markdown(
        "# *Tovin*\n\nA [town](http://a.org) `x<y`\n\n1. one\n   - in\n2. two\n\n| a | b |\n"
        "|---|---|\n| 1 | |\n\n<script>no</script>\n\n> said", "x.md")
    check(page)
    assert shown(page) == (
        "<H1> Tovin </H1> <P> A town x < y </P> <Ol> <Li> one <Ul> <Li> in </Li> </Ul> </Li> "
        "<Li> two </Li> </Ol> <Table> <Tr> <Th> a </Th> <Th> b </Th> </Tr> "
        "<Tr> <Td> 1 </Td> <Td> </Td> </Tr> </Table> <P> said </P>")


@pytest.mark.parametrize("content, tokens", [
    ("a <b and c> d", "<P> a < b and c > d </P>"),
    ("one\n\ntwo", "<P> one </P> <P> two </P>"),
    ("say <b>it</b>", "<P> say it </P>"),
    ("one<p>two", "<P> one </P> <P> two </P>"),
    ("x<br/>y", "<P> x y </P>"),
    (b"<P CLASS=x>caf\xe9", "<P> caf\u00e9 </P>"),
    ("<p>x".encode("utf-16"), "<P> x </P>"),
])
def test_content_tells_html_from_text(content, tokens):
    assert shown(parse_page(content)) == tokens


@pytest.mark.parametrize("content, message", [
    (b"", "it is empty"),
    (" \n", "it is empty"),
    (b"%PDF-1.7 ...", "it is a PDF file: HTML, text or Markdown is wanted; save or convert it as "
                      "one of these"),
    (b"\x89PNG\r\n\x1a\n", "it is a PNG file: HTML, text or Markdown is wanted; save or convert it "
                           "as one of these"),
    (b"PK\x03\x04docx", "it is a zip file: HTML, text or Markdown is wanted; save or convert it as "
                        "one of these"),
    (b"From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related;",
     "it is a web archive (MHTML): save the page as 'web page, HTML only'"),
    (bytes(range(256)) * 4, "it is no text: HTML, text or Markdown is wanted"),
    ("\x00\x01", "there is no text in it"),
])
def test_what_is_no_page(content, message):
    with pytest.raises(BadExampleError) as e:
        parse_page(content, "x.html")
    assert str(e.value) == "x.html: " + message


def test_files_that_cannot_be_used(tmp_path):
    path = tmp_path / "a.html"
    path.write_bytes(b"<p>" + b"word " * 100)
    with pytest.raises(BadExampleError, match="a.html: it has more than 0 MB, and no page is"):
        read_page(str(path), most_bytes=300)
    path.write_bytes(gzip.compress(b"<p>" + b"word " * 100_000))
    with pytest.raises(BadExampleError, match="it has more than 0 MB"):
        read_page(str(path), most_bytes=300)
    path.write_bytes(gzip.compress(b"<p>word " * 100)[:-9])
    with pytest.raises(BadExampleError, match="a.html: the gzip data are cut off or damaged"):
        read_page(str(path))
    with pytest.raises(UserError, match="cannot read .*no.html: No such file"):
        read_page(str(tmp_path / "no.html"))


def test_folders_are_looked_through(tmp_path):
    for name in ("b.html", "a.txt.gz", "sub/c.md", "b_files/ad.html", ".d.html", "e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<p>%s" % name)
    folder = str(tmp_path)
    assert [p[len(folder) + 1:] for p in find_pages(folder)] == ["a.txt.gz", "b.html", "sub/c.md"]
    assert find_pages("%s/*.html" % folder) == [folder + "/b.html"]
    with pytest.raises(UserError, match="b.html is named twice in"):
        find_pages("%s,%s/b.html" % (folder, folder))
    with pytest.raises(UserError, match="no page is in the folder .*: files that end in .html, "):
        find_pages(_empty(tmp_path))


def _empty(tmp_path):
    (tmp_path / "empty").mkdir()
    return str(tmp_path / "empty")


def test_pages_that_cannot_be_used_are_passed_over_or_end_the_reading(tmp_path):
    (tmp_path / "a.html").write_text("<p>a")
    (tmp_path / "b.html").write_text("")
    (tmp_path / "c.html").write_text("<p>c")
    told = []
    skip = BadInput(True, told.append)
    assert [shown(p) for p in read_pages(str(tmp_path), skip)] == ["<P> a </P>", "<P> c </P>"]
    assert told == ["skipped: %s/b.html: it is empty" % tmp_path]
    with pytest.raises(BadExampleError, match="b.html: it is empty"):
        list(read_pages(str(tmp_path)))
