"""The work folder of an unfinished run: the results that the run after it carries on with.

    .train.tfrecord.work/
        lock            held by the run that is under way
        plan.json       settings and inputs, with a checksum
        train-00….run   the large part of a piece's result, such as records
        train-00….json  its result, written last: without it the piece is not finished

Disks and people damage files: a result is noted with checksums of itself and of its large part, by
which a later run sees what it cannot carry on with.
"""
import contextlib
import hashlib
import json
import os
import tempfile
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set

import google_crc32c

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError

_PLAN, _LOCK = "plan.json", "lock"


class Input(NamedTuple):
    """A file that a run reads."""
    path: str
    fingerprint: str  # see files.fingerprint


class WorkFolder:
    """See the module. All writing is done while the lock is held."""

    def __init__(self, path: str):
        self.path = path

    def run_path(self, name: str) -> str:
        """The path of the large part of the result of the piece `name`."""
        return os.path.join(self.path, name + ".run")

    def result(self, name: str) -> Optional[Dict[str, Any]]:
        """The result that `finish` noted of `name`; None if it is not finished.

        Raises:
          UserError: the note is damaged.
        """
        note = self._note(name)
        return None if note is None else note["result"]

    def check_large_part(self, name: str) -> None:
        """Raises UserError where the large part of a finished result is not what was noted of it.

        All of it is read.
        """
        note = self._note(name)
        if note is not None and note["large_part"] != self._large_part(name):
            raise UserError("%s is damaged" % self.run_path(name))

    def finish(self, name: str, result: Dict[str, Any]) -> None:
        """Notes that `name` is finished; its files must be complete."""
        files.write_json(self._note_path(name), {
            "result": result, "crc32c": _crc32c_of_json(result),
            "large_part": self._large_part(name)})

    def _note_path(self, name: str) -> str:
        return os.path.join(self.path, name + ".json")

    def _note(self, name: str) -> Optional[Dict[str, Any]]:
        path = self._note_path(name)
        note = files.read_json(path)
        if note is None:
            return None
        return _checked(note, path, "result", {"result", "crc32c", "large_part"})

    def _large_part(self, name: str) -> Optional[str]:
        """The CRC-32C of the large part of a result; None where it has none."""
        path = self.run_path(name)
        return files.crc32c(path) if os.path.exists(path) else None

    def finished(self) -> List[str]:
        """The names of all that is finished."""
        return [name[:-len(".json")] for name in self._files()
                if name.endswith(".json") and not name.startswith(".") and name != _PLAN]

    def _files(self) -> List[str]:
        """The names of all that is there but for folders, which none of ours has made."""
        return [name for name in sorted(os.listdir(self.path))
                if not os.path.isdir(os.path.join(self.path, name))]

    def plan(self) -> Optional[Dict[str, Any]]:
        """The plan of the run before; None at the first run.

        Raises:
          UserError: it is damaged.
        """
        path = os.path.join(self.path, _PLAN)
        note = files.read_json(path)
        return None if note is None else _checked(note, path, "plan", {"plan", "crc32c"})["plan"]

    def resume(self, settings: Dict[str, Any], inputs: List[Input],
               note: Callable[[str], None]) -> Optional[Dict[str, Any]]:
        """The plan of the run before, if its results can be of use.

        Those of other settings cannot: then all that is there is removed.

        Args:
          settings: all that decides the results of this run, besides the inputs.
          inputs: of this run.
          note: told what has changed since the run before.
        """
        try:
            before = self.plan()
            if before is None:
                return None
            inputs_before = [Input(*i) for i in before["inputs"]]
            changed = changes(dict(before["settings"]), inputs_before, settings, inputs)
        except (KeyError, TypeError, UserError, ValueError):
            note("the plan of the unfinished run before this one is damaged: all is done anew")
            self.remove_contents()
            return None
        if changed:
            note("the unfinished run before this one was different: %s" % changed)
        if before["settings"] == settings:
            return before
        self.remove_contents()
        return None

    def start(self, plan: Dict[str, Any], wanted: Callable[[str], bool]) -> None:
        """Notes the plan, and removes all that is of another plan or half-written.

        Args:
          plan: for the next run, which reads it by `plan`.
          wanted: whether a name is that of a piece of the plan, or may stay otherwise.
        """
        for name in self._files():
            stem = os.path.splitext(name)[0]
            if name not in (_PLAN, _LOCK) and (name.startswith(".") or not wanted(stem)):
                os.unlink(os.path.join(self.path, name))
        files.write_json(os.path.join(self.path, _PLAN),
                         {"plan": plan, "crc32c": _crc32c_of_json(plan)})

    def remove_contents(self) -> None:
        """Removes all but the lock."""
        for name in self._files():
            if name != _LOCK:
                os.unlink(os.path.join(self.path, name))

    def is_empty(self) -> bool:
        """Whether nothing is finished."""
        return not self.finished()

    @contextlib.contextmanager
    def telling_what_is_kept(self) -> Iterator[None]:
        """Lets a UserError of this block say that the next run carries on, if anything is kept."""
        try:
            yield
        except UserError as e:
            if self.is_empty():
                raise
            raise type(e)("%s; what was finished is kept in %s: the same command carries on"
                          % (e, self.path)) from e


