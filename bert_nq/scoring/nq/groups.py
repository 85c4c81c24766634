"""Scores of groups of questions: by kind of answer, length of page, question word.

All groups are scored at the best thresholds of all questions, so that the counts of the groups add
up to those of all questions.
"""
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Number, Row
from bert_nq.scoring.grouping import QUESTION_WORDS, grouped, question_word
from bert_nq.scoring.nq.facts import NULL, Facts
from bert_nq.scoring.nq.labels import Answers

SHORT, LONG_ONLY, YES_NO = "short", "long only", "yes/no"


class ScoredQuestion(NamedTuple):
    """A question with its rows at the best thresholds and the properties that group it."""
    long: Row
    short: Row
    answer_type: str  # short, yes/no, long only, none
    facts: Facts


class Count(NamedTuple):
    """The counts and scores of one kind of answer in a group of questions."""
    gold: int  # questions that have an answer
    predicted: int  # questions that were answered
    correct: int  # questions that were answered right
    precision: Number
    recall: Number
    f1: Number


class Group(NamedTuple):
    """The questions of a group and their counts."""
    name: str
    questions: int
    long: Count
    short: Count


def answer_type(annotations: Sequence[Answers], has_long: bool, has_short: bool) -> str:
    """The type of a question's answer, by the votes that the measures count.

    A short answer is of the type yes/no if more annotators answered that than marked spans.
    """
    if not has_short:
        return LONG_ONLY if has_long else NULL
    yes_no = sum(a.yes_no_answer != "none" for a in annotations)
    spans = sum(bool(a.short_answers) for a in annotations)
    return YES_NO if yes_no > spans else SHORT


def length_class(num_tokens: int) -> Tuple[int, str]:
    """The class of a page's length, between two powers of two: a sort key and "1,024-2,047"."""
    least = 1 << num_tokens.bit_length() - 1 if num_tokens > 1 else 0
    return least, "%s-%s" % (format(least, ","), format(max(1, 2 * least - 1), ","))


def tables(questions: Sequence[ScoredQuestion]) -> Dict[str, List[Group]]:
    """The groups of each table, by the table's title."""
    return {
        "answer type": _table(questions, lambda q: q.answer_type,
                              (SHORT, YES_NO, LONG_ONLY, NULL)),
        "kind of long answer": _table([q for q in questions if q.long.has_gold],
                                      lambda q: q.facts.kind, ("paragraph", "table", "list")),
        "tokens of the page": _by_length(questions),
        "question word": _table(questions, lambda q: question_word(q.facts.question),
                                QUESTION_WORDS),
    }


def _by_length(questions: Sequence[ScoredQuestion]) -> List[Group]:
    classes = {length_class(q.facts.num_tokens) for q in questions}
    return _table(questions, lambda q: length_class(q.facts.num_tokens)[1],
                  [name for _, name in sorted(classes)])


def _table(questions: Sequence[ScoredQuestion], key: Callable[[ScoredQuestion], str],
           order: Sequence[str]) -> List[Group]:
    """The groups that have questions, those in `order` first."""
    return [Group(name, len(members), count([q.long for q in members]),
                  count([q.short for q in members]))
            for name, members in grouped(questions, key, order).items()]


def count(rows: Sequence[Row]) -> Count:
    """The counts of rows, to which thresholds were applied."""
    point = f_measure.all_predictions(rows)
    return Count(sum(row.has_gold for row in rows), sum(row.has_prediction for row in rows),
                 sum(row.is_correct for row in rows), point.precision, point.recall, point.f1)


def score_questions(gold: Mapping[int, Sequence[Answers]], facts: Mapping[int, Facts],
                    long_rows: Sequence[Row], short_rows: Sequence[Row]) -> List[ScoredQuestion]:
    """All questions in the order of `gold`, from rows whose thresholds were applied."""
    return [ScoredQuestion(long, short, answer_type(annotations, long.has_gold, short.has_gold),
                           facts[example_id])
            for (example_id, annotations), long, short in zip(gold.items(), long_rows, short_rows)]


def as_json(found: Mapping[str, Sequence[Group]]) -> Dict[str, Any]:
    """The tables for a JSON file."""
    return {title: [dict(group._asdict(), long=group.long._asdict(), short=group.short._asdict())
                    for group in groups] for title, groups in found.items()}
