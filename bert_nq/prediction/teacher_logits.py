"""The job that computes the logits of teachers for files of records: see records.teacher_logits.

A file is written chunk by chunk beside its final name and gets that name when it is complete. A job
that was killed goes on behind the last whole chunk, and since the logits of a chunk depend on the
chunk alone, the bytes are those of a job that was not. Who makes the model imports TensorFlow.
"""
import contextlib
import glob
import os
from typing import TYPE_CHECKING, Callable, Dict, Iterator, List, NamedTuple, Tuple

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.records import teacher_logits, tfrecord, training_files
from bert_nq.records.teacher_logits import LogitsFile, Manifest, Settings
from bert_nq.records.training_files import Demands

if TYPE_CHECKING:
    from bert_nq.prediction.choice_model import ChoiceModel, Chosen

CHUNK = 256  # windows: what is shown at once, and lost where a job is killed

_LOCK = ".teacher_logits.lock"
_PARTIAL = ".%s.partial"


class Job(NamedTuple):
    """Logits that are wanted."""
    record_paths: List[str]
    output_dir: str
    settings: Settings
    demands: Demands  # of the records
    num_checked: int  # windows of the first file that the teacher is measured on


class Computed(NamedTuple):
    """The logits that are there now."""
    manifest: Manifest
    windows: int  # of all files
    windows_done: int  # that were computed in this run


def check(job: Job) -> None:
    """Raises UserError where a job cannot be done: the folder has other logits, files of one name.
    """
    if files.is_remote(job.output_dir):
        raise UserError("--output_dir=%s: logits are written on this machine: copy the folder "
                        "there afterwards" % job.output_dir)
    names = list(map(os.path.basename, job.record_paths))
    for name in names:
        if names.count(name) > 1:
            raise UserError("two of the record files are called %s: compute the logits of each in "
                            "an --output_dir of its own" % name)
    known = teacher_logits.read_manifest(job.output_dir)
    if known is None:
        return
    for name, theirs, ours in zip(Settings._fields, known.settings, job.settings):
        if theirs != ours:
            raise UserError("%s holds logits of another teacher or of other settings (%s: %s, now "
                            "%s): choose another --output_dir" % (job.output_dir, name, theirs,
                                                                  ours))


def run(job: Job, model: "ChoiceModel", check_teacher: Callable[[Dict[str, float]], None],
        show: Callable[[int, int], None]) -> Computed:
    """Computes what is missing.

    Args:
      job: see Job; `check` has been called.
      model: of the teachers.
      check_teacher: given what was measured of the teacher, raises UserError where it knows
        nothing.
      show: given how many windows are done, and how many there are.

    Raises:
      UserError: a record cannot be used, a file cannot be written, or another run is at work.
    """
    files.make_folder(job.output_dir)
    with locking.locked(os.path.join(job.output_dir, _LOCK)):
        manifest = _manifest(job, model, check_teacher)
        counts = [tfrecord.count_records(path) for path in job.record_paths]
        before = done = 0
        for path, count in zip(job.record_paths, counts):
            work = _File(job, model, path, LogitsFile(
                os.path.basename(path), teacher_logits.fingerprint_of(path), count))
            if work.entry not in manifest.files or not os.path.exists(work.output):
                for position, size in work.compute():
                    done += size
                    show(before + position, sum(counts))
                manifest = manifest._replace(files=sorted(
                    [other for other in manifest.files if other.records != work.entry.records]
                    + [work.entry]))
                teacher_logits.write_manifest(job.output_dir, manifest)
            before += count
    return Computed(manifest, sum(counts), done)


def _manifest(job: Job, model: "ChoiceModel",
              check_teacher: Callable[[Dict[str, float]], None]) -> Manifest:
    """The content of the folder so far; at the beginning the teacher is measured first."""
    known = teacher_logits.read_manifest(job.output_dir)
    if known is None:
        some = next(training_files.read_chunks(job.record_paths[0], job.demands, 0,
                                               job.num_checked))
        known = Manifest(job.settings, model.choices,
                         model.run(some, job.settings.max_seq_length).means, [])
    check_teacher(known.measured)
    return known


class _File:
    """The logits beside one file of records, under way."""

    def __init__(self, job: Job, model: "ChoiceModel", record_path: str, entry: LogitsFile):
        self._job, self._model, self._path, self.entry = job, model, record_path, entry
        self.output = os.path.join(job.output_dir, entry.name)
        # Named by the records' fingerprint: of other records nothing is taken over.
        self._partial = os.path.join(job.output_dir, _PARTIAL % "%s.%s" % (
            entry.name, entry.fingerprint))

    def compute(self) -> Iterator[Tuple[int, int]]:
        """Writes the file; yields with each chunk how many windows are there, and its own."""
        seq_length = self._job.settings.max_seq_length
        self._remove_others()
        with _writing(self._partial):
            with open(self._partial, "ab") as out:
                start = _whole_chunks(self._partial)
                out.truncate(start.num_bytes)
                position = start.records
                for columns in training_files.read_chunks(self._path, self._job.demands,
                                                          start.records, CHUNK):
                    chosen = self._model.run(columns, seq_length)
                    out.write(b"".join(teacher_logits.entries(chosen.logits)))
                    out.flush()
                    position += _size(chosen)
                    yield position, _size(chosen)
                os.fsync(out.fileno())
            os.replace(self._partial, self.output)


    def _remove_others(self) -> None:
        """Removes what was begun of earlier records of the same name."""
        folder = self._job.output_dir
        begun = _PARTIAL % (glob.escape(self.entry.name) + ".*")
        for path in glob.glob(os.path.join(glob.escape(folder), begun)):
            if path != self._partial:
                os.unlink(path)


class _Start(NamedTuple):
    """How far a file is that a run before this one has begun."""
    records: int
    num_bytes: int


def _whole_chunks(path: str) -> _Start:
    """The chunks at the beginning of a file that are whole and undamaged."""
    records = num_bytes = 0
    start = _Start(0, 0)
    with contextlib.suppress(UserError):
        for payload in tfrecord.read_records(path):
            records += 1
            num_bytes += len(tfrecord.frame(payload))
            if records % CHUNK == 0:
                start = _Start(records, num_bytes)
    return start


def _size(chosen: "Chosen") -> int:
    return len(next(iter(chosen.logits.values())))


@contextlib.contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise UserError("cannot write %s: %s" % (path, e.strerror or e)) from e
