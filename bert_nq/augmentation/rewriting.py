"""Applies edits to a page: to its tokens and to everything that refers to tokens or bytes.

    example, edits ──► example        what training needs
    record, edits ──► record          a line of a shard, with HTML and byte offsets

Both give the same page: a record that is rewritten and then decoded equals the rewritten example.
"""
import html
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.augmentation.augmentation import BlockEdits, Edits, WordEdits
from bert_nq.augmentation.page_html import html_of
from bert_nq.datasets.nq.decoding import document_of
from bert_nq.datasets.nq.example import Annotation, Candidate, Example, Span

Record = Dict[str, Any]


def rewrite_example(example: Example, edits: Edits) -> Example:
    """Applies edits to an example.

    Raises:
      ValueError: the edits break a rule of `WordEdits` or `BlockEdits`, a defect of the
        augmentation.
    """
    page = _rewritten(_Document(example.tokens, example.is_html), edits)
    question = getattr(edits, "question", None)
    example = example._replace(tokens=page.tokens, is_html=page.is_html,
                               question=example.question if question is None else question)
    if page.positions is None:
        return example
    candidates = [Candidate(*page.span(*c[:2]), c.top_level) for c in example.candidates]
    candidates += [Candidate(*span, True) for span in page.inserted]
    old_indexes, new_indexes = _ordered([c[:2] for c in candidates])
    return example._replace(
        candidates=[candidates[i] for i in old_indexes],
        annotations=[Annotation(new_indexes[a.candidate_index] if a.candidate_index >= 0 else -1,
                                tuple(Span(*page.span(*s)) for s in a.short_answers),
                                a.yes_no_answer) for a in example.annotations])


def rewrite_record(record: Record, edits: Edits, source: str) -> Record:
    """Applies edits to a parsed line of a shard, in either format.

    In the original format the HTML changes with the tokens; text between the tokens, such as links,
    stays where it is. If the tokens have no byte offsets, the HTML is dropped.

    Args:
      record: the parsed line; it is not modified, and the result shares its unchanged parts.
      edits: changes to this page.
      source: names the line in messages.

    Raises:
      BadExampleError: see `page_html.html_of`.
      ValueError: see `rewrite_example`.
    """
    tokens, is_html = document_of(record, source)
    starts, ends, content = html_of(record, source)
    page = _rewritten(_Document(tokens, is_html, starts, ends, content), edits)
    new = dict(record)
    if "document_text" in record:
        new["document_text"] = " ".join(page.tokens)
    if "document_tokens" in record:
        new["document_tokens"] = _token_records(record["document_tokens"], page)
        new.pop("document_html", None)
        if content is not None:
            new["document_html"] = page.html.decode("utf8", "surrogatepass")
    if getattr(edits, "question", None) is not None:
        new["question_text"] = edits.question
        if "question_tokens" in record:
            new["question_tokens"] = edits.question.split()
    if page.positions is None and page.shifts is None:
        return new
    candidates = [page.span_record(c) for c in record["long_answer_candidates"]]
    candidates += [page.inserted_record(span, starts is not None) for span in page.inserted]
    old_indexes, new_indexes = _ordered([(c["start_token"], c["end_token"]) for c in candidates])
    new["long_answer_candidates"] = [candidates[i] for i in old_indexes]
    if record.get("annotations"):
        new["annotations"] = [_annotation(a, page, new_indexes) for a in record["annotations"]]
    return new


def _annotation(annotation: Record, page: "_Rewritten", new_indexes: Sequence[int]) -> Record:
    long_answer = annotation["long_answer"]
    if long_answer["start_token"] < 0 or long_answer["end_token"] < 0:
        return annotation
    return dict(
        annotation,
        long_answer=dict(page.span_record(long_answer),
                         candidate_index=new_indexes[long_answer["candidate_index"]]),
        short_answers=[page.span_record(s) for s in annotation["short_answers"]])


def _ordered(spans: Sequence[Tuple[int, int]]) -> Tuple[List[int], List[int]]:
    """Sorts candidates by their start.

    Returns:
      (old_indexes, new_indexes): the old index of each new candidate, and the new index of each
      old one.
    """
    old_indexes = sorted(range(len(spans)), key=lambda i: spans[i][0])
    new_indexes = [0] * len(spans)
    for new, old in enumerate(old_indexes):
        new_indexes[old] = new
    return old_indexes, new_indexes


class _Document(NamedTuple):
    """The T tokens of a page and, if known, their places in its HTML."""
    tokens: List[str]
    is_html: List[bool]
    starts: Optional[np.ndarray] = None  # int64 [T], start_byte of each token
    ends: Optional[np.ndarray] = None  # int64 [T], end_byte of each token, exclusive
    html: Optional[bytes] = None


