"""What a record must be, in words and, for many at once, in columns."""
import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.records.compact import serialize_compact
from bert_nq.records.examples import parse, serialize
from bert_nq.records.schema import Kind, Pieces, check_record, check_records
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

IDS = {token: i for i, token in enumerate(tiny_nq.TOKENS)}
PIECES = Pieces(len(IDS), IDS["[CLS]"], IDS["[SEP]"])
FORMATS = {"full": serialize, "compact": serialize_compact}


def records(record_format, purpose):
    """Serialized windows of pages with and without answers."""
    maker = tiny_nq.window_maker(include_unknowns=1.0)
    make = maker.training_windows if purpose == "training" else maker.prediction_windows
    found = []
    for page in tiny_nq.PAGES_OF_ALL_KINDS:
        found.extend(FORMATS[record_format](make(decode_example(make_line(page), "x")).windows))
    return found


def tensorflows(features):
    import tensorflow.compat.v1 as tf

    message = tf.train.Example()
    for name, values in features.items():
        message.features.feature[name].int64_list.value.extend(values)
    return message.SerializeToString()


def as_lists(payload):
    return {name: values.tolist() for name, values in parse(payload, "x").items()}


@pytest.mark.parametrize("pieces", [PIECES, Pieces()])
@pytest.mark.parametrize("record_format", ["full", "compact"])
@pytest.mark.parametrize("purpose", ["training", "prediction"])
def test_records_that_are_right(record_format, purpose, pieces):
    made = records(record_format, purpose)
    kind = Kind(record_format, purpose, 64)
    assert str(kind) == "%s %s record of 64 wordpieces" % (record_format, purpose)
    checked = check_records(made, ["x"] * len(made), pieces)
    assert checked.faults == []
    assert checked.kinds == {kind: list(range(len(made)))}
    # See test_records_preparation.
    assert checked.answer_types == ({} if purpose == "prediction" else {
        AnswerType.SHORT: 3, AnswerType.LONG: 2, AnswerType.NO: 1, AnswerType.UNKNOWN: 2})
    assert [check_record(record, "x", pieces)[0] for record in made] == [kind] * len(made)


# Page 1: [CLS] [Q] where is tovin [SEP], 4 markers, tovin is in aron ., [SEP]: 16 pieces.
LENGTH, QUERY = 16, 6


def changed(record_format, purpose, **changes):
    """The record of page 1 with other values; a pair (place, value) changes one, None removes."""
    features = as_lists(records(record_format, purpose)[0])
    for name, change in changes.items():
        if change is None:
            del features[name]
        elif isinstance(change, tuple):
            features[name][change[0]] = change[1]
        else:
            features[name] = change
    return tensorflows(features)


SEGMENTS = (": segment_ids are not zeros for the question, then ones for the document, then zeros "
            "for padding")
MASK = ": input_mask is not ones for wordpieces, then zeros for padding"
SEP = IDS["[SEP]"]
FAULTS = [
    ("full", "training", dict(unique_ids=None),
     " has the features answer_types, end_positions, input_ids, input_mask, segment_ids, "
     "start_positions: this is no record of prepare_nq_data.py"),
    ("full", "training", dict(unique_ids=[1, 2]), ": unique_ids has 2 values, not one"),
    ("full", "training", dict(answer_types=[]), ": answer_types has 0 values, not one"),
    ("full", "training", dict(input_mask=[1] * 60), ": input_mask has 60 values, input_ids 64"),
    ("full", "training", dict(input_mask=(3, 0)), MASK),
    ("full", "training", dict(input_mask=(3, 2)), MASK),
    ("full", "training", dict(input_mask=(LENGTH + 1, 1)), MASK),
    ("full", "training", dict(input_mask=[0] * 64), MASK),
    ("full", "training", dict(segment_ids=(2, 1)), SEGMENTS),
    ("full", "training", dict(segment_ids=(LENGTH, 1)), SEGMENTS),
    ("full", "training", dict(segment_ids=(QUERY + 1, 0)), SEGMENTS),
    ("full", "training", dict(segment_ids=[0] * 64), SEGMENTS),
    ("full", "training", dict(segment_ids=(QUERY, 0)), ": question and document end with the "
     "wordpieces %d and %d and not with [SEP], %d" % (IDS["[ContextId=-1]"], SEP, SEP)),
    ("full", "training", dict(input_ids=(LENGTH - 1, 7)), ": question and document end with the "
     "wordpieces %d and 7 and not with [SEP], %d" % (SEP, SEP)),
    ("full", "training", dict(input_ids=(0, 7)),
     ": the first wordpiece is number 7 and not [CLS], %d" % IDS["[CLS]"]),
    ("full", "training", dict(input_ids=(9, len(IDS))),
     ": there is a wordpiece with the id %d, ids are from 0 to %d" % (len(IDS), len(IDS) - 1)),
    ("full", "training", dict(input_ids=(9, -3)),
     ": there is a wordpiece with the id -3, ids are from 0 to %d" % (len(IDS) - 1)),
    ("full", "training", dict(input_ids=(40, 5)), ": the padding has other ids than 0"),
    ("full", "training", dict(answer_types=[5]), ": there is no answer type 5"),
    ("full", "training", dict(answer_types=[-1]), ": there is no answer type -1"),
    ("full", "training", dict(answer_types=[0]),
     ": without an answer, the labels are 13 and 13, not 0"),
    ("full", "training", dict(start_positions=[14]),
     ": the answer, pieces 14 to 13, is not in the document, pieces 6 to 14"),
    ("full", "training", dict(end_positions=[15]),
     ": the answer, pieces 13 to 15, is not in the document, pieces 6 to 14"),
    ("compact", "training", dict(start_positions=[5]),
     ": the answer, pieces 5 to 13, is not in the document, pieces 6 to 14"),
    ("compact", "training", dict(piece_ids=(9, -3)),
     ": there is a wordpiece with the id -3, ids are from 0 to %d" % (len(IDS) - 1)),
    ("compact", "training", dict(window_shape=[6, 64, 1]),
     ": window_shape has 3 values, not two: prepare the records again"),
    ("compact", "training", dict(window_shape=[7, 64]), ": question and document end with the "
     "wordpieces %d and %d and not with [SEP], %d" % (IDS["[ContextId=-1]"], SEP, SEP)),
    ("compact", "training", dict(window_shape=[6, 15]), ": a window of 16 wordpieces, padded to 15,"
     " cannot have a question of 6: prepare the records again"),
    ("compact", "training", dict(piece_ids=[]), ": a window of 0 wordpieces, padded to 64, cannot "
     "have a question of 6: prepare the records again"),
    ("compact", "training", dict(token_map=[1]),
     " has the features answer_types, end_positions, piece_ids, start_positions, token_map, "
     "unique_ids, window_shape: this is no record of prepare_nq_data.py"),
    ("full", "prediction", dict(token_map=(LENGTH, 3)), ": token_map has tokens outside the "
     "document"),
    ("full", "prediction", dict(token_map=(2, 3)), ": token_map has tokens outside the document"),
    ("full", "prediction", dict(token_map=(9, -2)), ": token_map has -2"),
    ("compact", "prediction", dict(piece_tokens=(3, -1)), ": token_map has -2"),
    ("compact", "prediction", dict(piece_tokens=[1]), ": piece_tokens has 1 values, the window 9 "
     "wordpieces of the document: prepare the records again"),
]


