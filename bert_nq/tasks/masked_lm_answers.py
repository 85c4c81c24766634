"""Scores of held-out texts by a masked language model, as prediction and training take them."""
import collections
from typing import Any, Dict, List, Tuple

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.datasets.corpus import prediction_files, reading
from bert_nq.prediction.dev_set import DevFormat
from bert_nq.prediction.output import AnswerFormat, Entry
from bert_nq.scoring import id_maps
from bert_nq.scoring.masked_lm import measure
from bert_nq.scoring.masked_lm.measure import Text
from bert_nq.scoring.text_tables import aligned

_WANTED = "{id: {\"masked\": n, \"right\": n, \"loss\": x}}"


def count(entry: Entry) -> Dict[str, int]:
    """Counts the hidden pieces of a text."""
    return {"hidden": entry["masked"], "right": entry["right"]}


def rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    """The lines of a prediction's summary."""
    return [("hidden pieces", counts["hidden"]), ("  told", counts["right"])]


def read_gold(paths: List[str], bad_input: BadInput) -> Dict[int, bool]:
    """The examples' ids: every text tells by itself what was hidden."""
    return {e.example_id: True for e in reading.READING.examples(paths, bad_input)}


def evaluate(paths: List[str], predictions_path: str) -> str:
    """The scores of a prediction file as a table."""
    del paths
    texts = id_maps.read(predictions_path, _WANTED, _text, "text")
    if not texts:
        raise UserError("%s: there is no text in it" % predictions_path)
    scores = measure.score(texts.values())
    return "Scores of hidden pieces\n\n" + aligned([
        ["texts", format(len(texts), ",")], ["hidden pieces", format(scores["masked"], ",")],
        *([name.replace("_", " "), "%.4f" % scores[name]]
          for name in ("loss", "perplexity", "masked_accuracy"))])


def _text(value: Any, what: str) -> Text:
    numbers = [value.get(name) for name in prediction_files.FIELDS] if isinstance(
        value, dict) else []
    if not (len(numbers) == 3 and all(type(number) in (int, float) for number in numbers)
            and numbers[0] > 0):
        raise UserError("%s is %.60r: %s is wanted" % (what, value, _WANTED))
    return Text(*numbers)


ANSWERS = AnswerFormat(prediction_files.predictions, count, rows, examples="texts")
DEV_FORMAT = DevFormat(reading.READING, read_gold, measure.score_entries, evaluate)
