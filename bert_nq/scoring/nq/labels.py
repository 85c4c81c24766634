"""The answers that annotators marked and a system predicted, as the NQ scorer compares them.

A span is given by byte offsets, by token offsets or by both; ends are exclusive. Gold of the
simplified format has token offsets only. All values are checked when they are parsed, so that the
measures need not look again.
"""
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number, parse_finite, parse_id

Record = Dict[str, Any]  # a JSON object
Packed = Sequence[Any]


class AnswerSpan(NamedTuple):
    """A stretch of the page in bytes and in tokens; the pair that is not known is (-1, -1)."""

    start_byte: int = -1
    end_byte: int = -1
    start_token: int = -1
    end_token: int = -1

    def is_null(self) -> bool:
        """Whether the span stands for "no answer": it has neither bytes nor tokens."""
        return self.start_byte < 0 and self.start_token < 0

    def units(self) -> List[str]:
        """The kinds of offsets that it has: "byte", "token", both or none."""
        starts = (("byte", self.start_byte), ("token", self.start_token))
        return [unit for unit, start in starts if start >= 0]

    def matches(self, other: "AnswerSpan") -> bool:
        """Whether both have bytes and these are equal, or both have tokens and these are.

        Equal tokens match even where bytes differ, as in the official scorer, though its
        documentation says that bytes come first.
        """
        return (self.start_byte >= 0 and self[:2] == other[:2]
                or self.start_token >= 0 and self[2:] == other[2:])


class Answers(NamedTuple):
    """One annotator's or one system's answers to a question; `short_answers` has no null span."""

    long_answer: AnswerSpan = AnswerSpan()
    short_answers: Tuple[AnswerSpan, ...] = ()
    yes_no_answer: str = "none"  # "yes", "no" or "none"

    def has_short_answer(self) -> bool:
        """Whether there is a short span or a yes or no."""
        return bool(self.short_answers) or self.yes_no_answer != "none"


def packed(annotations: Iterable[Answers]) -> Packed:
    """The annotations as plain tuples, which are pickled five times as fast as named ones."""
    # tuple() is faster from a list, whose length is known, than from a generator.
    return tuple([(tuple(a.long_answer), tuple([tuple(span) for span in a.short_answers]),
                   a.yes_no_answer) for a in annotations])


def unpacked(annotations: Packed) -> Tuple[Answers, ...]:
    """The annotations again from the tuples of `packed`, or from these written as JSON.

    Raises:
      TypeError, ValueError: it is something else.
    """
    return tuple([Answers(AnswerSpan._make(long_answer),
                          tuple([AnswerSpan._make(span) for span in short_answers]), yes_no_answer)
                  for long_answer, short_answers, yes_no_answer in annotations])


class Prediction(NamedTuple):
    """A system's answers to one question and their scores."""

    example_id: int
    answers: Answers
    long_score: Number
    short_score: Number


def parse_question(record: Record) -> Tuple[int, Tuple[Answers, ...]]:
    """The id and the annotations of one NQ example of either format.

    An empty list of annotations is a question without an answer.

    Raises:
      UserError: a field is missing or a value is impossible; the message names the example.
    """
    if "example_id" not in _object(record, "the example"):
        raise UserError("the field example_id is missing: is this an NQ shard?")
    example_id = parse_id(record["example_id"])
    where = "example %d" % example_id
    if "annotations" not in record:
        raise UserError("%s: the field annotations is missing: the examples of a test split cannot "
                        "be scored" % where)
    annotations = _list(record["annotations"], "annotations", where)
    return example_id, tuple(_annotation(a, "%s, annotation %d" % (where, number))
                             for number, a in enumerate(annotations, 1))


def parse_prediction(record: Record) -> Prediction:
    """One entry of a prediction file's list.

    A missing (or null) long_answer, short_answers or yes_no_answer means that there is none.

    Raises:
      UserError: example_id or a score is missing or a value is impossible; the message names the
        example.
    """
    example_id = entry_id(record)
    where = "example %d" % example_id
    answers = _answers(record, where)
    if answers.yes_no_answer != "none" and answers.short_answers:
        raise UserError("%s: yes_no_answer is %r, then there can be no span in short_answers"
                        % (where, record["yes_no_answer"]))
    return Prediction(example_id, answers, _score(record, "long_answer_score", where),
                      _score(record, "short_answers_score", where))


