"""Many NQ shards to one, or to several of equal size: chosen pages, checked, line by line."""
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

from bert_nq.base import randomness
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.decoding import example_of, load_json
from bert_nq.datasets.nq.example import Annotation, Example
from bert_nq.datasets.nq.full_set import counted
from bert_nq.datasets.nq.shards import BadInput, checked_lines, read_lines
from bert_nq.datasets.nq.simplify import simplify
from bert_nq.datasets.nq.writing import writing_shards

# Tells the draws made here from all others that are made with the same seed and example.
_DRAW_SAMPLE = 3

# Shows how an iterable of things of some name advances; as cli.program.progress.
Progress = Callable[[Iterable, str], Iterable]


class Selection(NamedTuple):
    """Which pages go in. What is drawn depends on the seed and the example's id alone."""
    only_answerable: bool = False  # those with a long answer in at least one annotation
    share: Optional[float] = None  # each of these with this probability
    count: Optional[int] = None  # or this many of these, fewer if there are fewer
    seed: int = 0


class MergeCounts(NamedTuple):
    """What was read and written.

    The counters have "all", "long", "short", "yes", "no" and "null". A page counts under each
    answer that any of its annotations gives, and under null if none gives a long answer.
    """
    read: int  # pages that were usable
    pages: "collections.Counter[str]"  # written
    annotations: "collections.Counter[str]"  # of these pages
    duplicates: int  # pages written whose id another page before them has


class _Page(NamedTuple):
    path: str
    source: str
    line: bytes
    record: Dict[str, Any]
    example: Example


def parse_sample(text: str) -> Dict[str, Any]:
    """`Selection`'s share or count: "0.1" is a tenth of the pages, "100" is a hundred pages.

    A number with a decimal point is a share, a whole number is a count.

    Raises:
      UserError: it is neither a share in (0, 1] nor a count of at least 1.
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
    """Writes the chosen pages of shards to others, the first page to the first, and so in turn.

    Every line is checked, also those that are not chosen. Lines are written as they were read, in
    their order, unless they are simplified. A count reads the shards twice.

    Args:
      paths: shards of either format.
      output_paths: written all or none; see `writing.writing_shards`.
      selection: which pages to write.
      simplified: whether to write the simplified format.
      bad_input: told of unusable lines.
      progress: wraps the pages that are read.
      expected_pages: how many pages the shards must have, if that is known; see
        `full_set.counted`.

    Raises:
      UserError: no page was chosen, or there are not as many as expected; outputs stay as they
        were.
    """
    counts = collections.Counter()
    pages = progress(_read(paths, bad_input), "pages")
    if expected_pages is not None:
        pages = counted(pages, expected_pages, bad_input)
    eligible = _eligible(pages, selection, counts)
    if selection.count is not None:
        places = _draw(eligible, selection.count, selection.seed)
        eligible = progress(_read_again(paths, places), "pages drawn")
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


def _read(paths: Iterable[str], bad_input: BadInput) -> Iterator[_Page]:
    for path in paths:
        for source, line in checked_lines(path, bad_input):
            try:
                yield _page(path, source, line)
            except BadExampleError as e:
                bad_input.handle(e)


def _page(path: str, source: str, line: bytes) -> _Page:
    record = load_json(line, source)
    return _Page(path, source, line, record, example_of(record, source))


def _eligible(pages: Iterable[_Page], selection: Selection,
              counts: "collections.Counter[str]") -> Iterator[_Page]:
    """The pages that a selection takes, a count not yet drawn; counts those that it was given."""
    for page in pages:
        counts["read"] += 1
        if selection.only_answerable and not page.example.is_answerable():
            continue
        if selection.share is not None and randomness.uniform(
                selection.seed, _DRAW_SAMPLE, page.example.example_id)[0] >= selection.share:
            continue
        yield page


def _draw(pages: Iterable[_Page], count: int, seed: int) -> Dict[str, Set[str]]:
    """The places of `count` pages drawn at random, by file: those whose ids have least hashes."""
    heap: List = []  # of the least so far; the greatest of them, negated, is first
    for order, page in enumerate(pages):
        draw = int(randomness.hash64(seed, _DRAW_SAMPLE, page.example.example_id)[0])
        entry = (-draw, -order, page.path, page.source)
        if len(heap) < count:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    places: Dict[str, Set[str]] = collections.defaultdict(set)
    for _, _, path, source in heap:
        places[path].add(source)
    return places


def _read_again(paths: Iterable[str], places: Dict[str, Set[str]]) -> Iterator[_Page]:
    """The pages at `places`. Stops in each file behind the last one, before what may be damaged."""
    for path in paths:
        wanted = len(places.get(path, ()))
        for source, line in read_lines(path) if wanted else ():
            if source in places[path]:
                yield _page(path, source, line)
                wanted -= 1
                if not wanted:
                    break


def _simplified(page: _Page) -> bytes:
    record = simplify(page.record, page.source)
    if record is page.record:
        return page.line
    try:
        return orjson.dumps(record)
    except TypeError:  # Lone surrogates, which only escapes can express.
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
