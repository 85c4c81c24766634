"""Answers as a terminal, or a program that reads lines of JSON, is shown them."""
import json
import os
import unicodedata
from typing import IO, Any, Dict, List, NamedTuple, Sequence, Tuple

from bert_nq.answering import listing
from bert_nq.answering.answer import Alternative, Answer, Passage
from bert_nq.answering.page_text import PageText

# Around an answer in a terminal (bold and green), and elsewhere.
COLOURS = ("\033[1;32m", "\033[0m")
SIGNS = ("»", "«")

_AROUND = 300  # characters of a paragraph that are shown on either side of an answer in it


class Style(NamedTuple):
    """How answers are shown in a terminal."""
    marks: Tuple[str, str] = SIGNS  # what is before and behind an answer in its paragraph
    is_calibrated: bool = True  # whether probabilities are; if not, it is said
    has_several: bool = False  # questions, so that each is shown


def marks_for(stream: IO[str]) -> Tuple[str, str]:
    """The marks for a stream: colours where it is a terminal that is not told otherwise."""
    has_colours = (stream.isatty() and not os.environ.get("NO_COLOR")
                   and os.environ.get("TERM") != "dumb")
    return COLOURS if has_colours else SIGNS


def as_text(answer: Answer, style: Style, num_answers: int = 1) -> str:
    """An answer, its paragraph with the answer marked, its probability and its page.

    Args:
      answer: any.
      style: how it is shown.
      num_answers: how many of the best answers are told, the given one counted.
    """
    text, page = PageText(answer.page), _shown(answer.page.source)
    lines = ["Q: " + _shown(answer.question)] if style.has_several else []
    remark = "" if style.is_calibrated else " (not calibrated)"
    if not answer.others:
        lines += ["no answer", "  nothing in %s can be one" % page]
    else:
        best = answer.others[0]
        told = "probability %s%s, %s" % (_probability(best), remark, page)
        if answer:
            lines += [_words(best), *_paragraph(best, text, style), "  " + told]
        else:
            lines += ["no answer", "  best guess: " + _words(best), *_paragraph(best, text, style),
                      "  " + told]
    for number, other in enumerate(answer.others[1:num_answers], 2):
        lines += ["%d. %s" % (number, _words(other)), *_paragraph(other, text, style),
                  "  probability " + _probability(other)]
    return "\n".join(lines) + ("\n" if style.has_several else "")


def of_pages_as_text(question: str, answers: Sequence[Answer], style: Style, num_answers: int = 1
                     ) -> str:
    """The best answer of several pages as `as_text` has it, others with their pages, and what was
    read.

    Args:
      question: as it was asked.
      answers: as `listing.best_first` has them; none where no page has a word of the question.
      style: how they are shown.
      num_answers: how many of the best answers of all pages are told, the given one counted.
    """
    if not answers:
        lines = ["Q: " + _shown(question)] if style.has_several else []
        lines += ["no answer", "  no page has a word of the question"]
    else:
        lines = [as_text(answers[0], style).rstrip("\n")]
        for number, item in enumerate(listing.listed(answers, num_answers)[1:], 2):
            page = answers[item.page].page
            lines += ["%d. %s" % (number, _words(item.alternative)),
                      *_paragraph(item.alternative, PageText(page), style),
                      "  probability %s, %s" % (_probability(item.alternative),
                                                _shown(page.source))]
        if len(answers) > 1:
            lines.append("  also read: " + ", ".join(_shown(answer.page.source)
                                                     for answer in answers[1:]))
    return "\n".join(lines) + ("\n" if style.has_several else "")


def of_pages_as_json(question: str, answers: Sequence[Answer], num_answers: int = 1) -> str:
    """The best answer of several pages as `as_json` has it, with "pages", those that were read.

    Each of "others" names its page.
    """
    items = listing.listed(answers, num_answers)
    record = listing.as_json(question, answers, items)
    if num_answers == 1:
        del record["others"]
    return json.dumps(dict(record, pages=[answer.page.source for answer in answers]))


def as_json(answer: Answer, num_answers: int = 1) -> str:
    """An answer as a line of JSON; with `num_answers` of more than 1, "others" has so many of the
    best, the first included."""
    record: Dict[str, Any] = answer.as_json()
    if num_answers > 1:
        record["others"] = [
            {"short": other.short and other.short.as_json(),
             "long": other.long and other.long.as_json(), "yes_no": other.yes_no,
             "probability": other.probability} for other in answer.others[:num_answers]]
    return json.dumps(record)  # In ASCII, which every stream can show.


def _words(answer: Alternative) -> str:
    """The answer itself: a few words, yes or no, or the beginning of a paragraph."""
    if answer.yes_no:
        return answer.yes_no
    passage = answer.short or answer.long
    return _cut(_shown(passage.text)) if passage else ""


def _paragraph(answer: Alternative, text: PageText, style: Style) -> List[str]:
    """The paragraph of an answer with the answer marked, cut around it.

    [] where there is none, or where it is the answer itself.
    """
    if answer.long is None or (answer.short is None and answer.yes_no is None):
        return []
    whole = answer.long.text
    if answer.short is None:
        return ["  " + _cut(_shown(whole))]
    start, end = _place(answer.short, answer.long, text)
    return ["  " + "".join((
        _end(_shown(whole[:start])), style.marks[0], _shown(whole[start:end]), style.marks[1],
        _cut(_shown(whole[end:]), _AROUND)))]


def _place(short: Passage, long: Passage, text: PageText) -> Tuple[int, int]:
    """The characters of a short answer in the text of the long one around it."""
    begin, _ = text.characters_of(long.start_token, long.end_token)
    start, end = text.characters_of(short.start_token, short.end_token)
    return start - begin, end - begin


def _cut(text: str, length: int = 2 * _AROUND) -> str:
    """A text, of a long one the beginning."""
    if len(text) <= length:
        return text
    place = text.rfind(" ", 0, length)
    return text[:place if place > 0 else length] + " …"


def _end(text: str) -> str:
    """A text, of a long one the end."""
    if len(text) <= _AROUND:
        return text
    place = text.find(" ", len(text) - _AROUND)
    return "… " + text[place + 1 if place >= 0 else -_AROUND:]


def _shown(text: str) -> str:
    """A text of a page without what would move a terminal's cursor or change its colours.

    Characters of format, such as a change of direction, are left out, others become blanks.
    """
    return "".join(c if c.isprintable() else "" if unicodedata.category(c) == "Cf" else " "
                   for c in text)


def _probability(answer: Alternative) -> str:
    return "%.2f" % answer.probability
