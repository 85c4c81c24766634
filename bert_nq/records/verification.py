"""The check that record files are whole: checksums, records, and all that a manifest says."""
import collections
import functools
import io
import os
import re
from typing import IO, Dict, List, NamedTuple, Sequence, Tuple

import google_crc32c

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.features import spec as specs
from bert_nq.features.featurizer import Featurizer, Pieces
from bert_nq.jobs import workers
from bert_nq.records import checking, manifest, tfrecord
from bert_nq.records.checking import Kind

_BLOCK = 1 << 20
# Records that are checked together: their numbers stay in the processor's cache.
_BATCH_RECORDS = 256
_BATCH_BYTES = 4 << 20
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")


class Expected(NamedTuple):
    """The records that the files are to hold."""
    featurizer: Featurizer  # of the task
    pieces: Pieces  # what is known of the vocabulary that they were made with

    def class_names(self) -> Tuple[str, ...]:
        """The classes that are counted; none where no label is a class."""
        label = specs.class_label(self.featurizer.spec)
        return label.classes if label else ()


class FileReport(NamedTuple):
    """The findings in a file."""
    path: str
    num_bytes: int  # of the file, compressed as it may be
    crc32c: str  # of these bytes, as a manifest has it
    records: int  # up to where the file ends or cannot be read on
    kinds: "collections.Counter[Kind]"  # of the records that are right
    first: Dict[Kind, int]  # the first record of each kind
    classes: "collections.Counter[str]"  # of the records that are right, by the classes' names
    num_faults: int
    faults: List[str]  # lines of the first of them


class Verification(NamedTuple):
    """The findings in all files."""
    files: List[FileReport]
    manifests: List[str]  # those that were found
    common_faults: List[str]  # between files, or between them and a manifest

    @property
    def num_faults(self) -> int:
        return len(self.common_faults) + sum(f.num_faults for f in self.files)

    @property
    def kinds(self) -> "collections.Counter[Kind]":
        return _sum(report.kinds for report in self.files)

    @property
    def classes(self) -> "collections.Counter[str]":
        return _sum(report.classes for report in self.files)


def _sum(counters) -> collections.Counter:
    return sum(counters, collections.Counter())


def verify(paths: Sequence[str], expected: Expected, max_faults: int, num_workers: int,
           on_progress: workers.Report = lambda counts: None) -> Verification:
    """Reads all of the files and the manifests beside them.

    Args:
      paths: record files, gzipped or not.
      expected: the records that they are to hold.
      max_faults: how many faults of a file are told; all are counted.
      num_workers: how many files are read at once.
      on_progress: told of "records" and "bytes" that were read since.

    Raises:
      UserError: a worker process has died.
    """
    paths = list(dict.fromkeys(paths))
    make_work = functools.partial(_make_verifier, expected, max_faults)
    found = dict(workers.run_tasks(make_work, paths, num_workers, on_progress))
    reports = [found[path] for path in paths]
    manifests, faults = _check_manifests(reports, expected.class_names())
    return Verification(reports, manifests, _odd_kinds(reports) + faults)


def _make_verifier(expected: Expected, max_faults: int) -> workers.Work:
    return functools.partial(_verify_file, expected, max_faults)


def _verify_file(expected: Expected, max_faults: int, path: str,
                 report: workers.Report) -> FileReport:
    tally = _Tally(path, expected, max_faults)
    summed = None
    try:
        with files.open_binary(path) as f:
            summed = _Summed(f, report)
            raw = io.BufferedReader(summed, _BLOCK)
            try:
                for payload, is_whole in tfrecord.scan_records(raw, path):
                    tally.add(payload, is_whole)
                    if tally.records % _BATCH_RECORDS == 0:
                        report({"records": _BATCH_RECORDS})
            finally:
                tally.check()
                while raw.read(_BLOCK):  # The checksum is that of the whole file.
                    pass
        if not tally.records:
            tally.tell("%s holds no records" % path)
    except UserError as e:
        tally.tell(str(e))
    except OSError as e:
        tally.tell("%s, record %d: cannot be read: %s" % (path, tally.records, e.strerror or e))
    num_bytes, crc = (summed.size, summed.crc) if summed else (0, 0)
    return FileReport(path, num_bytes, "%08x" % crc, tally.records, tally.kinds, tally.first,
                      tally.classes, tally.num_faults, tally.faults)


class _Summed(io.RawIOBase):
    """A file; its bytes are counted and their checksum is taken as they are read."""

    def __init__(self, f: IO[bytes], report: workers.Report):
        super().__init__()
        self._file = f
        self._report = report
        self.size = self.crc = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._file.read(len(buffer))
        buffer[:len(data)] = data
        self.size += len(data)
        self.crc = google_crc32c.extend(self.crc, data)
        self._report({"bytes": len(data)})
        return len(data)