def entry_id(record: Any) -> int:
    """The example id of an entry of a prediction or n-best file.

    Raises:
      UserError: it is no JSON object, or has no id.
    """
    if "example_id" not in _object(record, "the prediction"):
        raise UserError("the field example_id is missing")
    return parse_id(record["example_id"])


def parse_span(record: Record, where: str = "span") -> AnswerSpan:
    """The span of four offsets; a pair that is missing, null or negative becomes (-1, -1).

    Raises:
      UserError: one offset of a pair is missing or negative, or the start is not before the end;
        `where` begins the message.
    """
    _object(record, where)
    return AnswerSpan(*_pair(record, "byte", where), *_pair(record, "token", where))


def _annotation(record: Record, where: str) -> Answers:
    for field in ("long_answer", "short_answers", "yes_no_answer"):
        if field not in _object(record, where):
            raise UserError("%s: the field %s is missing" % (where, field))
        # As in training on the same pages, where null is no answer and 7.0 no token.
        if record[field] is None:
            raise UserError("%s: the field %s is null" % (where, field))
    answers = _answers(record, where)
    for name, span in [("long answer", record["long_answer"])] + [
            ("short answer", span) for span in record["short_answers"]]:
        for field in ("start_token", "end_token", "start_byte", "end_byte"):
            if span.get(field) is not None and not _is_integer(span[field]):
                raise UserError("%s: %s: %s %r is not an integer"
                                % (where, name, field, span[field]))
    return answers


def _answers(record: Record, where: str) -> Answers:
    long_answer = record.get("long_answer")
    short_answers = record.get("short_answers")
    if short_answers is None:
        short_answers = []
    spans = [parse_span(s, where + ": short answer")
             for s in _list(short_answers, "short_answers", where)]
    return Answers(
        AnswerSpan() if long_answer is None else parse_span(long_answer, where + ": long answer"),
        tuple(s for s in spans if not s.is_null()),
        _yes_no(record.get("yes_no_answer"), where))


def _yes_no(value: Any, where: str) -> str:
    if value is None:
        return "none"
    answer = value.lower() if isinstance(value, str) else ""
    if answer not in ("yes", "no", "none"):
        raise UserError("%s: yes_no_answer %r is none of YES, NO and NONE" % (where, value))
    return answer


def _pair(record: Record, unit: str, where: str) -> Tuple[int, int]:
    start, end = _offset(record, "start_" + unit, where), _offset(record, "end_" + unit, where)
    if start is None and end is None:
        return -1, -1
    if start is None or end is None:
        raise UserError("%s has one of start_%s and end_%s without the other"
                        % (where, unit, unit))
    if start < 0 and end < 0:
        return -1, -1
    if start < 0 or end < 0:
        raise UserError("%s: start_%s %d and end_%s %d, of which one is null and one is not"
                        % (where, unit, start, unit, end))
    if start >= end:
        raise UserError("%s: start_%s %d is not before end_%s %d"
                        % (where, unit, start, unit, end))
    return start, end


def _offset(record: Record, field: str, where: str) -> Optional[int]:
    value = record.get(field)
    if isinstance(value, float) and value.is_integer():  # as data frames write them
        return int(value)
    if value is not None and not _is_integer(value):
        raise UserError("%s: %s %r is not an integer" % (where, field, value))
    return value


def _score(record: Record, field: str, where: str) -> Number:
    if field not in record:
        raise UserError("%s: the field %s is missing: a prediction needs both scores"
                        % (where, field))
    return parse_finite(record[field], "%s: %s" % (where, field))


def _list(value: Any, field: str, where: str) -> list:
    if not isinstance(value, list):
        raise UserError("%s: %s is not a list" % (where, field))
    return value


def _object(value: Any, where: str) -> Record:
    if not isinstance(value, dict):
        raise UserError("%s is not a JSON object" % where)
    return value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
