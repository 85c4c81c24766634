"""The reader of annotated questions, without their contexts and the places of their answers.

Files of SQuAD's own format are read here. Other formats are taken apart by the dataset's reader,
which is given by the caller.
"""
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.json_lines import parse_line
from bert_nq.base.reading import Read
from bert_nq.scoring.whole_files import read_bytes


class Question(NamedTuple):
    """An annotated question."""
    question_id: str
    question: str
    answers: Tuple[str, ...]  # as annotated; none where the question is impossible
    is_impossible: Optional[bool]  # None where it is not said, as in version 1.1
    source: str  # "dev-v2.0.json, question 17 (56ddde6b9a695914005b9628)"


def read_questions(paths: Sequence[str], read: Optional[Read] = None,
                   bad_input: Optional[BadInput] = None) -> Dict[str, Question]:
    """The questions of files, by their ids, in their order.

    Args:
      paths: of SQuAD's own format, or of one that `read` knows; gzip or not.
      read: takes files of other formats apart into questions as JSON, see `base.reading`.
      bad_input: told of questions that cannot be used; None: these are errors.

    Raises:
      UserError: a file cannot be read, a field is missing or of another type, an id occurs twice,
        or there is no question.
    """
    questions: Dict[str, Question] = {}
    for path in paths:
        for question in _of_file(path, read, bad_input):
            earlier = questions.setdefault(question.question_id, question)
            if earlier is not question:
                _handle(bad_input, "%s: this id was already in %s" % (question.source,
                                                                      earlier.source))
    if not questions:
        raise UserError("%s: there is no question in it" % paths[0])
    return questions


def read_gold(paths: Sequence[str], read: Optional[Read] = None) -> Dict[int, Question]:
    """`read_questions`, by the examples' ids."""
    return _by_example(read_questions(paths, read))


def read_usable(paths: Sequence[str], bad_input: BadInput, read: Optional[Read] = None
                ) -> Dict[int, Question]:
    """`read_gold` without the questions that cannot be used, of which `bad_input` is told."""
    return _by_example(read_questions(paths, read, bad_input))


def _by_example(questions: Dict[str, Question]) -> Dict[int, Question]:
    return {hashed_id(question_id): question for question_id, question in questions.items()}


def _handle(bad_input: Optional[BadInput], fault: str) -> None:
    if bad_input is None:
        raise UserError(fault)
    bad_input.handle(BadExampleError(fault))


def _of_file(path: str, read: Optional[Read], bad_input: Optional[BadInput]
             ) -> Iterator[Question]:
    data, content = read_bytes(path), None
    try:
        content = parse_line(data)
    except UserError as e:  # Lines of JSON, or a table, are not JSON as a whole.
        if read is None:
            raise UserError("%s is %s" % (path, e)) from e
    articles = _articles(content)
    if articles is not None:
        for number, record in enumerate(_of_articles(articles, path), 1):
            try:
                question = _question(record, path, number)
            except UserError as e:
                _handle(bad_input, str(e))
            else:
                yield question
        return
    if read is None:
        raise UserError('%s is not of SQuAD\'s format, {"data": [{"paragraphs": ...}]}' % path)
    items = read(path, None)
    for number, item in lines.until_damaged(items, bad_input) if bad_input else items:
        try:
            question = _question(parse_line(item), path, number)
        except UserError as e:
            _handle(bad_input, str(e))
            continue
        # These formats need not say what is false for all questions.
        yield question if question.is_impossible else question._replace(is_impossible=None)


def _articles(content: Any) -> Optional[List[Any]]:
    """The articles of SQuAD's own format; None where it is another one."""
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, list) or not all(
            isinstance(article, dict) and isinstance(article.get("paragraphs"), list)
            for article in data):
        return None
    return data


def _of_articles(articles: List[Any], path: str) -> Iterator[Any]:
    """Yields the questions of articles as they are in the file."""
    number = 0
    for article in articles:
        for paragraph in article["paragraphs"]:
            if not isinstance(paragraph, dict) or not isinstance(paragraph.get("qas"), list):
                raise UserError('%s, after question %d: a paragraph has no list "qas"'
                                % (path, number))
            number += len(paragraph["qas"])
            yield from paragraph["qas"]


def _question(record: Any, path: str, number: int) -> Question:
    source = lines.source_of(path, number, "question")
    if not isinstance(record, dict):
        raise UserError("%s is not a JSON object" % source)
    question_id = record.get("id")
    if type(question_id) is int:  # as rows of a table may have it
        question_id = str(question_id)
    if "fault" not in record and not isinstance(question_id, str):
        raise UserError("%s: its id is %.40r, not a string" % (source, question_id))
    if question_id is not None:
        source = "%s (%s)" % (source, question_id)
    if "fault" in record:  # The dataset's reader could not use it.
        raise UserError("%s: %s" % (source, record["fault"]))
    is_impossible = record.get("is_impossible")
    if not (is_impossible is None or isinstance(is_impossible, bool)):
        raise UserError("%s: is_impossible is %.40r, not true or false" % (source, is_impossible))
    question = record.get("question")
    references = record.get("references")  # of MRQA, beside the answers that its context has
    answers = tuple(references) if references else _answers(record.get("answers"), source)
    return Question(question_id, question if isinstance(question, str) else "", answers,
                    is_impossible, source)


def _answers(answers: Any, source: str) -> Tuple[str, ...]:
    if not isinstance(answers, list):
        raise UserError("%s: it has no list of answers: a test split cannot be scored" % source)
    found = [answer.get("text") if isinstance(answer, dict) else None for answer in answers]
    for text in found:
        if not isinstance(text, str):
            raise UserError("%s: an answer has no text" % source)
    return tuple(found)
