"""Answers from the readings of several models, added up word by word."""
import itertools
from typing import Any, Dict, Iterator, Optional, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_readings import PageReading, read_readings
from bert_nq.datasets.nq.example import Candidate
from bert_nq.decoding import word_sums
from bert_nq.decoding.candidates import choose, entry_of
from bert_nq.decoding.word_sums import Reading


def entries(paths: Sequence[str], weights: Sequence[float], span_choice: str
            ) -> Iterator[Dict[str, Any]]:
    """Yields the entry of each page, one page of each file in memory at a time.

    Args:
      paths: files of readings of the same pages and candidates, in the same order.
      weights: of each file's model, above 0.
      span_choice: see decoding.candidates.CandidateDecoderOptions.

    Raises:
      UserError: a file cannot be read, or they are of other pages or candidates.
    """
    for pages in itertools.zip_longest(*map(read_readings, paths)):
        _check_same(pages, paths)
        yield entry(pages, weights, span_choice)


def entry(pages: Sequence[PageReading], weights: Sequence[float], span_choice: str
          ) -> Dict[str, Any]:
    """The entry of one page, given each model's reading of it."""
    candidates = [Candidate(*candidate.span, True) for candidate in pages[0].candidates]
    sums = [word_sums.add([Reading(*reading[2:]) for reading in readings], weights)
            for readings in zip(*(page.candidates for page in pages))]
    classes = np.array([found.classes for found in sums])
    choice = choose(candidates, np.arange(len(candidates)), classes, sums.__getitem__, span_choice)
    return entry_of(pages[0].example_id, choice)


def _check_same(pages: Sequence[Optional[PageReading]], paths: Sequence[str]) -> None:
    """Raises UserError where files go apart."""
    ended, longer = ([path for page, path in zip(pages, paths) if (page is None) == is_ended]
                     for is_ended in (True, False))
    if ended:
        raise UserError("%s has fewer pages than %s: write readings of the same pages"
                        % (ended[0], longer[0]))
    first = pages[0]
    for page, path in zip(pages, paths):
        assert page is not None and first is not None
        if page.example_id != first.example_id:
            raise UserError("%s has example %d where %s has %d: write readings of the same files "
                            "in the same order" % (path, page.example_id, paths[0],
                                                   first.example_id))
        ours, theirs = ([candidate[:2] for candidate in each.candidates] for each in (page, first))
        if ours != theirs:
            raise UserError("%s and %s have read other candidates of example %d: write readings "
                            "with the same --prefilter and --keep"
                            % (path, paths[0], first.example_id))
