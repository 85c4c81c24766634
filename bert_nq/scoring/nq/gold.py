"""The reader of the annotations of NQ shards, several shards at a time."""
import concurrent.futures
import gc
import signal
from concurrent.futures.process import BrokenProcessPool
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Sequence,
    Tuple,
    TypeVar,
)

from bert_nq.base import lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_lines import parse_line
from bert_nq.scoring.nq import skimming
from bert_nq.scoring.nq.labels import Answers, Packed, packed, parse_question, unpacked

T = TypeVar("T")

Gold = Dict[int, Tuple[Answers, ...]]  # by example id


class Question(NamedTuple):
    """The annotations of one line of a shard."""

    line: int  # counted from 1
    example_id: int
    annotations: Tuple[Answers, ...]


def read_gold(paths: Sequence[str], num_processes: int = 1) -> Gold:
    """The annotations of all examples of `paths`; see `read_shards` and `merge_shards`."""
    return merge_shards(paths, read_shards(paths, num_processes))


def read_usable(paths: Sequence[str], bad_input: BadInput) -> Gold:
    """`read_gold`, in this process, without the lines that cannot be used.

    Args:
      paths: as those of `read_shards`.
      bad_input: told of these lines.
    """
    gold = {}  # type: Gold
    places = {}  # type: Dict[int, str]
    for path in paths:
        for source, text in lines.checked_lines(path, bad_input):
            try:
                example_id, annotations = parse_question(parse_line(text))
                if example_id in gold:
                    raise UserError("example %d was already in %s" % (example_id,
                                                                      places[example_id]))
            except UserError as e:
                bad_input.handle(BadExampleError("%s: %s" % (source, e)))
                continue
            gold[example_id], places[example_id] = annotations, source
    return gold


def read_shards(paths: Sequence[str], num_processes: int = 1) -> Iterator[List[Question]]:
    """Yields the questions of each shard, in the order of `paths`, however many processes read.

    Args:
      paths: .jsonl or .jsonl.gz, original or simplified format.
      num_processes: how many shards are read at a time. A few more than there are processors keep
        all of these busy to the end.

    Raises:
      UserError: a shard cannot be read, or a line of it is not an annotated NQ example.
    """
    if min(num_processes, len(paths)) <= 1:
        yield from map(read_shard, paths)
        return
    for questions in in_processes(_read_packed, paths, num_processes):
        yield [Question(line, example_id, unpacked(annotations))
               for line, example_id, annotations in questions]


def in_processes(read: Callable[[str], T], paths: Sequence[str], num_processes: int) -> Iterator[T]:
    """Yields `read(path)` for each path, in their order, computed by several processes.

    Raises:
      UserError: `read` raised it, or a process was killed.
    """
    num_processes = min(num_processes, len(paths))
    if num_processes <= 1:
        yield from map(read, paths)
        return
    try:
        with concurrent.futures.ProcessPoolExecutor(num_processes, initializer=_start) as pool:
            yield from pool.map(read, paths)
    except BrokenProcessPool as e:
        raise UserError("a process that read %s was killed, perhaps for want of memory: try "
                        "--num_threads=1" % _first_and_count(paths)) from e


def read_shard(path: str) -> List[Question]:
    """The questions of one shard, in the order of its lines."""
    # Damage in skipped parts of a gzip file shows in its checksum; a plain text has none.
    decode = _skim_or_parse if path.endswith(".gz") else parse_line
    questions = []
    for line, text in lines.read_lines(path):
        try:
            questions.append(Question(line, *parse_question(decode(text))))
        except UserError as e:
            raise UserError("%s, line %d: %s" % (path, line, e)) from e
    return questions


def _read_packed(path: str) -> List[Tuple[int, int, Packed]]:
    return [(line, example_id, packed(annotations))
            for line, example_id, annotations in read_shard(path)]


def merge_shards(paths: Sequence[str], shards: Iterable[List[Question]]) -> Gold:
    """The annotations by example id.

    Args:
      paths: the shards' names, for messages.
      shards: the questions of each of `paths`.

    Raises:
      UserError: an example id occurs twice, or there is no example at all.
    """
    gold = {}  # type: Gold
    places = {}  # type: Dict[int, Tuple[str, int]]
    for questions, path in zip(shards, paths):
        for line, example_id, annotations in questions:
            if example_id in gold:
                raise UserError("%s, line %d: example %d was already in %s, line %d"
                                % ((path, line, example_id) + places[example_id]))
            gold[example_id] = annotations
            places[example_id] = (path, line)
    if not gold:
        raise UserError("%s: there is no example in it" % _first_and_count(paths))
    return gold


def _skim_or_parse(line: bytes) -> Any:
    record = skimming.skim(line)
    return parse_line(line) if record is None else record


def _start() -> None:
    """Prepares a reading process."""
    # Ctrl-C ends it without a traceback; the program itself reports it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Annotations hold no cycles, and looking for them takes longer than making the annotations.
    gc.disable()


def _first_and_count(paths: Sequence[str]) -> str:
    return paths[0] + (" (and %d more)" % (len(paths) - 1) if len(paths) > 1 else "")