class _Rewritten(NamedTuple):
    """A page of T tokens after the edits, with N tokens."""
    tokens: List[str]
    is_html: List[bool]
    # int64 [T], the new number of each old token, -1 for a deleted one; None if none moved.
    positions: Optional[np.ndarray]
    inserted: Sequence[Span] = ()  # token spans of inserted paragraphs
    starts: Optional[np.ndarray] = None  # int64 [N], as in _Document
    ends: Optional[np.ndarray] = None
    # Two int64 [T]: the bytes by which start and end of each old token have moved.
    shifts: Optional[Tuple[np.ndarray, np.ndarray]] = None
    html: Optional[bytes] = None

    def span(self, start: int, end: int) -> Tuple[int, int]:
        """The new span of old tokens [start, end)."""
        if self.positions is None:
            return start, end
        inside = self.positions[start:end]
        new_start, new_end = int(inside[0]), int(inside[-1]) + 1
        if inside[0] < 0 or inside[-1] < 0 or new_end - new_start != np.count_nonzero(inside >= 0):
            raise ValueError("tokens [%d, %d) belong together and were torn apart" % (start, end))
        return new_start, new_end

    def span_record(self, span: Record) -> Record:
        """`span` for a JSON object with start_token, end_token and perhaps start_byte, end_byte."""
        old_start, old_end = span["start_token"], span["end_token"]
        start, end = self.span(old_start, old_end)
        new = dict(span, start_token=start, end_token=end)
        if self.shifts is not None and "start_byte" in span and "end_byte" in span:
            new["start_byte"] += int(self.shifts[0][old_start])
            new["end_byte"] += int(self.shifts[1][old_end - 1])
        return new

    def inserted_record(self, span: Span, with_bytes: bool) -> Record:
        """The JSON object of the candidate that an inserted paragraph becomes."""
        new: Record = dict(start_token=span.start_token, end_token=span.end_token, top_level=True)
        if with_bytes:
            new.update(start_byte=int(self.starts[span.start_token]),
                       end_byte=int(self.ends[span.end_token - 1]))
        return new


def _token_records(old: Sequence[Record], page: _Rewritten) -> List[Record]:
    """The JSON objects of document_tokens."""
    if page.starts is None:
        return [{"token": token, "html_token": tag}
                for token, tag in zip(page.tokens, page.is_html)]
    return [{"end_byte": end, "html_token": tag, "start_byte": start, "token": token}
            for token, tag, start, end in zip(page.tokens, page.is_html, page.starts.tolist(),
                                              page.ends.tolist())]


def _rewritten(page: _Document, edits: Edits) -> _Rewritten:
    return (_with_words if isinstance(edits, WordEdits) else _with_blocks)(page, edits)


def _with_words(page: _Document, edits: WordEdits) -> _Rewritten:
    tokens, is_html = list(page.tokens), page.is_html
    for index, text in edits.words.items():
        if is_html[index] or text == "" or text is not None and " " in text:
            raise ValueError("%r cannot take the place of token %d, %r"
                             % (text, index, tokens[index]))
        tokens[index] = text
    positions = starts = ends = shifts = content = None
    if page.starts is not None and edits.words:
        starts, ends, content = _html_with_words(page, edits.words)
        shifts = starts - page.starts, ends - page.ends
    if None in edits.words.values():
        kept = np.ones([len(tokens)], bool)
        kept[[index for index, text in edits.words.items() if text is None]] = False
        positions = np.where(kept, np.cumsum(kept) - 1, -1)
        is_html = [tag for tag, text in zip(is_html, tokens) if text is not None]
        tokens = [text for text in tokens if text is not None]
        if starts is not None:
            starts, ends = starts[kept], ends[kept]
    elif starts is None:
        starts, ends, content = page.starts, page.ends, page.html
    return _Rewritten(tokens, is_html, positions, (), starts, ends, shifts, content)


def _html_with_words(page: _Document, words: Dict[int, Optional[str]]):
    """Replaces words in the HTML.

    Returns:
      (starts, ends, HTML): the new bytes of the T old tokens, int64 [T] each, and the new HTML; a
      deleted token is empty.
    """
    indexes = np.array(sorted(words))
    # Quotation marks need no escape: the words stand in text, not in attributes.
    texts = [html.escape(words[i] or "", quote=False).encode("utf8", "surrogatepass")
             for i in indexes.tolist()]
    growth = np.zeros([len(page.tokens)], np.int64)
    growth[indexes] = (np.array([len(text) for text in texts])
                       - (page.ends - page.starts)[indexes])
    total = np.cumsum(growth)
    starts, ends = page.starts + total - growth, page.ends + total
    if page.html is None:
        return starts, ends, None
    parts, at = [], 0
    for text, start, end in zip(texts, page.starts[indexes].tolist(), page.ends[indexes].tolist()):
        parts += (page.html[at:start], text)
        at = end
    parts.append(page.html[at:])
    return starts, ends, b"".join(parts)


