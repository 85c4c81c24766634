"""The questions that one system answers right and another wrong."""
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence

from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.facts import Facts, Tokens
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction


class Change(NamedTuple):
    """A question that one of two systems answers right and the other wrong."""
    example_id: int
    kind: str  # "long" or "short"
    won: bool  # whether the reported system is right; else the other is
    question: str
    title: str
    gold: List[str]  # the annotators' answers, each different one once
    answer: str
    other_answer: str


class Pair(NamedTuple):
    """The answers of the reported system and of another one to all questions.

    Thresholds are applied to the rows, which are in the order of `gold`.
    """
    kind: str  # "long" or "short"
    gold: Mapping[int, Sequence[Answers]]
    rows: Sequence[Row]
    other_rows: Sequence[Row]
    predictions: Mapping[int, Prediction]
    others: Mapping[int, Prediction]

    def changed(self) -> Iterator[int]:
        """Yields the ids of the questions that only one of the systems answers right."""
        for example_id, row, other in zip(self.gold, self.rows, self.other_rows):
            if is_right(row) != is_right(other):
                yield example_id


def is_right(row: Row) -> bool:
    """Whether the answer is right: null is, for a question without one."""
    return row.is_correct if row.has_gold else not row.has_prediction


def spans(pair: Pair) -> Dict[int, List[Tokens]]:
    """The spans whose words are wanted: gold and answers of the changed questions."""
    return {i: sorted({span[2:] for span in measures.spans_of(
        list(pair.gold[i]) + [pair.predictions[i].answers, pair.others[i].answers])
        if span.start_token >= 0}) for i in pair.changed()}


def changes(pair: Pair, facts: Mapping[int, Facts]) -> List[Change]:
    """The changed questions, in the order of gold.

    Args:
      pair: the two systems.
      facts: of each question, with the words of `spans`.
    """
    at = {example_id: index for index, example_id in enumerate(pair.gold)}
    return [_change(pair, facts[i], i, pair.rows[at[i]], pair.other_rows[at[i]])
            for i in pair.changed()]


def _change(pair: Pair, facts: Facts, example_id: int, row: Row, other: Row) -> Change:
    def shown(answers: Answers, has_answer: bool) -> str:
        return shown_answer(answers, pair.kind, facts.texts) if has_answer else ""

    marked = [shown(annotation, row.has_gold) for annotation in pair.gold[example_id]]
    return Change(
        example_id, pair.kind, is_right(row), facts.question, facts.title,
        # A dict, to have each once and in order.
        list(dict.fromkeys(filter(None, marked))),
        shown(pair.predictions[example_id].answers, row.has_prediction),
        shown(pair.others[example_id].answers, other.has_prediction))


def shown_answer(answers: Answers, kind: str, texts: Mapping[Tokens, str]) -> str:
    """An answer for people: "the town (tokens 12-13)", "yes"; empty where there is none."""
    if kind == "short" and answers.yes_no_answer != "none":
        return answers.yes_no_answer
    marked = [answers.long_answer] if kind == "long" else answers.short_answers
    return ", ".join(_span(span, texts) for span in marked if not span.is_null())


def _span(span: AnswerSpan, texts: Mapping[Tokens, str]) -> str:
    """The words and the place of a span; the place names its last token or byte, "tokens 12-13"."""
    if span.start_token < 0:
        return _place("byte", span.start_byte, span.end_byte - 1)
    place = _place("token", span.start_token, span.end_token - 1)
    text = texts.get(span[2:])
    return "%s (%s)" % (text, place) if text else place


def _place(unit: str, first: int, last: int) -> str:
    return "%s %d" % (unit, first) if first == last else "%ss %d-%d" % (unit, first, last)


def as_json(found: Sequence[Change]) -> List[Dict[str, Any]]:
    """The changes for a JSON file."""
    return [dict(change._asdict()) for change in found]
