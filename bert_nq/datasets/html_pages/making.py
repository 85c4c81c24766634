"""Lines of Natural Questions made of pages and questions about them."""
import collections
import os
import re
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import unquote

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.html_pages.locating import PageText, Place
from bert_nq.datasets.html_pages.nq_lines import nq_line
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.questions import Question
from bert_nq.datasets.html_pages.reading import SUFFIXES, read_page
from bert_nq.datasets.nq.example import Annotation

# What is counted, as summaries call it.
Counts = collections.Counter

NULL = Annotation(-1, (), "NONE")

# Given the number of a path and its page, the questions about it.
QuestionsOf = Callable[[int, Page], Sequence[Question]]


class Pages(NamedTuple):
    """Files of pages, and the names by which questions call them."""
    paths: Sequence[str]
    names: Sequence[str]  # one a path: that of its file, or its path where files share a name
    by_name: Dict[str, Optional[int]]  # numbers of paths; None for a name that several have


def pages_of(paths: Sequence[str]) -> Pages:
    """Files by their names: Old_mill.html is found as old_mill.html, "Old_mill" and "Old mill"."""
    base = [os.path.basename(path) for path in paths]
    shared = {name for name, count in collections.Counter(base).items() if count > 1}
    names = [path if name in shared else name for path, name in zip(paths, base)]
    by_name: Dict[str, Optional[int]] = {}
    for number, (path, name) in enumerate(zip(paths, base)):
        for key in {_key(path), _key(name), _key(_stem(name)), _key(_stem(path))}:
            by_name[key] = None if key in by_name else number
    return Pages(paths, names, by_name)


def _stem(name: str) -> str:
    endings = "|".join(map(re.escape, SUFFIXES))
    return re.sub(r"(?:%s)?(?:\.gz)?$" % endings, "", name, flags=re.IGNORECASE)


def _key(name: str) -> str:
    """A name as it is compared; SQuAD's titles are those of addresses, Fr%C3%A9d%C3%A9ric_Chopin.
    """
    return " ".join(unquote(name).replace("_", " ").split()).lower()


def by_page(questions: Iterable[Question], pages: Pages, bad_input: BadInput
            ) -> Dict[int, List[Question]]:
    """The questions about each page, by its number among the paths."""
    found: Dict[int, List[Question]] = collections.defaultdict(list)
    for question in questions:
        key = _key(question.page)
        number = pages.by_name.get(key)
        if number is not None:
            found[number].append(question)
        else:
            bad_input.handle(BadExampleError(
                "%s: %s" % (question.source, "several pages are called %.80r: give its path"
                            % question.page if key in pages.by_name else
                            "no page is called %.80r: it is to be the name of a file of --input"
                            % question.page)))
    return found


def asking(texts: Sequence[str]) -> QuestionsOf:
    """Asks the same of every page; without texts, for its title."""
    return lambda number, page: [
        Question(page.source, " ".join(text.split()), None, None, page.source)
        for text in texts or [page.title]]


def asking_of(questions: Dict[int, List[Question]]) -> QuestionsOf:
    """Asks every page its own questions, see `by_page`."""
    return lambda number, page: questions.get(number, [])


def lines(pages: Pages, questions_of: QuestionsOf, bad_input: BadInput, counts: Counts,
          note: Callable[[str], None], charset: Optional[str] = None) -> Iterator[bytes]:
    """Yields a line, without its end, for every question about pages; one page is in memory.

    Args:
      pages: the files.
      questions_of: gives the questions about a page.
      bad_input: told of pages that cannot be used.
      counts: is added to.
      note: told of answers that are not found.
      charset: the encoding of all pages, if given.
    """
    ids = set()
    for number, path in enumerate(pages.paths):
        try:
            page = read_page(path, charset)
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        counts["pages"] += 1
        counts["candidates"] += len(page.candidates)
        questions = merged(questions_of(number, page))
        counts["pages without a question"] += not questions
        for question, annotations in annotated(page, questions, counts, note):
            example_id = hashed_id("%s\n%s" % (pages.names[number], question))
            if example_id in ids:
                raise UserError("%s: the id of %r is that of another question" % (path, question))
            ids.add(example_id)
            counts["examples"] += 1
            yield nq_line(page, question, example_id, annotations)


def merged(questions: Iterable[Question]) -> List[List[Question]]:
    """Groups of the same question, in the order of their first ones: as of several annotators."""
    groups: Dict[str, List[Question]] = {}
    for question in questions:
        groups.setdefault(question.text, []).append(question)
    return list(groups.values())


def annotated(page: Page, groups: Iterable[List[Question]], counts: Counts,
              note: Callable[[str], None]) -> Iterator[Tuple[str, List[Annotation]]]:
    """Yields (question, annotations) of the groups whose answers, if any, are found in the page."""
    text = PageText(page) if page.candidates else None
    for group in groups:
        wanted = [(q, a) for q in group for a in q.answers or ()]
        places = [_place(text, question, answer) for question, answer in wanted]
        found = list(filter(None, places))
        counts["answers"] += len(found)
        counts["answers not found in their page"] += len(places) - len(found)
        counts["answers at several places"] += sum(place.num_places > 1 for place in found)
        if wanted and not found:
            counts["questions skipped"] += 1
            if counts["questions skipped"] <= 5:
                note("skipped: %s: the answer %.60r is not in the page"
                     % (group[0].source, wanted[0][1].text))
            continue
        annotations = [Annotation(place.candidate_index, (place.span,), "NONE")
                       for place in dict.fromkeys(found)]
        annotations += [NULL for q in group if q.answers == ()]
        if annotations and not found:
            counts["questions without an answer"] += 1
        yield group[0].text, annotations


def _place(text: Optional[PageText], question: Question, answer) -> Optional[Place]:
    if text is None:
        return None
    if question.context is not None:
        return text.find_in(question.context, answer.text, answer.start_char)
    return text.find(answer.text, question.text)