@pytest.mark.parametrize("record_format, purpose, changes, message", FAULTS)
def test_records_that_are_wrong(record_format, purpose, changes, message):
    bad = changed(record_format, purpose, **changes)
    with pytest.raises(UserError) as e:
        check_record(bad, "a, record 3", PIECES)
    assert str(e.value) == "a, record 3" + message
    # And among others.
    made = records(record_format, purpose)
    made[3] = bad
    checked = check_records(made, ["a, record %d" % i for i in range(len(made))], PIECES)
    assert checked.faults == [(3, "a, record 3" + message)]
    assert sorted(sum(checked.kinds.values(), [])) == [i for i in range(len(made)) if i != 3]


def test_without_a_vocabulary_the_two_ends_must_be_alike():
    bad = changed("full", "training", input_ids=(LENGTH - 1, 7))
    with pytest.raises(UserError, match=r"x: question and document end with the wordpieces \d+ and "
                       r"7: one is not \[SEP\]$"):
        check_record(bad, "x", Pieces())


RIGHT = {(f, p): [as_lists(record) for record in records(f, p)]
         for f in FORMATS for p in ("training", "prediction")}
NUMBERS = st.one_of(st.integers(-2, 70), st.sampled_from([2 ** 31, 2 ** 40, -2 ** 63, 2 ** 63 - 1]))


@st.composite
def damaged_records(draw):
    """Records of one format and purpose, a few numbers of which were changed, added or removed."""
    chosen = draw(st.sampled_from(sorted(RIGHT)))
    features = [{name: list(values) for name, values in record.items()}
                for record in draw(st.lists(st.sampled_from(RIGHT[chosen]), min_size=1,
                                            max_size=5))]
    for _ in range(draw(st.integers(0, 3))):
        record = draw(st.sampled_from(features))
        name = draw(st.sampled_from(sorted(record)))
        values = record[name]
        at = draw(st.integers(0, len(values)))
        action = draw(st.sampled_from(["change", "change", "change", "insert", "cut", "drop"]))
        if action == "insert":
            values.insert(at, draw(NUMBERS))
        elif action == "cut":
            del values[at:]
        elif action == "drop" and len(record) > 1:
            del record[name]
        elif at < len(values):
            values[at] = draw(NUMBERS)
    return list(map(tensorflows, features))


@given(damaged_records(), st.sampled_from([PIECES, Pieces()]))
def test_many_records_are_judged_as_each_alone(payloads, pieces):
    kinds, answer_types, faults = collections.defaultdict(list), collections.Counter(), []
    for row, payload in enumerate(payloads):
        try:
            kind, answer_type = check_record(payload, "record %d" % row, pieces)
        except UserError as e:
            faults.append((row, str(e)))
            continue
        kinds[kind].append(row)
        if answer_type is not None:
            answer_types[answer_type] += 1
    checked = check_records(payloads, ["record %d" % i for i in range(len(payloads))], pieces)
    assert {kind: sorted(rows) for kind, rows in checked.kinds.items()} == kinds
    assert (checked.answer_types, checked.faults) == (answer_types, faults)


@pytest.mark.parametrize("names", sorted(RIGHT))
def test_right_records_are_not_looked_at_one_by_one(names, monkeypatch):
    from bert_nq.records import schema

    monkeypatch.setattr(schema, "check_record", None)
    payloads = [tensorflows(features) for features in RIGHT[names]]
    assert not check_records(payloads, ["x"] * len(payloads), PIECES).faults


def test_lengths_that_differ_are_different_kinds():
    assert np.array(RIGHT["compact", "training"][0]["window_shape"]).tolist() == [6, 64]
    payloads = [tensorflows(dict(RIGHT["compact", "training"][0], window_shape=[6, length]))
                for length in (64, 80, 64)]
    checked = check_records(payloads, ["x"] * 3, PIECES)
    assert checked.kinds == {Kind("compact", "training", 64): [0, 2],
                             Kind("compact", "training", 80): [1]}
