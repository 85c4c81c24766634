"""What is left out of pages."""
import pytest

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.html_pages.parsing import parse_html
from tests.support.page_checks import check, shown


@pytest.mark.parametrize("element", [
    "<script>x</script>", "<style>x</style>", "<template><p>x</template>",
    "<noscript><p>x</p></noscript>", "<iframe>x</iframe>", "<svg><text>x</text></svg>",
    "<svg><title>x</title></svg>", "<object>x</object>", "<select><option>x</select>",
    "<button>x</button>", "<textarea>x</textarea>", "<nav><ul><li>x</ul></nav>",
    "<form><label>x</label> y <input></form>", "<footer>x</footer>", "<aside>x</aside>",
    "<header>x</header>", "<div hidden>x</div>", "<p aria-hidden=true>x", "<p aria-hidden=TRUE>x",
    "<span style='color:red; DISPLAY : none'>x</span>", "<i style=visibility:hidden>x</i>",
    "<div role=navigation>x</div>", "<div role=contentinfo>x</div>", "<dialog>x</dialog>",
    "<span class='a mw-editsection'>[edit]</span>", "<sup class=reference>[1]</sup>",
    "<ol class=references><li>x</ol>", "<table class='navbox'><td>x</table>",
    "<div id=toc>x</div>", "<div class=noprint>x</div>", "<table class=metadata><td>x</table>",
    "<math><annotation>x</annotation></math>",
])
def test_left_out(element):
    page = parse_html("<p>before</p>%s<p>after</p>" % element, "x.html")
    check(page)
    assert shown(page) == "<P> before </P> <P> after </P>"


@pytest.mark.parametrize("element, tokens", [
    ("<header><h1>x</h1>y</header>", "<H1> x </H1>"),
    ("<article><header>x</header><aside>y</aside><footer>z</footer></article>",
     "<P> x </P> <P> y </P> <P> z </P>"),
    # A page in a form, as some servers make it, without its controls.
    ("<form><h2>x</h2>y <button>z</button><label>z</label></form>", "<H2> x </H2> <P> y </P>"),
    ("<div hidden=until-found>x</div>", "<P> x </P>"),
    ("<p style='display:none-such'>x", "<P> x </P>"),
    ("<dialog open>x</dialog>", "<P> x </P>"),
    ("<p aria-hidden=false>x", "<P> x </P>"),
    ("<span class=mwe-math-mathml-inline style='display: none'><math><mi>E</mi><mo>=</mo>"
     "<mi>m</mi></math></span>", "<P> E = m </P>"),
    ("<a class='reference internal'>x</a> <div class=metadata>y</div>", "<P> x </P> <P> y </P>"),
    ("<details><summary>x</summary>y</details>", "<P> x </P> <P> y </P>"),
])
def test_kept(element, tokens):
    page = parse_html("<p>before</p>%s" % element, "x.html")
    check(page)
    assert shown(page) == "<P> before </P> " + tokens


def test_words_go_on_behind_what_is_left_out():
    page = parse_html("<p>Tov<sup class=reference>[1]</sup>in<script>x</script>.", "x.html")
    assert page.html == b"<P>Tovin.</P>\n"


def test_a_page_of_nothing_else_keeps_what_can_be_read():
    page = parse_html("<nav>menu</nav><script>x</script><p hidden>y", "x.html")
    assert shown(page) == "<P> menu </P> <P> y </P>"


@pytest.mark.parametrize("document", ["<script>x</script>", "<title>t</title>", "<!-- x -->", "<p>",
                                      "<table><td></table>", "\0", "&nbsp;"])
def test_without_text_it_is_an_error(document):
    with pytest.raises(BadExampleError) as e:
        parse_html(document, "x.html")
    assert str(e.value) == ("x.html: there is no text in it: if a script fills the page, open it "
                            "in a browser and save it from there")


@pytest.mark.parametrize("head, title", [
    ("<title>Tovin - Wikipedia</title><h1>Tovin</h1>x", "Tovin"),
    ("<title>Tovin &amp; Aron\n town</title><h1>Other</h1>x", "Tovin & Aron town"),
    ("<h1>Tovin <i>town</i></h1><h1>y</h1>x", "Tovin town"),
    ("<svg><title>s</title></svg>x", "old mill"),
    ("<title>a</title><title>b</title>x", "a"),
])
def test_titles(head, title):
    assert parse_html(head, "pages/old_mill.html.gz").title == title
