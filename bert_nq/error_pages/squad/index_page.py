"""The list of all questions, with the official scores of all that were scored."""
import json
from typing import IO, Dict, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base.numbers import Number
from bert_nq.error_pages import documents, list_page
from bert_nq.error_pages.squad import outcomes
from bert_nq.error_pages.squad.outcomes import FALSE_ALARM, NULL
from bert_nq.error_pages.squad.question_page import Content
from bert_nq.scoring.squad import measures

_MAX_CHARACTERS = 120  # of an answer in the list


class Summary(NamedTuple):
    """The numbers at the head of the list, of all questions that were scored."""
    version: str  # one of measures.VERSIONS
    counts: Dict[str, int]  # of verdicts
    scores: Dict[str, Number]  # by their official names
    threshold: Number  # of the null odds
    has_na_probs: bool
    has_nbest: bool


class _Line(NamedTuple):
    """A line of the table at the head of the list."""
    title: str
    scores: List[Tuple[str, str]]  # name, value: EM, F1, questions
    counts: List[Tuple[str, str, Optional[str]]]  # verdict, its words, how many have it


def row(content: Content, href: str) -> str:
    """A question's row as JSON.

    A list of href, id, question, title, verdict, gold text, predicted text, exact match, F1, null
    odds, probability, and whether the prediction counts as an answer.
    """
    question, best = content.question, (content.nbest or [None])[0]
    return json.dumps([
        href, question.question.question_id, content.example.question, content.example.title,
        question.verdict, _cut(content.highlights.gold[0].text if content.highlights.gold else ""),
        _cut(question.text), documents.number(question.row.exact),
        documents.number(question.row.f1), documents.number(question.na_prob),
        documents.number(best.probability if best else None), int(question.row.is_answered)])


def write(out: IO[bytes], summary: Summary, rows: Sequence[str]) -> None:
    """Writes the file.

    Args:
      out: takes the bytes.
      summary: of all questions that were scored.
      rows: made by `row`, in their order.
    """
    list_page.write(out, __package__, rows, summary=summary, lines=_lines(summary),
                    num_scored=format(sum(summary.counts.values()), ","),
                    verdicts=outcomes.verdicts_of(summary.version))


def _lines(summary: Summary) -> List[_Line]:
    scores = summary.scores
    if summary.version == measures.V1:
        total = sum(summary.counts.values())
        return [_line("All questions", scores["exact_match"], scores["f1"], total, summary, ())]
    lines = [_line("All questions", scores["exact"], scores["f1"], scores["total"], summary, ())]
    none = (FALSE_ALARM, NULL)
    others = tuple(verdict for verdict in summary.counts if verdict not in none)
    for title, prefix, without in (("With an answer", "HasAns_", none),
                                   ("Without an answer", "NoAns_", others)):
        if prefix + "total" in scores:
            lines.append(_line(title, scores[prefix + "exact"], scores[prefix + "f1"],
                               scores[prefix + "total"], summary, without))
    return lines


def _line(title: str, exact: Number, f1: Number, total: Number, summary: Summary,
          without: Sequence[str]) -> _Line:
    return _Line(title, [("EM", "%.4f" % exact), ("F1", "%.4f" % f1),
                         ("questions", format(total, ","))],
                 [(verdict, outcomes.VERDICTS[verdict],
                   None if verdict in without else format(count, ","))
                  for verdict, count in summary.counts.items()])


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[:_MAX_CHARACTERS] + " …"
