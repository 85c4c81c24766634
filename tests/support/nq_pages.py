"""Hand-made NQ pages in the original format, with their byte offsets."""
import gzip
import json

_CANDIDATES = {"<P>", "<Table>", "<Tr>", "<Ul>", "<Ol>", "<Li>", "<Dl>", "<Dd>", "<Dt>"}

NULL_SPAN = {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1}


def make_page(text, example_id=1, question="where is tovin", annotations=(), title="Tovin",
              **fields):
    """A page in the original format.

    Args:
      text: its tokens as a list, or as a string with single blanks between them. Tokens that begin
        with "<" are tags. Every paragraph, table, row, list and item becomes a candidate, a top
        level one unless it is inside another. The only candidate of
            "<H1> Tovin </H1> <P> A town . </P>"
        is tokens [3, 8).
      annotations: made by `make_annotation`; byte offsets are filled in here.
      **fields: fields of the record to add or replace.
    """
    texts = text.split(" ") if isinstance(text, str) else list(text)
    html, tokens = b"", []
    for token in texts:
        start = len(html)
        html += token.encode("utf8") + b" "
        tokens.append({"token": token, "start_byte": start, "end_byte": len(html) - 1,
                       "html_token": token.startswith("<")})
    candidates = [dict(_span(tokens, start, end), top_level=top_level)
                  for start, end, top_level in _candidates(texts)]
    record = {
        "example_id": example_id,
        "document_title": title,
        "document_url": "https://example.org/%s" % title,
        "question_text": question,
        "question_tokens": question.split(" "),
        "document_html": html.decode("utf8"),
        "document_tokens": tokens,
        "long_answer_candidates": candidates,
        "annotations": [_placed(a, tokens, candidates) for a in annotations],
    }
    record.update(fields)
    return record


def make_annotation(candidate=-1, short=(), yes_no="NONE"):
    """One annotator's answer: the index of a candidate, or -1, and short answers [(start, end)]."""
    return {"candidate": candidate, "short": short, "yes_no": yes_no}


def make_line(record) -> bytes:
    """The record as a line of a shard."""
    return json.dumps(record).encode("utf8") + b"\n"


def write_shard(path, records) -> str:
    """Writes records, or lines as bytes, to a .jsonl or .jsonl.gz file; returns its path."""
    lines = [r if isinstance(r, bytes) else make_line(r) for r in records]
    with (gzip.open if str(path).endswith(".gz") else open)(str(path), "wb") as out:
        out.write(b"".join(lines))
    return str(path)


def read_shard(path):
    """The records of a shard."""
    with (gzip.open if str(path).endswith(".gz") else open)(str(path), "rb") as f:
        return [json.loads(line.decode("utf8")) for line in f.read().splitlines()]


def _candidates(texts):
    """(start, end, top_level) of each element that is a candidate, sorted by start."""
    found, open_at = [], []
    for i, token in enumerate(texts):
        if token in _CANDIDATES:
            open_at.append(i)
        elif open_at and token == "</" + texts[open_at[-1]][1:]:
            found.append((open_at.pop(), i + 1, not open_at))
    assert not open_at, "%s is not closed" % texts[open_at[-1]]
    return sorted(found)


def _span(tokens, start, end):
    return {"start_token": start, "end_token": end,
            "start_byte": tokens[start]["start_byte"], "end_byte": tokens[end - 1]["end_byte"]}


def _placed(annotation, tokens, candidates):
    index = annotation["candidate"]
    long_answer = dict(NULL_SPAN, candidate_index=-1)
    if index >= 0:
        long_answer = dict(candidates[index], candidate_index=index)
        del long_answer["top_level"]
    return {
        "annotation_id": 1000 + index,
        "long_answer": long_answer,
        "short_answers": [_span(tokens, start, end) for start, end in annotation["short"]],
        "yes_no_answer": annotation["yes_no"],
    }
