"""Logits of teachers, kept beside the records that a student is trained on. Free of TensorFlow.

A folder of them has for each record file one of the same name with ".logits" behind it: TFRecords,
an entry for each record, in their order. An entry is the float16 numbers of all choices of the
head, one behind the other: of start and end S numbers each, of five answer types 5. Beside them

    teacher_logits.json    which records and which teachers they are of, see `Manifest`

Notation: N records, S sequence in wordpieces, C the options of a choice.
"""
import os
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.records import tfrecord

NAME = "teacher_logits.json"
PROGRAM = "prepare/teacher_logits.py"
SUFFIX = ".logits"

_VERSION = 1
_TYPE = np.dtype("<f2")
_LARGEST = float(np.finfo(_TYPE).max)  # 65504
_FRAME_BYTES = len(tfrecord.frame(b""))

# The options of a choice, where these are the positions of a window: S of them.
POSITIONS = "positions"
Choices = Mapping[str, Union[int, str]]  # name of a choice: C, or POSITIONS


def feature_name(choice: str) -> str:
    """The name that the logits of a choice have among the features of a batch."""
    return "teacher/" + choice


class Companions(NamedTuple):
    """The files beside some record files, one for each of them, in their order."""
    paths: List[str]
    choices: Choices

    def sizes(self, seq_length: int) -> Dict[str, int]:
        """{name of the feature: C}, in the order of an entry."""
        return {feature_name(name): seq_length if size == POSITIONS else int(size)
                for name, size in sorted(self.choices.items())}

    def sequences(self) -> List[str]:
        """The names of the features that have a number for each position."""
        return [feature_name(name) for name, size in self.choices.items() if size == POSITIONS]

    def find_fault(self) -> None:
        """Reads all entries. Raises UserError, which names the first that is damaged."""
        for path in self.paths:
            for _ in tfrecord.read_records(path):
                pass


class LogitsFile(NamedTuple):
    """The logits beside one record file."""
    records: str  # the name of that file, without its folder
    fingerprint: str  # of its content
    windows: int  # how many records it has

    @property
    def name(self) -> str:
        """The name of the file of logits."""
        return self.records + SUFFIX


class Settings(NamedTuple):
    """All that decides the logits, beside the records."""
    task: str
    head: str
    max_seq_length: int
    teachers: List[str]  # their fingerprints
    precision: str
    # Whether padding is left out: its logits are then the lowest that there are, and the student
    # must leave it out as well.
    distill_mask_padding: bool


class Manifest(NamedTuple):
    """The content of a folder of logits."""
    settings: Settings
    choices: Dict[str, Union[int, str]]
    measured: Dict[str, float]  # losses and accuracies of the teacher on windows of the records
    files: List[LogitsFile]  # that are complete

    def of(self, fingerprint: str) -> Optional[LogitsFile]:
        """The file beside records of a fingerprint, see `fingerprint_of`."""
        return next((entry for entry in self.files if entry.fingerprint == fingerprint), None)


def fingerprint_of(record_path: str) -> str:
    """A string that changes when a record file does, and is that of its copies as well."""
    return files.fingerprint(record_path, with_time=False)


def entries(choices: Mapping[str, np.ndarray]) -> Iterator[bytes]:
    """Yields the N entries of logits [N, C] by the choices' names, framed as records."""
    values = np.concatenate([choices[name] for name in sorted(choices)], axis=1)
    # Heads have much lower logits than float16 for what may not be chosen.
    packed = np.clip(values, -_LARGEST, _LARGEST).astype(_TYPE)
    for row in packed:
        yield tfrecord.frame(row.tobytes())


def write_manifest(folder: str, manifest: Manifest) -> None:
    """Writes or replaces the manifest of a folder."""
    files.write_json(os.path.join(folder, NAME), dict(
        manifest._asdict(), version=_VERSION, settings=dict(manifest.settings._asdict()),
        files=[dict(entry._asdict()) for entry in manifest.files]))


def read_manifest(folder: str) -> Optional[Manifest]:
    """The manifest of a folder, None where there is none.

    Raises:
      UserError: it is no manifest, or one of another version.
    """
    path = os.path.join(folder, NAME)
    content = files.read_json(path)
    if content is None:
        return None
    try:
        if content["version"] != _VERSION:
            raise UserError("%s: version %r is not known: compute the logits again with %s"
                            % (path, content["version"], PROGRAM))
        return Manifest(Settings(**content["settings"]), dict(content["choices"]),
                        dict(content["measured"]),
                        [LogitsFile(**entry) for entry in content["files"]])
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise UserError("%s is not what %s writes (%s): remove it, and compute the logits again"
                        % (path, PROGRAM, e)) from e


def find(folder: str, record_paths: Sequence[str], head: str, max_seq_length: int,
         mask_padding: bool) -> Tuple[Companions, Manifest]:
    """The logits beside record files, checked as far as sizes go.

    Args:
      folder: of --teacher_logits.
      record_paths: the records, which may have been copied or renamed.
      head: the student's.
      max_seq_length: S.
      mask_padding: whether the student leaves padding out.

    Raises:
      UserError: there are none, or they are of other records, of another head or length, or not
        complete.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise UserError("--teacher_logits: there is no %s in %s: compute the logits with %s"
                        % (NAME, folder, PROGRAM))
    settings = manifest.settings
    for name, theirs, ours in (("head", settings.head, head),
                               ("max_seq_length", settings.max_seq_length, max_seq_length)):
        if theirs != ours:
            raise UserError("--teacher_logits: those in %s are of --%s=%s, and the student has "
                            "--%s=%s" % (folder, name, theirs, name, ours))
    if settings.distill_mask_padding and not mask_padding:
        raise UserError("--teacher_logits: those in %s leave padding out: give "
                        "--distill_mask_padding" % folder)
    found = Companions([_beside(folder, manifest, path) for path in record_paths],
                       manifest.choices)
    entry_bytes = _FRAME_BYTES + _TYPE.itemsize * sum(found.sizes(max_seq_length).values())
    for path, record_path in zip(found.paths, record_paths):
        _check_size(path, record_path, entry_bytes)
    return found, manifest


def _beside(folder: str, manifest: Manifest, record_path: str) -> str:
    """The path of the logits beside one record file."""
    entry = manifest.of(fingerprint_of(record_path))
    if entry is not None:
        return os.path.join(folder, entry.name)
    name = os.path.basename(record_path)
    if any(other.records == name for other in manifest.files):
        raise UserError("--teacher_logits: %s is no longer what the logits in %s were computed "
                        "of: compute them again with %s" % (record_path, folder, PROGRAM))
    raise UserError("--teacher_logits: %s has none of %s: compute them with %s"
                    % (folder, record_path, PROGRAM))


def _check_size(path: str, record_path: str, entry_bytes: int) -> None:
    """Raises UserError where a file has not an entry for each record of another."""
    if not files.is_remote(path) and not os.path.exists(path):
        raise UserError("--teacher_logits: %s is missing: compute it again with %s"
                        % (path, PROGRAM))
    num_bytes, num_records = files.size(path), tfrecord.count_records(record_path)
    if num_bytes != num_records * entry_bytes:
        raise UserError("--teacher_logits: %s has %d bytes, but the logits of the %d windows in %s "
                        "have %d: compute it again with %s"
                        % (path, num_bytes, num_records, record_path, num_records * entry_bytes,
                           PROGRAM))
