"""The labels of texts, as prediction and training take them."""
import collections
from typing import Any, Dict, List, Mapping, Tuple

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.classification import prediction_files, reading
from bert_nq.prediction.dev_set import DevFormat, Limits
from bert_nq.prediction.output import AnswerFormat, Entry
from bert_nq.scoring import id_maps
from bert_nq.scoring.classification import measure, measures
from bert_nq.scoring.text_tables import aligned

_OF_LABEL = "predicted "  # opens the names of counts by label
_LABELS_SHOWN = 20


def count(entry: Entry) -> Dict[str, int]:
    """Counts the texts that get each label."""
    return {_OF_LABEL + entry["label"]: 1}


def rows(counts: "collections.Counter[str]") -> List[Tuple[str, int]]:
    """The lines of a prediction's summary: the most frequent labels."""
    found = collections.Counter({name[len(_OF_LABEL):]: number for name, number in counts.items()
                                 if name.startswith(_OF_LABEL)}).most_common()
    others = sum(number for _, number in found[_LABELS_SHOWN:])
    return [("  " + label, number) for label, number in found[:_LABELS_SHOWN]] + (
        [("  other labels", others)] if others else [])


def read_gold(paths: List[str], bad_input: BadInput) -> Dict[int, str]:
    """The labels of texts by the examples' ids."""
    return {e.example_id: e.label for e in _labelled_once(paths, bad_input)}


def read_labels(paths: List[str]) -> Dict[str, str]:
    """The labels of texts by their own ids, in the files' order.

    Raises:
      UserError: a file cannot be used, a text has no label, or an id occurs twice.
    """
    return {e.text_id: e.label for e in _labelled_once(paths, BadInput())}


def _labelled_once(paths, bad_input):
    sources: Dict[str, str] = {}
    for example in reading.TRAINING_READING.examples(paths, bad_input):
        earlier = sources.setdefault(example.text_id, example.source)
        if earlier != example.source:
            bad_input.handle(BadExampleError("%s: its id, %s, was already in %s" % (
                example.source, example.text_id, earlier)))
        else:
            yield example


def evaluate(paths: List[str], predictions_path: str) -> str:
    """The scores of a prediction file as a table."""
    scored = measures.score(predictions_path, read_labels(paths),
                            id_maps.read(predictions_path, "{id: label}", id_maps.text, "text"))
    return "Scores\n\n" + aligned([
        [name, "%d" % value if name == "total" else "%.4f" % value]
        for name, value in scored.numbers().items()])


def _limits(gold: Mapping[int, Any]) -> Limits:
    labels = set(gold.values())
    if len(labels) > 1:
        return Limits()
    return Limits(remarks=("all texts have the label %s" % next(iter(labels)),))


ANSWERS = AnswerFormat(prediction_files.predictions, count, rows, prediction_files.nbest,
                       examples="texts")
DEV_FORMAT = DevFormat(reading.TRAINING_READING, read_gold, measure.score, evaluate, _limits)
