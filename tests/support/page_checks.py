"""What holds for every page that was made of a document."""
import html

from bert_nq.datasets.html_pages.builder import CANDIDATES, ELEMENTS
from bert_nq.datasets.html_pages.nq_lines import nq_line
from bert_nq.datasets.nq.decoding import decode_example


def shown(page):
    """Its tokens as a text."""
    return " ".join(page.tokens)


def candidates(page):
    """The text of each candidate; those within another one are indented."""
    return [("" if top_level else "  ") + " ".join(page.tokens[start:end])
            for start, end, top_level in page.candidates]


def words_of(page):
    """Its words without any white space, to compare with the text of a document."""
    return "".join(token for token, is_tag in zip(page.tokens, page.is_html) if not is_tag)


def check(page):
    """Asserts that tokens lie at their bytes, tags are balanced and candidates are right."""
    tags, ends, found = [], {}, []
    inside = 0
    for i, (token, is_tag, start, end) in enumerate(zip(
            page.tokens, page.is_html, page.start_bytes, page.end_bytes)):
        assert html.unescape(page.html[start:end].decode("utf8")) == token
        assert not page.html[page.end_bytes[i - 1] if i else 0:start].strip()
        assert token and not any(c.isspace() for c in token)
        if not is_tag:
            assert not (token.startswith("<") and token.endswith(">"))
            assert tags
        elif token.startswith("</"):
            tag, start_token, number = tags.pop()
            assert token == "</%s>" % tag
            inside -= tag in CANDIDATES
            ends[start_token] = i + 1
        else:
            assert token[1:-1] in ELEMENTS
            if token[1:-1] in CANDIDATES:
                found.append((i, not inside))
                inside += 1
            tags.append((token[1:-1], i, len(found)))
    assert not tags
    assert [tuple(c) for c in page.candidates] == [(i, ends[i], top) for i, top in found]
    for candidate in page.candidates:
        assert not all(page.is_html[candidate.start_token:candidate.end_token])
    line = nq_line(page, "who is it", 7)
    assert decode_example(line, page.source) == page.example("who is it", 7)
