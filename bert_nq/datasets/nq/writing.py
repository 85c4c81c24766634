"""Writing NQ shards: their names, their compression, and all of them or none."""
import contextlib
import os
import re
from typing import IO, Iterable, Iterator, List, Sequence

from bert_nq.base import files
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import UserError

SUFFIXES = (".jsonl.gz", ".jsonl")


def shard_paths(output: str, num_shards: int) -> List[str]:
    """The files that an output is written to: itself, or out/dev-00.jsonl.gz, out/dev-01...

    Raises:
      UserError: the name ends in none of `SUFFIXES`.
    """
    stem, suffix = _split(output)
    if num_shards == 1:
        return [output]
    width = max(2, len(str(num_shards - 1)))
    return ["%s-%0*d%s" % (stem, width, i, suffix) for i in range(num_shards)]


def shard_pattern(output: str, num_shards: int) -> str:
    """A path or glob that finds all of `shard_paths` again."""
    return output if num_shards == 1 else "%s-*%s" % _split(output)


def beside(output: str, suffix: str) -> str:
    """The name of a file that belongs to an output: for out/dev.jsonl.gz, out/dev and `suffix`."""
    return _split(output)[0] + suffix


def _split(output: str):
    for suffix in SUFFIXES:
        if output.endswith(suffix) and os.path.basename(output) != suffix:
            return output[:-len(suffix)], suffix
    raise UserError("the output %r must have a name that ends in %s"
                    % (output, " or ".join(SUFFIXES)))


def check_outputs(output: str, num_shards: int, inputs: Sequence[str]) -> None:
    """Refuses outputs that would do harm, before anything is written.

    Shards that an earlier run with another number of shards has left would be read together with
    the new ones by whoever gives a glob. They are not removed, since they may be somebody's data.

    Raises:
      UserError: an output is an input too, is a folder, or such a shard is there. (Remote folders
        are not looked into.)
    """
    outputs = shard_paths(output, num_shards)
    for path in outputs:
        files.check_output(path, inputs)
    stale = _other_shards(output, outputs) if num_shards > 1 else []
    if stale:
        raise UserError("%s would be left beside the %d new shards (%d such files): remove them or "
                        "choose another output" % (stale[0], num_shards, len(stale)))


def _other_shards(output: str, outputs: Sequence[str]) -> List[str]:
    """Files named like shards of `output` that are not among `outputs`."""
    folder = os.path.dirname(output)
    if files.is_remote(output) or not os.path.isdir(folder or "."):
        return []
    stem, suffix = _split(os.path.basename(output))
    shard = re.compile(re.escape(stem) + r"-\d+" + re.escape(suffix))
    found = [os.path.join(folder, name) for name in os.listdir(folder or ".")
             if shard.fullmatch(name)]
    return sorted(set(found) - set(outputs))


@contextlib.contextmanager
def writing_shards(paths: Sequence[str]) -> Iterator[List[IO[bytes]]]:
    """Files to write lines to, compressed where the name ends in .gz.

    All of them appear under their names when the block ends, or none does. The bytes depend on the
    lines alone: no time and no name is in them.
    """
    with contextlib.ExitStack() as stack:
        raw_files = [stack.enter_context(files.replacing(path)) for path in paths]
        with contextlib.ExitStack() as streams:
            yield [streams.enter_context(_stream(raw, path))
                   for raw, path in zip(raw_files, paths)]
        for raw in raw_files:  # A full disk must show before the first one is renamed.
            raw.flush()


def write_dealt(paths: Sequence[str], lines: Iterable[bytes], nothing: str) -> None:
    """Deals lines, which come without their ends, to shards: the first to the first, and so on.

    Args:
      paths: of the shards, see `writing_shards`.
      lines: any number of them.
      nothing: what to say if there are none, in which case nothing is written.

    Raises:
      UserError: there are none.
    """
    with writing_shards(paths) as outputs:
        number = -1
        for number, line in enumerate(lines):
            outputs[number % len(outputs)].write(line + b"\n")
        if number < 0:
            raise UserError(nothing)


def _stream(raw: IO[bytes], path: str):
    if not path.endswith(".gz"):
        return contextlib.nullcontext(raw)
    return deflating(raw)
