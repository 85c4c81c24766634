"""The n-best files of several models, read side by side: each page with the lists of all models.

Of files with the same pages in the same order, one page of each is in memory at a time.
"""
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Span
from bert_nq.scoring.nq.answer_files import AnswerFile
from bert_nq.scoring.nq.labels import Record
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer, read_nbest


class ModelPage(NamedTuple):
    """The answers of one model to a page."""
    example_id: int
    question: str
    longs: Dict[Span, NBestAnswer]  # each span once, with its best score
    shorts: Dict[Span, NBestAnswer]
    yes_no: Dict[str, float]  # scores by YES_NO; empty where the decoder answers neither


def read_predictor(path: str) -> Optional[Record]:
    """The model and the decoder that an n-best file names; None if it names none.

    Raises:
      UserError: it is no n-best file.
    """
    return AnswerFile(path).predictor()


def read_pages(path: str, with_texts: bool = True) -> Iterator[ModelPage]:
    """Yields the pages of an n-best file.

    Args:
      path: the file, gzipped or not.
      with_texts: False leaves the texts and the question empty, which saves most of the memory.

    Raises:
      UserError: see `read_nbest`.
    """
    for nbest in read_nbest(path):
        yield _page(nbest if with_texts else _without_texts(nbest))


def _without_texts(nbest: NBest) -> NBest:
    longs, shorts = ([answer._replace(text="") for answer in answers]
                     for answers in (nbest.long_answers, nbest.short_answers))
    return nbest._replace(question="", long_answers=longs, short_answers=shorts)


def _page(nbest: NBest) -> ModelPage:
    return ModelPage(nbest.example_id, nbest.question, _by_span(nbest.long_answers),
                     _by_span(nbest.short_answers),
                     {kind: yes_no.score for kind, yes_no in nbest.yes_no.items()})


def _by_span(answers: Sequence[NBestAnswer]) -> Dict[Span, NBestAnswer]:
    best = {}  # type: Dict[Span, NBestAnswer]
    for answer in answers:
        span = Span(answer.start_token, answer.end_token)
        if span not in best or best[span].score < answer.score:
            best[span] = answer
    return best


def read_together(paths: Sequence[str], with_texts: bool = True) -> Iterator[List[ModelPage]]:
    """Yields each page as a list of one ModelPage for each file, in the order of the first file.

    Pages that another file has earlier than the first one wait in memory.

    Raises:
      UserError: a page is not in all files, or `read_pages` raised it.
    """
    first, others = paths[0], [_Waiting(path, with_texts) for path in paths[1:]]
    for page in read_pages(first, with_texts):
        yield [page] + [other.take(page.example_id, first) for other in others]
    for other in others:
        other.check_empty(first)


class _Waiting:
    """The pages of a file by their ids; those that were read and not yet taken wait."""

    def __init__(self, path: str, with_texts: bool):
        self._path = path
        self._pages = read_pages(path, with_texts)
        self._read = {}  # type: Dict[int, ModelPage]

    def take(self, example_id: int, first: str) -> ModelPage:
        """The page of an id, which the file `first` has."""
        while example_id not in self._read:
            page = next(self._pages, None)
            if page is None:
                raise self._missing(self._path, example_id, first)
            self._read[page.example_id] = page
        return self._read.pop(example_id)

    def check_empty(self, first: str) -> None:
        """Raises UserError where a page is left that the file `first` does not have."""
        rest = next(iter(self._read), None)
        if rest is None:
            page = next(self._pages, None)
            rest = page and page.example_id
        if rest is not None:
            raise self._missing(first, rest, self._path)

    @staticmethod
    def _missing(path: str, example_id: int, other: str) -> UserError:
        return UserError("%s has no example %d, which %s has: all models must have predicted the "
                         "same pages" % (path, example_id, other))
