"""training.json in a model's folder: how, on what and with what it was trained. No TensorFlow.

    {"settings": {"learning_rate": 5e-05, ...},        what decides the result, by flags' names
     "seed": 1234,                                     the one that was used, given or drawn
     "data": {"records": 12000, "fingerprint": "...", "files": [...], "manifest": "..."},
     "starts": [{"time": "2026-11-25T09:00:00+00:00", "step": 0, "num_steps": 1125,
                 "command": [...], "commit": "...", "versions": {"python": "3.11.9", ...},
                 "host": "..."}]}

A run that goes on must have the settings and the data of its first start.
"""
import datetime
import hashlib
import os
import platform
import random
import socket
import subprocess
import sys
from typing import Any, Dict, List, Mapping, Optional, Sequence

import bert_nq
from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.estimator import model_folder
from bert_nq.records import manifest


def describe_data(paths: Sequence[str], num_records: int, composition: Any = None
                  ) -> Dict[str, Any]:
    """The training records: how many, in which files, and whether they are still the same.

    The fingerprint is of the files' sizes and ends, in their order, and not of their names and
    times: records may be copied. `manifest` is the checksum of the manifest beside the first file,
    None where there is none. `composition` is that of steps, a features.composition.Composition.
    """
    contents = "\n".join(files.fingerprint(path, with_time=False) for path in paths)
    beside = manifest.beside(paths[:1])
    return {"records": num_records, "files": list(map(files.absolute, paths)),
            "fingerprint": hashlib.sha256(contents.encode("ascii")).hexdigest()[:16],
            "manifest": files.crc32c(beside[0]) if beside else None,
            "composition": composition and str(composition)}


def check_apart(record_paths: Sequence[str], dev_paths: Sequence[str]) -> None:
    """Refuses to score on what is trained on, as far as the manifests of the records tell.

    Raises:
      UserError: records were made of a dev shard.
    """
    dev = {os.path.realpath(path): path for path in dev_paths}
    for path in manifest.beside(record_paths):
        for source in manifest.read_manifest(path).inputs:
            if os.path.realpath(source.path) in dev:
                raise UserError("--dev_file: the training records were made of %s, says %s; scores "
                                "on it would mean nothing" % (
                                    dev[os.path.realpath(source.path)], path))


class RunRecord:
    """The record of the training of the model in one folder."""

    def __init__(self, output_dir: str):
        self._path = os.path.join(output_dir, model_folder.RECORD)
        self._content = files.read_json(self._path)
        if self._content is not None and not _is_record(self._content):
            raise UserError("%s is not what training writes: remove it" % self._path)

    def check_same(self, settings: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        """Compares the settings and the data of a run with those of the runs before it.

        A folder without training.json, such as one of an earlier version, passes.

        Raises:
          UserError: something differs; it is shown.
        """
        if self._content is None:
            return
        # The seed that was used, where none was given the one that was drawn.
        before = dict(self._content.get("settings", {}), seed=self._content.get("seed"))
        differences = ["--%s was %s and is %s" % (name, _shown(before[name]), _shown(value))
                       for name, value in sorted(settings.items())
                       if name in before and before[name] != value
                       and not (name == "seed" and value is None)]
        theirs = self._content.get("data", {})
        if theirs and theirs.get("fingerprint") != data["fingerprint"]:
            differences.append("the %s records were those of %s and are those of %s" % (
                "%d" % theirs.get("records", 0), _some(theirs.get("files", [])),
                _some(data["files"])))
        if theirs and theirs.get("composition") != data.get("composition"):
            differences.append("--step_composition was %s and is %s" % (
                _shown(theirs.get("composition")), _shown(data.get("composition"))))
        if differences:
            raise UserError("%s: the model there was trained otherwise: %s. Give the same flags to "
                            "go on with it, another --output_dir, or --overwrite_output_dir to "
                            "start anew" % (os.path.dirname(self._path), "; ".join(differences)))

    def seed(self, wanted: Optional[int]) -> int:
        """The seed of this run: the one given, else that of the runs before, else a random one."""
        if wanted is not None:
            return wanted
        if self._content is not None and "seed" in self._content:
            return self._content["seed"]
        return random.SystemRandom().randrange(2 ** 31)

    def write_start(self, settings: Mapping[str, Any], data: Mapping[str, Any], seed: int,
                    step: int, num_steps: int) -> None:
        """Adds a start to the file; one at step 0 is the first, whatever was there.

        Args:
          settings: that decide the result.
          data: see `describe_data`.
          seed: the one that is used.
          step: at which the run starts.
          num_steps: at which it will end.
        """
        starts: List[Dict[str, Any]] = []
        if step and self._content is not None:
            starts = self._content.get("starts", [])
        self._content = {"settings": dict(settings), "seed": seed, "data": dict(data),
                         "starts": starts + [_this_start(step, num_steps)]}
        files.write_json(self._path, self._content)


def _is_record(content: Any) -> bool:
    """Whether JSON is of the types that this file has, as far as it is used."""
    if not isinstance(content, dict):
        return False
    data = content.get("data", {})
    return (isinstance(content.get("settings", {}), dict) and isinstance(data, dict)
            and type(data.get("records", 0)) is int and type(content.get("seed", 0)) is int
            and isinstance(content.get("starts", []), list)
            and isinstance(data.get("files", []), list)
            and all(isinstance(path, str) for path in data.get("files", [])))


def _this_start(step: int, num_steps: int) -> Dict[str, Any]:
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"time": now.isoformat(timespec="seconds"), "step": step, "num_steps": num_steps,
            "command": sys.argv, "commit": _commit(), "versions": _versions(),
            "host": socket.gethostname()}


def _versions() -> Dict[str, Optional[str]]:
    versions = {"python": platform.python_version(), "bert_nq": bert_nq.__version__}
    for name in ("tensorflow", "numpy"):  # Whatever packages brought the modules in use.
        versions[name] = getattr(sys.modules.get(name), "__version__", None)
    return versions


def _commit() -> Optional[str]:
    """The git commit of this code, with "+" where files have changed since; None if unknown."""
    folder = os.path.dirname(os.path.abspath(bert_nq.__file__))

    def git(*args):
        return subprocess.run(("git", "-C", folder) + args, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode("utf8").strip()
    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _shown(value: Any) -> str:
    return "not given" if value is None else str(value)


def _some(paths: Sequence[str]) -> str:
    if not paths:
        return "no file"
    return paths[0] + (" and %d more" % (len(paths) - 1) if len(paths) > 1 else "")
