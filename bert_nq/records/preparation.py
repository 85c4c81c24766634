"""Examples to a file of records: windows made, sampled, serialized, shuffled, counted."""
import collections
from typing import Iterable, NamedTuple

from bert_nq.errors import BadExampleError
from bert_nq.features.contexts import AnswerType
from bert_nq.features.windows import ExampleWindows, WindowMaker, shuffle_keys
from bert_nq.nq.example import Example
from bert_nq.nq.shards import BadInput
from bert_nq.records import examples as serialization
from bert_nq.records.shuffling import ordered_record_file, shuffled_record_file


class PreparationCounts(NamedTuple):
    """What was made of the examples."""
    examples: int  # that were read and usable
    with_gold_candidate: int  # whose annotated candidate is among the contexts
    answer_lost: int  # whose answer was lost among odd blanks: no windows
    windows: int  # that the pages have
    records: int  # that were written
    records_by_answer: "collections.Counter[AnswerType]"  # empty without labels


def prepare(examples: Iterable[Example], output_path: str, maker: WindowMaker, is_training: bool,
            seed: int, bad_input: BadInput) -> PreparationCounts:
    """Writes the records of all windows of `examples`, one example in memory at a time.

    Args:
      examples: see nq.shards.read_examples.
      output_path: the TFRecord file to write or replace.
      maker: makes the windows.
      is_training: with labels, and shuffled; otherwise with token maps, in document order.
      seed: of the shuffle.
      bad_input: told of examples that no windows can be made of.
    """
    counts = collections.Counter()
    answers: collections.Counter[AnswerType] = collections.Counter()
    make = maker.training_windows if is_training else maker.prediction_windows
    record_file = shuffled_record_file if is_training else ordered_record_file
    with record_file(output_path) as add:
        for example in examples:
            try:
                made = make(example)
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            windows = made.windows
            _count(made, counts, answers)
            keys = shuffle_keys(seed, example.example_id, windows.indexes).tolist()
            for key, record in zip(keys, serialization.serialize(windows)):
                add(key, record)
    return PreparationCounts(counts["examples"], counts["gold"], counts["lost"], counts["windows"],
                             counts["records"], answers)


def _count(made: ExampleWindows, counts: "collections.Counter", answers: "collections.Counter"):
    counts["examples"] += 1
    counts["gold"] += made.has_gold_candidate
    counts["lost"] += not made.answer_found
    counts["windows"] += made.total
    counts["records"] += len(made.windows.indexes)
    if made.windows.labels is not None:
        answers.update(map(AnswerType, made.windows.labels.answer_types.tolist()))
