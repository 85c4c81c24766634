"""The further fields of prediction files, and n-best files, in the form that the pages show.

scoring/nq reads both kinds of files and checks them; predictions.py there has the official fields.
"""
import json
import zlib
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import orjson

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.scoring.nq.answer_files import AnswerFile
from bert_nq.scoring.nq.labels import AnswerSpan, Record, parse_span
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer, YesNoScore, parse_nbest
from bert_nq.scoring.nq.options import KINDS


class Details(NamedTuple):
    """The fields of a prediction beside the official ones."""
    scores: Dict[str, float]  # by "long", "short", "yes", "no"; may be empty
    probabilities: Dict[str, float]
    best_short: Tuple[AnswerSpan, ...]  # the spans that score `short`, even where yes is answered


def read_details(path: str) -> Tuple[Dict[int, Details], Record]:
    """The details of a prediction file by example id, and its predictor; {} where it has none."""
    answer_file = AnswerFile(path)
    return dict(answer_file.entries(_details)), answer_file.predictor() or {}


def name_of(predictor: Record) -> str:
    """The model and the decoder in words; "" where the predictor names neither."""
    return ", ".join("%s %s" % (field, predictor[field]) for field in ("model", "decoder")
                     if isinstance(predictor.get(field), str))


def options_of(predictor: Record) -> List[Tuple[str, str]]:
    """The names and values of the decoder's options, in the order of their names."""
    options = predictor.get("options")
    return [(name, _words(options[name])) for name in sorted(options)] if isinstance(
        options, dict) else []


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def describe(predictor: Record) -> str:
    """All of a predictor in a line; "" where it says nothing."""
    options = predictor.get("options")
    return ", ".join(filter(None, [name_of(predictor)] + (
        ["options %s" % json.dumps(options, sort_keys=True)]
        if options and isinstance(options, dict) else [])))


class NBestFile:
    """An n-best file, compressed in memory.

    Attributes:
      predictor: the model and decoder; {} where the file has none.
    """

    def __init__(self, path: str, limit: int, max_characters: int = 300):
        """Reads the file.

        Args:
          path: the format is in docs/error_pages.md.
          limit: how many answers of each kind are kept.
          max_characters: texts are cut after so many.

        Raises:
          UserError: it cannot be read or is not of this format.
        """
        answer_file = AnswerFile(path)
        self._packed = {example_id: _packed(nbest, limit, max_characters)
                        for example_id, nbest in answer_file.entries(parse_nbest)}
        self.predictor = answer_file.predictor() or {}

    def __len__(self) -> int:
        return len(self._packed)

    def get(self, example_id: int) -> Optional[NBest]:
        """The lists of an example; None if the file has none."""
        if example_id not in self._packed:
            return None
        question, long_answers, short_answers, yes_no = orjson.loads(
            zlib.decompress(self._packed[example_id]))
        return NBest(example_id, question, [NBestAnswer(*a) for a in long_answers],
                     [NBestAnswer(*a) for a in short_answers],
                     {kind: YesNoScore(*score) for kind, score in yes_no.items()})


def _packed(nbest: NBest, limit: int, max_characters: int) -> bytes:
    lists = [[_cut(answer, max_characters) for answer in answers[:limit]]
             for answers in (nbest.long_answers, nbest.short_answers)]
    yes_no = {kind: list(score) for kind, score in nbest.yes_no.items()}
    return zlib.compress(orjson.dumps([_valid(nbest.question)] + lists + [yes_no]), 1)


def _cut(answer: NBestAnswer, max_characters: int) -> List[Any]:
    text = answer.text
    if len(text) > max_characters:
        text = text[:max_characters] + "…"
    return list(answer._replace(text=_valid(text)))


def _valid(text: str) -> str:
    """The text without lone surrogates, which orjson does not write."""
    return text.encode("utf8", "replace").decode("utf8")


def _details(record: Record) -> Details:
    where = "example %s: " % record["example_id"]
    spans = record.get("best_short_answers") or []
    if not isinstance(spans, list):
        raise UserError(where + "best_short_answers is not a list")
    return Details(_numbers(record, "scores", where), _numbers(record, "probabilities", where),
                   tuple(parse_span(span, where + "best_short_answers") for span in spans))


def _numbers(record: Record, field: str, where: str) -> Dict[str, float]:
    values = record.get(field) or {}
    if not isinstance(values, dict):
        raise UserError("%s%s is not a JSON object" % (where, field))
    return {kind: float(parse_finite(values[kind], "%s%s of %s" % (where, field, kind)))
            for kind in KINDS if values.get(kind) is not None}
