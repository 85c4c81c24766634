"""The manifest of a set of record files: settings, inputs, counts, and each file's checksum.

It lies beside the records: train.tfrecord, or train.tfrecord-00000-of-00032 and so on, have
train.manifest.json. It tells a later run that nothing is left to do, and `verify_records` the
contents that the files must have.
"""
import collections
import os
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.jobs.work_folder import Input

_VERSION = 1
_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=(\.gz)?$)")
_SUFFIX = re.compile(r"\.tfrecords?(\.gz)?$")


class OutputFile(NamedTuple):
    """One record file."""
    name: str  # without its folder
    records: int
    bytes: int
    crc32c: str  # of the bytes of the file; 8 hex digits


class Manifest(NamedTuple):
    """See the module's docstring."""
    settings: Dict[str, Any]  # all that decides the records, by the flags' names
    inputs: List[Input]
    counts: "collections.Counter[str]"  # see records.preparation
    outputs: List[OutputFile]


def manifest_path(output: str) -> str:
    """The manifest of the records `output`; "*" after the records' name does not match it."""
    folder, name = os.path.split(output)
    return os.path.join(folder, _SUFFIX.sub("", name) + ".manifest.json")


def beside(record_paths: Sequence[str]) -> List[str]:
    """The manifests that lie beside record files of this machine, each once."""
    paths = {manifest_path(_SHARD.sub("", path)) for path in record_paths
             if not files.is_remote(path)}
    return sorted(filter(os.path.exists, paths))


def output_paths(output: str, num_shards: int) -> List[str]:
    """`output` itself, or train.tfrecord-00000-of-00032 and so on."""
    if num_shards == 1:
        return [output]
    return ["%s-%05d-of-%05d" % (output, i, num_shards) for i in range(num_shards)]


def check_outputs(output: str, num_shards: int, inputs: List[str]) -> None:
    """Refuses outputs that would do harm, before anything is written.

    Files that an earlier run with another number of shards has left would be read together with the
    new ones by whoever gives a glob. They are not removed, since they may be somebody's data.

    Raises:
      UserError: an output is an input too, is a folder, or such a file is there. (Remote folders
        are not looked into.)
    """
    paths = output_paths(output, num_shards)
    for path in paths:
        files.check_output(path, inputs)
    folder, name = os.path.split(output)
    if files.is_remote(output) or not os.path.isdir(folder or "."):
        return
    ours = re.compile(re.escape(name) + r"(-\d{5}-of-\d{5})?")
    stale = sorted(set(filter(ours.fullmatch, os.listdir(folder or ".")))
                   - set(map(os.path.basename, paths)))
    if stale:
        raise UserError("%s would be left beside the new records (%d such files): remove them or "
                        "choose another output" % (os.path.join(folder, stale[0]), len(stale)))


def write_manifest(path: str, manifest: Manifest) -> None:
    """Writes or replaces a manifest."""
    content = dict(manifest._asdict(), version=_VERSION,
                   inputs=[i._asdict() for i in manifest.inputs],
                   outputs=[output._asdict() for output in manifest.outputs])
    files.write_json(path, content)


def read_manifest(path: str) -> Optional[Manifest]:
    """The manifest at `path`, None where there is none.

    Raises:
      UserError: it is no manifest, or one of another version.
    """
    content = files.read_json(path)
    if content is None:
        return None
    try:
        if content["version"] != _VERSION:
            raise UserError("%s: version %r of the manifest is not known; prepare the records again"
                            % (path, content["version"]))
        settings = content["settings"]
        if settings.get("compact") is False:  # Earlier versions had two formats of records.
            del settings["compact"]
        return Manifest(settings, [Input(**i) for i in content["inputs"]],
                        collections.Counter(content["counts"]),
                        [OutputFile(**o) for o in content["outputs"]])
    except (AttributeError, KeyError, TypeError) as e:
        raise UserError("%s is not a manifest of records (%s): remove it, or choose another output"
                        % (path, e)) from e
