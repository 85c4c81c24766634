"""The HTML of a page, and the check that its tokens stand where their byte offsets say.

Who rewrites a page puts new words at the places of old ones. Offsets that count characters, as
people's own converters make them, would turn the HTML into garbage without a word.
"""
import html
import re
import unicodedata
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import BadExampleError
from bert_nq.base.json_fields import select
from bert_nq.datasets.nq import page_fields

# int64 [T] the start byte and the exclusive end byte of each token, and the HTML.
PageHtml = Tuple[Optional[np.ndarray], Optional[np.ndarray], Optional[bytes]]

_MARKUP = re.compile(r"<[^>]*>")


def check(record: Dict[str, Any], source: str) -> None:
    """Checks all that `rewriting` needs of a page beside what decoding has checked.

    Args:
      record: a parsed line, of which decoding makes an example.
      source: names the line in messages.

    Raises:
      BadExampleError: a field is of a wrong type, the byte offsets are out of order, or a token is
        not what stands at its bytes.
    """
    page_fields.check(record, select(page_fields.PAGE, "long_answer_candidates", "annotations"),
                      source)
    starts, ends, content = html_of(record, source)
    if content is not None:
        _check_tokens(record["document_tokens"], starts.tolist(), ends.tolist(), content, source)


def html_of(record: Dict[str, Any], source: str) -> PageHtml:
    """The byte offsets of a page's tokens and its HTML; None for what it does not have.

    Raises:
      BadExampleError: the HTML is no string, or byte offsets are no integers, out of order, or
        beyond the end of the HTML.
    """
    page_fields.check(record, select(page_fields.PAGE, "document_html"), source)
    offsets = page_fields.byte_offsets_of(record, source)
    if offsets is None:
        return None, None, None
    starts, ends = (np.array(column, np.int64) for column in offsets)
    if (starts > ends).any() or (ends[:-1] > starts[1:]).any() or (starts < 0).any():
        raise BadExampleError("%s: the byte offsets of the document tokens are not in order"
                              % source)
    if record.get("document_html") is None:
        return starts, ends, None
    content = record["document_html"].encode("utf8", "surrogatepass")
    if len(ends) and ends[-1] > len(content):
        raise BadExampleError("%s: the document tokens end at byte %d, document_html before it"
                              % (source, ends[-1]))
    return starts, ends, content


def _check_tokens(tokens: Sequence[Dict[str, Any]], starts: Sequence[int], ends: Sequence[int],
                  content: bytes, source: str) -> None:
    """Raises BadExampleError where a token is not what stands at its bytes.

    NQ spells some tokens otherwise than the HTML: `` for &quot;, ( for [, <P> for <P class="x">,
    and now and then a word. So one word that differs may stand among others; but where offsets are
    shifted, they are so from some token to the last.
    """
    doubtful: List[int] = []  # words that differ, with none behind them that is as it should be
    for i, (token, start, end) in enumerate(zip(tokens, starts, ends)):
        text, found = token["token"], content[start:end]
        if found == text.encode("utf8", "surrogatepass"):
            verdict = _SAME
        else:
            is_tag = token["html_token"] and text[:1] == "<"
            verdict = (_tag_verdict if is_tag else _word_verdict)(text, found)
        if verdict == _SAME and text.isalnum():
            doubtful = []
        elif verdict == _DIFFERS:
            doubtful.append(i)
        if verdict == _ELSEWHERE or len(doubtful) == 2:
            raise _misplaced((doubtful + [i])[0], tokens, starts, ends, content, source)
    if doubtful:
        raise _misplaced(doubtful[0], tokens, starts, ends, content, source)


# How the HTML at a token's bytes compares with the token. NEUTRAL: it tells nothing.
_SAME, _NEUTRAL, _DIFFERS, _ELSEWHERE = range(4)


def _tag_verdict(tag: str, found: bytes) -> int:
    if not found:  # People's converters put tags around plain text, which has none.
        return _NEUTRAL
    start = tag.strip("<>").split(" ")[0].encode("utf8", "surrogatepass")
    is_tag = found[:1] == b"<" and found[-1:] == b">"
    return _SAME if is_tag and found[1:].lower().startswith(start.lower()) else _ELSEWHERE


def _word_verdict(word: str, found: bytes) -> int:
    try:
        text = found.decode("utf8", "surrogatepass")
    except UnicodeDecodeError:  # the middle of a character
        return _ELSEWHERE
    if word and word == word.strip() and text != text.strip():
        return _ELSEWHERE
    if not word.isalnum():
        return _NEUTRAL
    return _SAME if _plain(html.unescape(_MARKUP.sub("", text))) == _plain(word) else _DIFFERS


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _misplaced(i: int, tokens: Sequence[Dict[str, Any]], starts: Sequence[int],
               ends: Sequence[int], content: bytes, source: str) -> BadExampleError:
    found = content[starts[i]:ends[i]].decode("utf8", "replace")
    return BadExampleError(
        "%s: document_tokens[%d] is %.40r, at its bytes [%d, %d) of document_html stands %.40r: "
        "offsets are wanted that count bytes, not characters"
        % (source, i, tokens[i]["token"], starts[i], ends[i], found))
