"""Facts about questions for a report: the question, its page, the kind and words of its answers.

Whole pages are parsed for them, which scoring does not do, and a few words of each are kept.
"""
import collections
import functools
import re
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import lines
from bert_nq.base.errors import UserError
from bert_nq.base.json_fields import TEXT, Field, find_fault, read_columns
from bert_nq.base.json_lines import parse_line
from bert_nq.scoring.nq.gold import in_processes
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Record, parse_question

# The kinds of long answers, by their first tag.
_KINDS = {"p": "paragraph", "table": "table", "tr": "table", "ul": "list", "ol": "list",
          "li": "list", "dl": "list", "dd": "list", "dt": "list"}
OTHER, NULL = "other", "none"

# <P>, or <Td_colspan="2"> as the simplified format has it.
_TAG = re.compile(r"<([A-Za-z]+)")
_ANY_TAG = re.compile(r"</?[A-Za-z][^>]*>")
_LONGEST_TAG = 20  # bytes that hold the name of any tag

_MOST_WORDS = 25  # a longer span is cut

Tokens = Tuple[int, int]  # a span of document tokens, [start, end)


class Facts(NamedTuple):
    """The facts about one question."""
    question: str
    title: str  # the page's title
    num_tokens: int  # the page's length
    kind: str  # its long answer is a paragraph, table, list or other; none if nobody marked one
    texts: Dict[Tokens, str]  # the words of the spans that were asked for


def read_facts(paths: Sequence[str], num_processes: int = 1,
               spans: Optional[Mapping[int, Iterable[Tokens]]] = None) -> Dict[int, Facts]:
    """The facts of all questions of some shards, by example id.

    Args:
      paths: .jsonl or .jsonl.gz, original or simplified format.
      num_processes: how many shards are read at a time.
      spans: the spans whose words are wanted, by example id.

    Raises:
      UserError: a shard cannot be read, or a line of it is not an annotated NQ example.
    """
    facts = {}  # type: Dict[int, Facts]
    read = functools.partial(read_shard_facts, spans=spans or {})
    for of_shard in in_processes(read, paths, num_processes):
        facts.update((example_id, Facts(*values)) for example_id, values in of_shard)
    return facts


def read_shard_facts(path: str, spans: Mapping[int, Iterable[Tokens]]) -> List[Tuple[int, Tuple]]:
    """The ids and facts of one shard, as plain tuples."""
    result = []
    for line, text in lines.read_lines(path):
        try:
            example_id, facts = facts_of(parse_line(text), spans)
        except UserError as e:
            raise UserError("%s, line %d: %s" % (path, line, e)) from e
        result.append((example_id, tuple(facts)))
    return result


def facts_of(record: Record, spans: Mapping[int, Iterable[Tokens]]) -> Tuple[int, Facts]:
    """The id and the facts of one example of either format; missing fields are empty or 0.

    Raises:
      UserError: a field is of a wrong type, or this is no annotated example.
    """
    example_id, annotations = parse_question(record)
    tokens = _tokens(record)
    return example_id, Facts(_text(record, "question_text"), _text(record, "document_title"),
                             len(tokens), _kind(record, tokens, annotations),
                             {span: _words(tokens, *span) for span in spans.get(example_id, ())})


def _tokens(record: Record) -> Sequence[str]:
    """The page's tokens, of either format."""
    if "document_tokens" in record:
        fields = {"token": Field(TEXT)}
        columns = read_columns(record, "document_tokens", fields)
        if columns is None:
            raise UserError(find_fault(record, {"document_tokens": Field([fields])}))
        return columns[0]
    text = _text(record, "document_text")
    return text.split(" ") if text else []


def _text(record: Record, field: str) -> str:
    fault = find_fault(record, {field: Field(TEXT, required=False, nullable=True)})
    if fault is not None:
        raise UserError(fault)
    return record.get(field) or ""


def _kind(record: Record, tokens: Sequence[str], annotations: Sequence[Answers]) -> str:
    """The kind of the long answer that most annotators marked, of several the first one."""
    marked = [a.long_answer for a in annotations if not a.long_answer.is_null()]
    if not marked:
        return NULL
    (span, _), = collections.Counter(marked).most_common(1)
    tag = _TAG.match(_first_token(record, tokens, span))
    return _KINDS.get(tag.group(1).lower(), OTHER) if tag else OTHER


def _words(tokens: Sequence[str], start: int, end: int) -> str:
    """The first words of tokens [start, end), without tags."""
    words = []  # type: List[str]
    for token in tokens[start:end]:
        if _ANY_TAG.fullmatch(token):
            continue
        if len(words) == _MOST_WORDS:
            return " ".join(words) + " ..."
        words.append(token)
    return " ".join(words)


def _first_token(record: Record, tokens: Sequence[str], span: AnswerSpan) -> str:
    """The first token of the span; the HTML at its first byte where it has no tokens."""
    if 0 <= span.start_token < len(tokens):
        return tokens[span.start_token]
    if span.start_byte < 0:
        return ""
    html = _text(record, "document_html").encode("utf8", "surrogatepass")
    return html[span.start_byte:span.start_byte + _LONGEST_TAG].decode("utf8", "replace")
