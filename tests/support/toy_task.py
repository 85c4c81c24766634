"""A task that the library knows nothing of: is there a river in the text?

It has a dataset, features, a head, a decoder and a measure of its own, and shows that a new task is
new files and a registry line. CONTRIBUTING.md takes it as the example.

A line of its dataset is {"example_id": 3, "text": "an old town of many houses", "river": false}.
"""
import collections
import contextlib
import json
from typing import List, NamedTuple, Optional

import numpy as np
from absl import flags

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.reading import Reading
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.features import packing
from bert_nq.features.featurizer import Featurizer, Made
from bert_nq.features.spec import KEY, LABEL, SCALAR, Feature
from bert_nq.prediction.dev_set import DevFormat
from bert_nq.prediction.output import AnswerFormat
from bert_nq.scoring.measure import Measure
from bert_nq.tasks.task import Task
from bert_nq.text.vocabulary import Vocabulary
from tests.support.toy_head import ClassOutputs

NAME = "toy"

# The dataset.


class Example(NamedTuple):
    """A line of a file."""
    example_id: int
    words: List[str]
    river: bool
    source: str


def decode(line: bytes, source: str) -> Example:
    """The example of a line.

    Raises:
      BadExampleError: the line is not one.
    """
    try:
        record = json.loads(line.decode("utf8"))
        return Example(record["example_id"], record["text"].split(), record["river"], source)
    except (KeyError, TypeError, ValueError) as e:
        raise BadExampleError("%s: %s" % (source, e)) from e


READING = Reading(decode)


def find_shards(patterns: str) -> List[str]:
    """The files of a comma list of paths and globs."""
    return files.expand(patterns, "toy")


# The features: [CLS] river [SEP] text [SEP], and a class.


class Options(NamedTuple):
    """Settings of the features, named as the flags are."""
    max_seq_length: int = 16
    seed: int = 0  # of the order of the records


class Rows(NamedTuple):
    """The one row of an example."""
    example_id: int
    ids: List[int]
    label: int
    seq_length: int

    indexes = np.array([0])

    @property
    def lengths(self):
        """[1]: pieces before the padding."""
        return np.array([len(self.ids)])

    def columns(self):
        """The features by name."""
        places = np.arange(self.seq_length)[None, :]
        is_piece = places < len(self.ids)
        ids = np.zeros([1, self.seq_length], np.int64)
        ids[0, :len(self.ids)] = self.ids
        return {"unique_ids": np.array([self.example_id]), "input_ids": ids,
                "input_mask": is_piece, "segment_ids": is_piece & (places >= 3),
                "labels": np.array([self.label])}


class Maker:
    """Makes rows of examples."""

    def __init__(self, text, options: Options):
        self._ids = Vocabulary.load(text.vocab_file).ids
        self._options = options
        self.vocab_size = len(self._ids)

    def training(self, example: Example) -> Made:
        """The row of an example; of records without a label, the label is left out."""
        pieces = ["[CLS]", "river", "[SEP]"] + example.words[:self._options.max_seq_length - 4]
        ids = [self._ids.get(piece, self._ids["[UNK]"]) for piece in pieces + ["[SEP]"]]
        rows = Rows(example.example_id, ids, int(example.river), self._options.max_seq_length)
        return Made(rows, 1, collections.Counter())

    prediction = training


SPEC = (Feature("unique_ids", SCALAR, KEY),) + packing.INPUTS + (
    Feature("labels", SCALAR, LABEL, 2, ("DRY", "RIVER")),)


def check(columns, pieces):
    """The rules of the packing."""
    yield from packing.rules(columns, packing.layout_of(columns), pieces)


FEATURIZER = Featurizer(SPEC, Options, Maker, "the toy's program", check)


# The decoder and the answers.


