"""Small pages of one's own, and a reader that needs no model."""
import html
import os

from bert_nq.answering.answer import Alternative, Answer
from bert_nq.answering.page_text import PageText
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.files import read_whole
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Candidate

_CANDIDATES = {"<P>", "<Table>", "<Tr>", "<Ul>", "<Ol>", "<Li>", "<Dl>", "<Dd>", "<Dt>"}


def make_page(text, title="Tovin", source="tovin.html"):
    """A page of tokens with single blanks between them, such as "<H1> Tovin </H1> <P> A town </P>".

    A "+" before a token joins it to the one before: "do +n't". A backslash makes a word of what
    would be a tag.
    """
    tokens, is_html, starts, ends, content = [], [], [], [], b""
    for token in text.split(" "):
        if not token:
            continue
        if token.startswith("+"):
            token = token[1:]
        elif content:
            content += b" "
        starts.append(len(content))
        is_html.append(token.startswith("<"))
        token = token[1:] if token.startswith("\\") else token
        content += (token if is_html[-1] else html.escape(token, quote=False)).encode("utf8")
        ends.append(len(content))
        tokens.append(token)
    candidates, opened = [], []
    for i, token in enumerate(tokens):
        if is_html[i] and token in _CANDIDATES:
            opened.append(len(candidates))
            candidates.append(Candidate(i, -1, len(opened) == 1))
        elif is_html[i] and token.replace("/", "") in _CANDIDATES:
            number = opened.pop()
            candidates[number] = candidates[number]._replace(end_token=i + 1)
    return Page(title, content, tokens, is_html, starts, ends,
                candidates, source)


def read_page(path):
    """A file as `make_page` takes it, its first line the title."""
    text = read_whole(path).decode("utf8")
    if not text.strip():
        raise BadExampleError("%s is empty" % path)
    title, _, rest = text.partition("\n")
    return make_page(rest.replace("\n", " "), title, path)


def find_pages(folder):
    """The files of HTML in a folder and in those in it."""
    return [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names
            if name.endswith(".html") and not name.startswith(".")]


class StubReader:
    """Answers with the first word of the question that is on the page, and the candidate it is in.

    The probability is one half for the first, a quarter for the next, and so on. A question mark
    alone is refused, as a real reader refuses what it cannot use.
    """

    description = {"task": "stub", "model": "models/none", "is_calibrated": True}

    def __init__(self):
        self.batches = []  # how many pages were read at once

    def ask(self, question, page):
        return self.ask_many([(question, page)])[0]

    def ask_many(self, pairs):
        self.batches.append(len(pairs))
        return [self._answer(question, page) for question, page in pairs]

    def _answer(self, question, page):
        if question.strip() == "?":
            raise UserError("the question has no words")
        words = {word.lower() for word in question.rstrip("?").split()}
        found = []
        for candidate in page.candidates:
            for i in range(candidate.start_token, candidate.end_token):
                if not page.is_html[i] and page.tokens[i].lower() in words:
                    found.append(Alternative(
                        0.5 ** (1 + len(found)), passage(page, i, i + 1),
                        passage(page, candidate.start_token, candidate.end_token), None))
                    break
        if not found:
            return Answer(question, page, 0.0, None, None, None)
        best = found[0]
        return Answer(question, page, best.probability, best.short, best.long, None, tuple(found))


def passage(page, start_token, end_token):
    return PageText(page).passage(start_token, end_token)
