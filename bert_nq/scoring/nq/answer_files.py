"""Files {"predictor": {...}, "predictions": [...]}: of predictions, and of n-best lists.

They may be gzipped, indented, and have further fields. What an entry has to hold, its reader says:
predictions.py, options.py, nbest.py.
"""
from typing import Any, Callable, Iterator, Optional, Tuple, TypeVar

from bert_nq.base import files, inflating
from bert_nq.base.errors import UserError
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError
from bert_nq.scoring.nq.labels import Record, entry_id

T = TypeVar("T")

_UNKNOWN = object()


class AnswerFile:
    """A file of answers, of which one entry is in memory at a time."""

    def __init__(self, path: str):
        self.path = path
        self._predictor = _UNKNOWN  # type: Any

    def entries(self, parse: Callable[[Record], T]) -> Iterator[Tuple[int, T]]:
        """Yields (example id, `parse(entry)`) for each entry, in the order of the file.

        Raises:
          UserError: the file cannot be read or is not of this format, an entry has no id or that of
            an entry before it, or `parse` raised it; the message names the file and the entry.
        """
        known = set()
        for number, entry in enumerate(self._entries(), 1):
            try:
                example_id, parsed = entry_id(entry), parse(entry)
                if example_id in known:
                    raise UserError("example %d has a prediction already" % example_id)
            except UserError as e:
                raise UserError("%s, prediction %d: %s" % (self.path, number, e)) from e
            known.add(example_id)
            yield example_id, parsed

    def predictor(self) -> Optional[Record]:
        """The model, the decoder and its options that made the answers; None if it is not said.

        Our programs write it before the entries; where it comes after them, and none was read yet,
        they are read and checked to be JSON.

        Raises:
          UserError: the file is not of this format, or the predictor is no JSON object.
        """
        if self._predictor is _UNKNOWN:
            for _ in self._entries():
                if self._predictor is not _UNKNOWN:
                    break
        if not (self._predictor is None or isinstance(self._predictor, dict)):
            raise UserError('%s: "predictor" is not a JSON object' % self.path)
        return self._predictor

    def _entries(self) -> Iterator[Any]:
        with files.open_binary(self.path) as raw:
            text, inflated = inflating.decompressed(raw, self.path)
            fault = None
            try:
                yield from self._list(JSONStream(text))
            except NotJSONError as e:
                fault = e
            if inflated and inflated.fault:
                raise UserError("%s: the gzip data are cut off or damaged (%s)"
                                % (self.path, inflated.fault))
            if fault:
                raise UserError("%s is not JSON (%s)" % (self.path, fault)) from fault

    def _list(self, stream: JSONStream) -> Iterator[Any]:
        """Yields the members of "predictions", and takes note of the predictor."""
        found = False
        if stream.skip("{"):
            for _ in stream.members("}"):
                key = stream.key()
                if key == "predictions" and not found and stream.skip("["):
                    found = True
                    for _ in stream.members("]"):
                        yield stream.value()
                elif key == "predictions":
                    raise self._other_format()
                elif key == "predictor":
                    self._predictor = stream.value()
                else:
                    stream.value()
        else:
            stream.value()
        stream.end()
        if not found:
            raise self._other_format()
        if self._predictor is _UNKNOWN:
            self._predictor = None

    def _other_format(self) -> UserError:
        return UserError('%s has no list "predictions", or two: a file of bert_nq/run_nq.py or of '
                         'the official format is wanted, {"predictions": [...]}' % self.path)
