"""Merges NQ shards into one, or into several of equal size, with a choice of pages."""
import collections
import contextlib
import heapq
import json
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
)

import orjson

from bert_nq.base import files, randomness
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.lines import checked_lines, read_sources
from bert_nq.datasets.nq.decoding import example_of, load_json
from bert_nq.datasets.nq.example import Annotation, Example
from bert_nq.datasets.nq.full_set import with_checked_count
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.datasets.nq.writing import writing_shards

# Keeps these draws independent of all others with the same seed and example.
_DRAW_SAMPLE = 3

# Wraps an iterable and a name of its items to show progress; see cli.program.progress.
Progress = Callable[[Iterable, str], Iterable]


class Selection(NamedTuple):
    """Which pages are taken. Random choices depend only on the seed and the example's id."""
    only_answerable: bool = False  # only pages with a long answer in at least one annotation
    share: Optional[float] = None  # the probability that one of these is taken
    # Or the number of these to take, all if there are fewer.
    count: Optional[int] = None  # type: ignore[assignment]  # hides tuple.count
    seed: int = 0


class MergeCounts(NamedTuple):
    """Numbers of pages and annotations that were read and written.

    The counters have the keys "all", "long", "short", "yes", "no" and "null". A page counts under
    each answer that any of its annotations gives, and under null if none gives a long answer.
    """
    read: int  # usable pages
    pages: "collections.Counter[str]"  # written pages
    annotations: "collections.Counter[str]"  # annotations of the written pages
    duplicates: int  # written pages with the id of an earlier one


class _InputPage(NamedTuple):
    """A page and the line that it was read from."""
    path: str
    source: str  # names the line in messages
    line: bytes
    record: Dict[str, Any]
    example: Example


def parse_sample(text: str) -> Dict[str, Any]:
    """Parses a sample size: "0.1" is a tenth of the pages, "100" is a hundred pages.

    Returns:
      `Selection`'s share or count by name: a number with a decimal point is a share, a whole number
      is a count.

    Raises:
      UserError: the text is neither a share in (0, 1] nor a count of at least 1.
    """
    with contextlib.suppress(ValueError):
        if "." not in text and int(text) >= 1:
            return {"count": int(text)}
        if "." in text and 0 < float(text) <= 1:
            return {"share": float(text)}
    raise UserError("sample %r is neither a share of the pages above 0.0 and up to 1.0, such "
                    "as 0.1, nor a number of pages, such as 5000" % text)


def merge(paths: Sequence[str], output_paths: Sequence[str], selection: Selection,
          simplified: bool, bad_input: BadInput,
          progress: Progress = lambda items, what: items,
          expected_pages: Optional[int] = None) -> MergeCounts:
    """Writes the selected pages of the input shards to the output shards, which take turns.

    All lines are checked, also those that are not selected. Lines keep their order, and their bytes
    unless they are simplified. Selecting a count reads the shards twice.

    Args:
      paths: input shards of either format.
      output_paths: output shards, written all or none; see `writing.writing_shards`.
      selection: which pages to write.
      simplified: whether to write the simplified format.
      bad_input: handles unusable lines.
      progress: wraps the pages that are read.
      expected_pages: the number of pages that the input must have, if known; see
        `full_set.with_checked_count`.

    Raises:
      UserError: no page was selected, or the number of pages is not the expected one; outputs stay
        as they were.
    """
    if selection.count is not None:
        files.check_no_pipes(paths)
    counts = collections.Counter()
    pages = progress(_read(paths, bad_input), "pages")
    if expected_pages is not None:
        pages = with_checked_count(pages, expected_pages, bad_input)
    eligible: Iterable[Any] = _eligible(pages, selection, counts)
    if selection.count is not None:
        drawn = _draw(eligible, selection.count, selection.seed)
        eligible = progress(_read_again(paths, drawn), "pages drawn")
    tallies = collections.Counter(), collections.Counter()
    ids: Set[int] = set()
    with writing_shards(output_paths) as outputs:
        for page in eligible:
            try:
                line = _simplified(page) if simplified else page.line
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            output = outputs[tallies[0]["all"] % len(outputs)]
            output.write(line if line.endswith(b"\n") else line + b"\n")
            _tally(page.example.annotations, *tallies)
            ids.add(page.example.example_id)
        if not ids:
            raise UserError("none of the %d usable pages was chosen, nothing is written"
                            % counts["read"])
    return MergeCounts(counts["read"], tallies[0], tallies[1], tallies[0]["all"] - len(ids))


def _read(paths: Iterable[str], bad_input: BadInput) -> Iterator[_InputPage]:
    for path in paths:
        for source, line in checked_lines(path, bad_input):
            try:
                yield _page(path, source, line)
            except BadExampleError as e:
                bad_input.handle(e)


def _page(path: str, source: str, line: bytes) -> _InputPage:
    record = load_json(line, source)
    return _InputPage(path, source, line, record, example_of(record, source))


def _eligible(pages: Iterable[_InputPage], selection: Selection,
              counts: "collections.Counter[str]") -> Iterator[_InputPage]:
    """Yields the pages that fit the selection, apart from its count; adds to counts["read"]."""
    for page in pages:
        counts["read"] += 1
        if selection.only_answerable and not page.example.is_answerable():
            continue
        if selection.share is not None and randomness.uniform(
                selection.seed, _DRAW_SAMPLE, page.example.example_id)[0] >= selection.share:
            continue
        yield page


def _draw(pages: Iterable[_InputPage], count: int, seed: int) -> Dict[str, Set[str]]:
    """Draws `count` pages at random, those with the smallest hashes of their ids.

    Returns:
      {path: sources of the drawn lines}.
    """
    heap: List = []  # the pages with the smallest hashes so far, negated: the greatest is first
    for order, page in enumerate(pages):
        draw = int(randomness.hash64(seed, _DRAW_SAMPLE, page.example.example_id)[0])
        entry = (-draw, -order, page.path, page.source)
        if len(heap) < count:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    drawn: Dict[str, Set[str]] = collections.defaultdict(set)
    for _, _, path, source in heap:
        drawn[path].add(source)
    return drawn


def _read_again(paths: Iterable[str], drawn: Dict[str, Set[str]]) -> Iterator[_InputPage]:
    """Yields the drawn pages. Reads each file only up to the last one: its end may be damaged."""
    for path in paths:
        remaining = len(drawn.get(path, ()))
        for source, line in read_sources(path) if remaining else ():
            if source in drawn[path]:
                yield _page(path, source, line)
                remaining -= 1
                if not remaining:
                    break


def _simplified(page: _InputPage) -> bytes:
    record = simplify(page.record, page.source)
    if record is page.record:
        return page.line
    try:
        return orjson.dumps(record)
    except TypeError:  # orjson refuses lone surrogates; json writes them as escapes.
        return json.dumps(record).encode("ascii")


def _tally(annotations: Sequence[Annotation], pages: "collections.Counter[str]",
           all_annotations: "collections.Counter[str]") -> None:
    kinds = [_kinds(a) for a in annotations]
    for names in kinds:
        all_annotations.update(["all"] + names)
    of_page = set().union(*kinds)
    pages.update(["all"] + sorted(of_page - {"null"}))
    pages["null"] += "long" not in of_page


def _kinds(annotation: Annotation) -> List[str]:
    kinds = ["long" if annotation.candidate_index >= 0 else "null"]
    if annotation.short_answers:
        kinds.append("short")
    if annotation.yes_no_answer != "NONE":
        kinds.append(annotation.yes_no_answer.lower())
    return kinds