class Decoder:
    """Answers with the likelier class."""

    name = "toy"
    outputs_type = ClassOutputs

    class options(NamedTuple):  # noqa: N801 - in the place of a NamedTuple with fields
        """The amount of what leaves the model: all of it."""
        sees_padding: bool = False

    def output_options(self):
        """All of the outputs are wanted."""
        return self.options()

    def decode(self, example, rows, outputs):
        """The entry of an example in the prediction file."""
        return {"example_id": example.example_id,
                "river": bool(outputs.logits[0, 1] > outputs.logits[0, 0])}

    def nbest(self, example, rows, outputs):
        """The scores of both classes."""
        return {"example_id": example.example_id, "scores": outputs.logits[0].tolist()}

    def both(self, example, rows, outputs):
        """The entry of each of the two files."""
        return self.decode(example, rows, outputs), self.nbest(example, rows, outputs)

    def describe(self):
        """The decoder as the prediction file tells of it."""
        return {"decoder": self.name, "options": {}}


def make_decoder(name, options) -> Decoder:
    """The only decoder that there is."""
    del name, options
    return Decoder()


@contextlib.contextmanager
def write_answers(path, predictor):
    """Writes an answer a line, behind what made them."""
    with files.replacing(path) as out:
        def write(entry):
            out.write(json.dumps(entry).encode("utf8") + b"\n")
        write({"predictor": predictor})
        yield write


def count(entry) -> dict:
    """Counts the answers that say that there is a river."""
    return {"rivers": int(entry["river"])}


def rows(counts) -> list:
    """The lines of a summary."""
    return [("  with a river", counts["rivers"])]


ANSWERS = AnswerFormat(open=write_answers, count=count, rows=rows, open_nbest=write_answers)


# The measure.


def read_gold(paths, bad_input=None) -> dict:
    """{example id: [whether there is a river]}."""
    examples = READING.examples(paths, bad_input or BadInput())
    return {example.example_id: [example.river] for example in examples}


def score(gold, entries) -> dict:
    """The share of right answers."""
    right = [entries[example_id]["river"] == rivers[0] for example_id, rivers in gold.items()]
    return {"accuracy": sum(right) / len(right)}


def evaluate(paths, predictions_path) -> str:
    """The accuracy of a file of answers."""
    with open(predictions_path, "rb") as f:
        entries = [json.loads(line.decode("utf8")) for line in f][1:]
    return "accuracy %.3f" % score(read_gold(paths), {e["example_id"]: e for e in entries})[
        "accuracy"]


MEASURE = Measure(choices={"accuracy": ("accuracy",)}, default="accuracy",
                  shown=(("accuracy", "accuracy"),))

# The task, and the flags of a program for it.

TASK = Task(
    name=NAME, title="toy texts", find_shards=find_shards, reading=READING,
    training_reading=READING,
    featurizer=FEATURIZER, make_decoder=make_decoder,
    answers=ANSWERS, dev_format=DevFormat(READING, read_gold, score, evaluate),
    card_settings=("do_lower_case", "tokenizer", "max_seq_length"),
    weights_depend_on=("do_lower_case",), program="tests/support/run_toy.py",
    scorer=("the toy's scorer",), heads={"tests.support.toy_head": ("toy",)}, measure=MEASURE)


def define_flags() -> TaskFlags:
    """Defines the flags of the features and the decoder; returns how to read them."""
    length = flags.DEFINE_integer("max_seq_length", 16, "Wordpieces of a row.")
    return TaskFlags(lambda: Options(length.value), lambda: Options(length.value),
                     lambda head: Decoder())


def write_lines(path, count: int, first: int = 0, seed: Optional[int] = None) -> str:
    """Writes `count` examples; returns the path."""
    words = ("the", "village", "has", "many", "houses", "a", "town", "old", "in")
    random = np.random.RandomState(first if seed is None else seed)
    with open(str(path), "w") as out:
        for i in range(first, first + count):
            text = [words[j] for j in random.randint(len(words), size=random.randint(3, 10))]
            river = bool(i % 2)
            if river:
                text.insert(random.randint(len(text) + 1), "river")
            out.write(json.dumps({"example_id": i, "text": " ".join(text), "river": river}) + "\n")
    return str(path)