def inputs_of(paths: Sequence[str]) -> List[Input]:
    """The files at `paths` as they are now."""
    return [Input(files.absolute(path), files.fingerprint(path)) for path in paths]


def work_path(output: str) -> str:
    """The work folder of an `output`: beside it, or for remote ones in the temporary
    folder of this machine."""
    if files.is_remote(output):
        digest = hashlib.sha256(output.encode("utf8")).hexdigest()[:16]
        return os.path.join(tempfile.gettempdir(), "bert_nq-%s.work" % digest)
    folder, name = os.path.split(os.path.abspath(output))
    return os.path.join(folder, ".%s.work" % name)


@contextlib.contextmanager
def opened(path: str) -> Iterator[WorkFolder]:
    """Locks the work folder, which is made where it is missing.

    At the end it is removed, unless something in it is finished that a later run can use.

    Raises:
      UserError: another run is under way.
    """
    folder = WorkFolder(path)
    try:
        with locking.locked(os.path.join(path, _LOCK)):
            try:
                yield folder
            finally:
                if folder.is_empty():
                    folder.remove_contents()
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(path)  # Refused where something is left.


def changes(settings_before: Dict[str, Any], inputs_before: List[Input], settings: Dict[str, Any],
            inputs: List[Input]) -> str:
    """The changes since a run before, as a person reads them; "" if there are none."""
    found = difference(settings_before, settings)
    before, now = dict(inputs_before), dict(inputs)
    changed = [path for path in now if before.get(path, now[path]) != now[path]]
    gone = [path for path in before if path not in now]
    added = [path for path in now if path not in before]
    parts = [found] if found else []
    for what, paths in (("has changed", changed), ("is no longer an input", gone),
                        ("is a new input", added)):
        if paths:
            more = " (and %d more)" % (len(paths) - 1) if len(paths) > 1 else ""
            parts.append("%s%s %s" % (paths[0], more, what))
    if not parts and inputs_before != inputs:
        parts.append("the inputs come in another order")
    return "; ".join(parts)


def difference(before: Dict[str, Any], now: Dict[str, Any]) -> str:
    """The differences of two settings: "max_seq_length was 384 and is 512"; "" if none."""
    return ", ".join("%s was %s and is %s" % (name, json.dumps(before.get(name)),
                                              json.dumps(now.get(name)))
                     for name in sorted(set(before) | set(now))
                     if before.get(name) != now.get(name))


def _checked(note: Any, path: str, part: str, fields: Set[str]) -> Dict[str, Any]:
    """The JSON of a note itself.

    Raises:
      UserError: it is damaged: it has not these fields, or `part` has another checksum.
    """
    try:
        if set(note) == fields and note["crc32c"] == _crc32c_of_json(note[part]):
            return note
    except (TypeError, RecursionError):  # No object, or one that is too deep to be written.
        pass
    raise UserError("%s is damaged" % path)


def _crc32c_of_json(value: Any) -> str:
    """The CRC-32C of a JSON value as text, the same before it is written and after it is read."""
    return "%08x" % google_crc32c.value(
        json.dumps(value, sort_keys=True).encode("ascii"))
