"""A cache of gold annotations: a few megabytes to read instead of shards of a gigabyte."""
import hashlib
import json
import os
from typing import List, Optional, Sequence

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.scoring.nq.gold import Gold
from bert_nq.scoring.nq.labels import packed, unpacked


class GoldCache:
    """The annotations of some shards, in a file beside the first of them.

    It is valid as long as the size and the time of change of all shards stay. Its name starts with
    a dot, so that a pattern such as `dev/*` does not take it for a shard.

    Attributes:
      path: the cache file.
    """

    _FORMAT = 1

    def __init__(self, paths: Sequence[str]):
        """Looks at the files, which must be local.

        Raises:
          UserError: a path is remote: such files do not tell when they were changed.
        """
        remote = [path for path in paths if files.is_remote(path)]
        if remote:
            raise UserError("%s: only local gold files can be cached" % remote[0])
        # Taken before the shards are read, so that a change while they are read is noticed.
        self._files = [self._state(os.path.abspath(path)) for path in paths]
        name = "\n".join(path for path, _, _ in self._files).encode("utf8", "surrogateescape")
        self.path = os.path.join(os.path.dirname(self._files[0][0]),
                                 ".nq_gold_cache-%s.json" % hashlib.sha256(name).hexdigest()[:12])

    @staticmethod
    def _state(path: str) -> List:
        try:
            state = os.stat(path)
        except OSError as e:
            raise UserError("cannot read %s: %s" % (path, e.strerror or e)) from e
        return [path, state.st_size, state.st_mtime_ns]

    def load(self) -> Optional[Gold]:
        """The annotations stored for the shards as they are now; None where there are none."""
        try:
            content = files.read_json(self.path)
            if content["format"] != self._FORMAT or content["files"] != self._files:
                return None
            return {example_id: unpacked(annotations)
                    for example_id, annotations in content["questions"]}
        except (UserError, ValueError, KeyError, TypeError):
            return None  # A damaged cache is written anew.

    def store(self, gold: Gold) -> None:
        """Writes the cache.

        Raises:
          UserError: it cannot be written.
        """
        content = {"format": self._FORMAT, "files": self._files,
                   "questions": [(example_id, packed(annotations))
                                 for example_id, annotations in gold.items()]}
        with files.replacing(self.path) as out:
            out.write(json.dumps(content).encode("utf8"))
