"""Questions for the benchmarks of SQuAD: those of a file, as often as it takes."""
import json
from typing import Any, Dict, Iterator, List, Tuple

from bert_nq.base import files, inflating
from bert_nq.base.errors import UserError


def paragraphs_of(path: str) -> List[Dict[str, Any]]:
    """The paragraphs with questions of a file of SQuAD's format, gzip or not.

    Raises:
      UserError: the file cannot be read, or there are none.
    """
    with files.open_binary(path) as raw:
        data = json.loads(inflating.decompressed(raw, path)[0].read().decode("utf8"))["data"]
    found = [p for article in data for p in article["paragraphs"] if p["qas"]]
    if not found:
        raise UserError("%s: there is no question in it" % path)
    return found


def repeated(paragraphs: List[Dict[str, Any]], number: int) -> Iterator[Tuple[str, List[Dict]]]:
    """Yields (context, its questions), over and over until there are `number` questions.

    Ids are new: "q000000" and on.
    """
    made = 0
    while made < number:
        for paragraph in paragraphs:
            qas = paragraph["qas"][:number - made]
            if not qas:
                return
            yield paragraph["context"], [dict(qa, id="q%06d" % (made + place))
                                         for place, qa in enumerate(qas)]
            made += len(qas)


def write(path: str, kept: List[Tuple[str, List[Dict]]], version: str) -> None:
    """Writes contexts and their questions as the official scripts read them."""
    files.write_json(path, {"version": version, "data": [{"title": "", "paragraphs": [
        {"context": context, "qas": qas} for context, qas in kept]}]})