class _Tally:
    """Adds up the findings in the records of a file."""

    def __init__(self, path: str, expected: Expected, max_faults: int):
        self._path = path
        self._expected = expected
        self._max_faults = max_faults
        self._batch: List[Tuple[int, bytes]] = []  # records that wait, with their numbers
        self._batch_bytes = 0
        self.records = self.num_faults = 0
        self.kinds: collections.Counter[Kind] = collections.Counter()
        self.first: Dict[Kind, int] = {}
        self.classes: collections.Counter[str] = collections.Counter()
        self.faults: List[str] = []

    def tell(self, fault: str) -> None:
        """Takes a fault."""
        self.num_faults += 1
        if len(self.faults) < self._max_faults:
            self.faults.append(fault)

    def add(self, payload: bytes, is_whole: bool) -> None:
        """Takes the next record."""
        if is_whole:
            self._batch.append((self.records, payload))
            self._batch_bytes += len(payload)
        else:
            self.check()  # Faults are told in the order of the records.
            self.tell("%s, record %d: %s" % (self._path, self.records, tfrecord.WRONG_CHECKSUM))
        self.records += 1
        if len(self._batch) >= _BATCH_RECORDS or self._batch_bytes >= _BATCH_BYTES:
            self.check()

    def check(self) -> None:
        """Checks the records that are waiting for it."""
        if not self._batch:
            return
        indexes, payloads = zip(*self._batch)
        self._batch, self._batch_bytes = [], 0
        checked = checking.check_records(
            payloads, ["%s, record %d" % (self._path, i) for i in indexes], *self._expected)
        for kind, rows in checked.kinds.items():
            self.kinds[kind] += len(rows)
            self.first.setdefault(kind, indexes[min(rows)])
        self.classes.update(checked.classes)
        for _, fault in checked.faults:
            self.tell(fault)


def _odd_kinds(reports: List[FileReport]) -> List[str]:
    """A line for each kind of record in each file, but for the kind that most records are of."""
    kinds = _sum(report.kinds for report in reports)
    if len(kinds) < 2:
        return []
    usual = kinds.most_common(1)[0][0]
    return ["%s, record %d: a %s (%s in this file), but most are a %s" % (
                report.path, report.first[kind], kind, format(count, ","), usual)
            for report in reports for kind, count in report.kinds.items() if kind != usual]


def _check_manifests(reports: List[FileReport],
                     class_names: Sequence[str]) -> Tuple[List[str], List[str]]:
    """The manifests beside the files, and a line for each thing that is not as they say."""
    by_manifest = collections.defaultdict(dict)
    for report in reports:
        path = manifest.manifest_path(_SHARD.sub("", report.path))
        by_manifest[path][os.path.basename(report.path)] = report
    found, faults = [], []
    for path, by_name in sorted(by_manifest.items()):
        try:
            content = manifest.read_manifest(path)
        except UserError as e:
            faults.append(str(e))
            continue
        if content is not None:
            found.append(path)
            faults.extend(_check_manifest(path, content, by_name, class_names))
    return found, faults


def _check_manifest(path: str, content: manifest.Manifest, by_name: Dict[str, FileReport],
                    class_names: Sequence[str]) -> List[str]:
    faults, folder = [], os.path.dirname(path)
    for output in content.outputs:
        report = by_name.get(output.name)
        if report is not None:
            faults.extend(_differences(report, output))
        elif not _is_there(os.path.join(folder, output.name)):
            faults.append("%s is missing: %s names it" % (os.path.join(folder, output.name), path))
    names = {output.name for output in content.outputs}
    faults.extend("%s is none of the files of %s" % (report.path, path)
                  for name, report in by_name.items() if name not in names)
    if not faults and names == set(by_name) and not any(
            report.num_faults for report in by_name.values()):
        faults.extend(_differences_of_counts(path, content, list(by_name.values()), class_names))
    return faults


def _is_there(path: str) -> bool:
    try:
        files.open_binary(path).close()
    except UserError:
        return False
    return True


def _differences(report: FileReport, output: manifest.OutputFile) -> List[str]:
    faults = []
    if report.num_bytes != output.bytes:
        faults.append("%s has %d bytes, its manifest says %d"
                      % (report.path, report.num_bytes, output.bytes))
    elif report.crc32c != output.crc32c.lower():
        faults.append("%s has the checksum %s, its manifest says %s: it was changed"
                      % (report.path, report.crc32c, output.crc32c))
    if report.records != output.records:
        faults.append("%s has %d records, its manifest says %d"
                      % (report.path, report.records, output.records))
    return faults


def _differences_of_counts(path: str, content: manifest.Manifest, reports: List[FileReport],
                           class_names: Sequence[str]) -> List[str]:
    expected = content.counts
    actual = _sum(report.classes for report in reports)
    actual["records"] = sum(report.records for report in reports)
    compared = ["records"] if "records" in expected else []
    if any(name in expected for name in class_names):
        compared = ["records", *class_names]
    return ["%s counts %d %s, there are %d" % (path, expected[name], name, actual[name])
            for name in compared if expected[name] != actual[name]]
