"""N-best files of SQuAD, compressed in memory.

    {id: [{"text": "red", "probability": 0.75, "start_logit": 2.0, "end_logit": 1.5}, ...]}

A text of "" is no answer. All fields but the text may be missing.
"""
import zlib
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

import orjson

from bert_nq.base import files, inflating
from bert_nq.base.errors import UserError
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError
from bert_nq.base.numbers import parse_finite

_WANTED = '{id: [{"text": ...}, ...]}'
_MAX_CHARACTERS = 300  # of a text


class NBestAnswer(NamedTuple):
    """An answer of a list."""
    text: str
    score: Optional[float]  # both logits added up
    probability: Optional[float]


class NBestFile:
    """The lists of a file.

    Attributes:
      num_others: for how many questions the predicted text is not in their list.
    """

    def __init__(self, path: str, limit: int, predictions: Mapping[str, str]):
        """Reads the file, of which the list of one question at a time is in memory as it is.

        Args:
          path: the file, gzip or not.
          limit: how many answers of each list are kept.
          predictions: the texts by question, of which alone lists are kept.

        Raises:
          UserError: it cannot be read, is not of this format, has an id twice, or is of other
            predictions.
        """
        self._packed: Dict[str, bytes] = {}
        self.num_others = num_answered = 0
        for key, answers in _lists(path):
            if key in self._packed:
                raise UserError("%s: the key %r is in it twice" % (path, key))
            if key not in predictions:
                continue
            if predictions[key]:
                num_answered += 1
                self.num_others += all(answer.text != predictions[key] for answer in answers)
            self._packed[key] = zlib.compress(orjson.dumps(
                [[_cut(answer.text), answer.score, answer.probability]
                 for answer in answers[:limit]]), 1)
        if predictions and not self._packed:
            raise UserError("%s has none of the questions of these predictions: give the n-best "
                            "lists that were written with them" % path)
        if num_answered and self.num_others == num_answered:
            raise UserError("%s has none of the predicted texts: give the n-best lists that were "
                            "written with these predictions" % path)

    def get(self, question_id: str) -> Optional[List[NBestAnswer]]:
        """The list of a question, best first; None if the file has none."""
        if question_id not in self._packed:
            return None
        return [NBestAnswer(*answer) for answer in orjson.loads(
            zlib.decompress(self._packed[question_id]))]


def _lists(path: str) -> Iterator[Tuple[str, List[NBestAnswer]]]:
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        text, inflated = inflating.decompressed(raw, path)
        stream = JSONStream(text)
        try:
            if not stream.skip("{"):
                raise UserError("%s is not a JSON object, %s is wanted" % (path, _WANTED))
            for _ in stream.members("}"):
                key = stream.key()
                yield key, _answers(stream.value(), "%s, question %s" % (path, key))
            stream.end()
        except NotJSONError as e:
            if inflated and inflated.fault:
                raise UserError("%s: the gzip data are cut off or damaged (%s)"
                                % (path, inflated.fault)) from e
            raise UserError("%s is not JSON (%s)" % (path, e)) from e


def _answers(value: Any, where: str) -> List[NBestAnswer]:
    if not isinstance(value, list) or not all(
            isinstance(entry, dict) and isinstance(entry.get("text"), str) for entry in value):
        raise UserError("%s is %.40r, not a list of answers, %s" % (where, value, _WANTED))
    return [NBestAnswer(entry["text"], _score(entry, where),
                        _number(entry, "probability", where)) for entry in value]


def _score(entry: Dict[str, Any], where: str) -> Optional[float]:
    start, end = (_number(entry, name, where) for name in ("start_logit", "end_logit"))
    return None if start is None or end is None else start + end


def _number(entry: Dict[str, Any], name: str, where: str) -> Optional[float]:
    value = entry.get(name)
    return None if value is None else float(parse_finite(value, "%s: its %s" % (where, name)))


def _cut(text: str) -> str:
    """A text that is not too long and has no lone surrogates, which orjson does not write."""
    if len(text) > _MAX_CHARACTERS:
        text = text[:_MAX_CHARACTERS] + "…"
    return text.encode("utf8", "replace").decode("utf8")