def _with_blocks(page: _Document, edits: BlockEdits) -> _Rewritten:
    builder = _Builder(page)
    # (token, insertions before moves at the same token, what to put there, place of a move)
    cuts = [(index, 0, paragraph, None) for index, paragraph in edits.insertions]
    cuts += [(place[0], 1, block, place) for place, block in zip(edits.places, edits.blocks)]
    for index, _, content, place in sorted(cuts, key=lambda cut: cut[:2]):
        builder.keep_until(index)
        if place is None:
            builder.insert(content)
        else:
            builder.move(place, content)
    return builder.finish()


class _Builder:
    """Assembles a page from stretches of an old one and from new paragraphs."""

    def __init__(self, page: _Document):
        self._page = page
        self._at = self._at_byte = 0  # the old page's next token and byte
        self._size = 0  # bytes of the new page so far
        self._tokens: List[str] = []
        self._is_html: List[bool] = []
        self._positions = np.full([len(page.tokens)], -1)
        self._inserted: List[Span] = []
        self._starts: List[np.ndarray] = []
        self._ends: List[np.ndarray] = []
        self._shifts = np.zeros([len(page.tokens)], np.int64)
        self._html: List[bytes] = []

    def keep_until(self, token: int) -> None:
        """Copies the old page up to `token`, exclusive, and up to its first byte."""
        if token < self._at:
            raise ValueError("what is changed at token %d overlaps what is changed before" % token)
        end_byte = self._byte_before(token)
        self._add(self._at, token, self._at_byte, end_byte)
        self._at, self._at_byte = token, end_byte

    def _byte_before(self, token: int) -> int:
        page = self._page
        if page.starts is None or not page.tokens:
            return 0
        return int(page.starts[token] if token < len(page.tokens) else page.ends[-1])

    def move(self, place: Tuple[int, int], block: Tuple[int, int]) -> None:
        """Writes the old tokens at `block` instead of those at `place`, which come next."""
        starts, ends = self._page.starts, self._page.ends
        if starts is None:
            self._add(*block, 0, 0)
        else:
            self._add(*block, int(starts[block[0]]), int(ends[block[1] - 1]))
            self._at_byte = int(ends[place[1] - 1])
        self._at = place[1]

    def _add(self, start: int, end: int, start_byte: int, end_byte: int) -> None:
        """Appends tokens [start, end) and bytes [start_byte, end_byte) of the old page."""
        page = self._page
        if (self._positions[start:end] >= 0).any():
            raise ValueError("tokens [%d, %d) are put in two places" % (start, end))
        self._positions[start:end] = np.arange(end - start) + len(self._tokens)
        self._tokens += page.tokens[start:end]
        self._is_html += page.is_html[start:end]
        if page.starts is not None:
            shift = self._size - start_byte
            self._shifts[start:end] = shift
            self._starts.append(page.starts[start:end] + shift)
            self._ends.append(page.ends[start:end] + shift)
            self._size += end_byte - start_byte
            if page.html is not None:
                self._html.append(page.html[start_byte:end_byte])

    def insert(self, paragraph) -> None:
        """Appends a new paragraph and a line feed."""
        first = len(self._tokens)
        self._tokens += paragraph.tokens
        self._is_html += paragraph.is_html
        self._inserted.append(Span(first, len(self._tokens)))
        if self._page.starts is not None:
            texts = [(token if tag else html.escape(token, quote=False)).encode(
                "utf8", "surrogatepass") for token, tag in zip(*paragraph)]
            ends = self._size + np.cumsum([len(text) + 1 for text in texts]) - 1
            self._ends.append(ends)
            self._starts.append(ends - [len(text) for text in texts])
            self._size = int(ends[-1]) + 1
            self._html.append(b" ".join(texts) + b"\n")

    def finish(self) -> _Rewritten:
        """Appends the rest of the old page and returns the whole."""
        page = self._page
        self.keep_until(len(page.tokens))
        if (self._positions < 0).any():
            raise ValueError("a block that was taken from its place is put in none")
        if page.starts is None:
            return _Rewritten(self._tokens, self._is_html, self._positions, self._inserted)
        content = None
        if page.html is not None:
            content = b"".join(self._html) + page.html[self._at_byte:]
        return _Rewritten(self._tokens, self._is_html, self._positions, self._inserted,
                          np.concatenate(self._starts), np.concatenate(self._ends),
                          (self._shifts, self._shifts), content)
