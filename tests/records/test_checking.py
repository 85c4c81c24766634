"""The check of many records at once: names, sizes, ranges, the joint reader's own rules."""
import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features import spec as specs
from bert_nq.features.featurizer import Featurizer, Pieces
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.spec import Feature
from bert_nq.records import checking
from bert_nq.records.checking import Kind, check_records
from bert_nq.records.examples import parse, serialize
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

IDS = {token: i for i, token in enumerate(tiny_nq.TOKENS)}
PIECES = Pieces(len(IDS), IDS["[CLS]"], IDS["[SEP]"])
AGAIN = ": prepare the records again"


def records(purpose):
    """Serialized windows of pages with and without answers."""
    maker = tiny_nq.window_maker(include_unknowns=1.0)
    make = maker.training if purpose == "training" else maker.prediction
    found = []
    for page in tiny_nq.PAGES_OF_ALL_KINDS:
        found.extend(tiny_nq.serialized(make(decode_example(make_line(page), "x")).rows))
    return found


def tensorflows(features):
    import tensorflow.compat.v1 as tf

    message = tf.train.Example()
    for name, values in features.items():
        message.features.feature[name].int64_list.value.extend(values)
    return message.SerializeToString()


def as_lists(payload):
    return {name: values.tolist() for name, values in parse(payload, "x").items()}


def check(payloads, pieces=PIECES, featurizer=FEATURIZER):
    return check_records(payloads, ["a, record %d" % i for i in range(len(payloads))], featurizer,
                         pieces)


@pytest.mark.parametrize("pieces", [PIECES, Pieces()])
@pytest.mark.parametrize("purpose", ["training", "prediction"])
def test_records_that_are_right(purpose, pieces):
    made = records(purpose)
    kind = Kind(purpose, 64)
    assert str(kind) == "%s record of 64 wordpieces" % purpose
    # See test_preparation.
    classes = {} if purpose == "prediction" else {"SHORT": 3, "LONG": 2, "NO": 1, "UNKNOWN": 2}
    assert check(made, pieces) == ({kind: list(range(len(made)))}, classes, [])
    # And each alone.
    assert [check([record], pieces)[::2] for record in made] == [({kind: [0]}, [])] * len(made)


# Page 1: [CLS] [Q] where is tovin [SEP], 4 markers, tovin is in aron ., [SEP]: 16 pieces.
LENGTH, QUERY = 16, 6


def changed(purpose, **changes):
    """The record of page 1 with other values; a pair (place, value) changes one, None removes."""
    features = as_lists(records(purpose)[0])
    for name, change in changes.items():
        if change is None:
            del features[name]
        elif isinstance(change, tuple):
            features[name][change[0]] = change[1]
        else:
            features[name] = change
    return tensorflows(features)


SEGMENTS = (": segment_ids are not zeros for the question, then ones for the document, then zeros "
            "for padding" + AGAIN)
MASK = ": input_mask is not ones for wordpieces, then zeros for padding" + AGAIN
VOCABULARY = ", ids are from 0 to %d: the records were made with another vocabulary" % (
    len(IDS) - 1)
COMPACT = (" is a compact record, and these are no longer read: prepare the records again, without "
           "--compact")
SEP = IDS["[SEP]"]
FAULTS = [
    ("training", dict(unique_ids=None),
     " has the features answer_types, end_positions, input_ids, input_mask, segment_ids, "
     "start_positions: this is no record of prepare_nq_data.py"),
    ("training", dict(token_map=[1]),
     " has the features answer_types, end_positions, input_ids, input_mask, segment_ids, "
     "start_positions, token_map, unique_ids: this is no record of prepare_nq_data.py"),
    ("training", dict(unique_ids=[1, 2]), ": unique_ids has 2 values, not one" + AGAIN),
    ("training", dict(answer_types=[]), ": answer_types has 0 values, not one" + AGAIN),
    ("training", dict(input_mask=[1] * 60), ": input_mask has 60 values, input_ids 64" + AGAIN),
    ("training", dict(input_ids=[], input_mask=[], segment_ids=[]),
     ": input_ids has 0 values" + AGAIN),
    ("training", dict(input_mask=(3, 0)), MASK),
    ("training", dict(input_mask=(3, 2)), MASK),
    ("training", dict(input_mask=(LENGTH + 1, 1)), MASK),
    ("training", dict(input_mask=[0] * 64), MASK),
    ("training", dict(segment_ids=(2, 1)), SEGMENTS),
    ("training", dict(segment_ids=(LENGTH, 1)), SEGMENTS),
    ("training", dict(segment_ids=(QUERY + 1, 0)), SEGMENTS),
    ("training", dict(segment_ids=[0] * 64), SEGMENTS),
    ("training", dict(segment_ids=(QUERY, 0)), ": question and document end with the wordpieces "
     "%d and %d and not with [SEP], %d" % (IDS["[ContextId=-1]"], SEP, SEP) + AGAIN),
    ("training", dict(input_ids=(LENGTH - 1, 7)), ": question and document end with the wordpieces "
     "%d and 7 and not with [SEP], %d" % (SEP, SEP) + AGAIN),
    ("training", dict(input_ids=(0, 7)),
     ": the first wordpiece is number 7 and not [CLS], %d" % IDS["[CLS]"] + AGAIN),
    ("training", dict(input_ids=(9, len(IDS))), ": wordpiece id %d" % len(IDS) + VOCABULARY),
    ("training", dict(input_ids=(9, -3)), ": wordpiece id -3" + VOCABULARY),
    ("training", dict(input_ids=(40, 5)), ": the padding has other ids than 0" + AGAIN),
    ("training", dict(answer_types=[5]), ": answer_types 5, which must be from 0 to 4" + AGAIN),
    ("training", dict(answer_types=[-1]), ": answer_types -1, which must be from 0 to 4" + AGAIN),
    ("training", dict(answer_types=[0]),
     ": without an answer, the labels are 13 and 13, not 0" + AGAIN),
    ("training", dict(start_positions=[14]),
     ": the answer, pieces 14 to 13, is not in the document, pieces 6 to 14" + AGAIN),
    ("training", dict(start_positions=[5]),
     ": the answer, pieces 5 to 13, is not in the document, pieces 6 to 14" + AGAIN),
    ("training", dict(end_positions=[15]),
     ": the answer, pieces 13 to 15, is not in the document, pieces 6 to 14" + AGAIN),
    ("prediction", dict(token_map=(LENGTH, 3)), ": token_map has tokens outside the document"
     + AGAIN),
    ("prediction", dict(token_map=(2, 3)), ": token_map has tokens outside the document" + AGAIN),
    ("prediction", dict(token_map=(9, -2)), ": token_map has -2" + AGAIN),
    # Records of a format that is no more.
    ("training", dict(input_ids=None, input_mask=None, segment_ids=None, piece_ids=[1, 2, 2],
                      window_shape=[2, 64]), COMPACT),
    ("prediction", dict(input_ids=None, input_mask=None, segment_ids=None, piece_ids=[1, 2, 2],
                        window_shape=[2, 64], token_map=None, piece_tokens=[]), COMPACT),
]


@pytest.mark.parametrize("purpose, changes, message", FAULTS)
def test_records_that_are_wrong(purpose, changes, message):
    bad = changed(purpose, **changes)
    assert check([bad]).faults == [(0, "a, record 0" + message)]
    # And among others.
    made = records(purpose)
    made[3] = bad
    checked = check(made)
    assert checked.faults == [(3, "a, record 3" + message)]
    assert sorted(sum(checked.kinds.values(), [])) == [i for i in range(len(made)) if i != 3]


def test_without_a_vocabulary_the_two_ends_must_be_alike():
    bad = changed("training", input_ids=(LENGTH - 1, 7))
    assert check([bad], Pieces()).faults == [
        (0, "a, record 0: question and document end with the wordpieces %d and 7: one is no "
         "separator" % SEP + AGAIN)]


def test_a_record_that_is_no_example():
    made = records("training")
    made[2] = b"\n\x05 not a message"
    assert check(made).faults == [(2, "a, record 2: not a tf.train.Example")]


RIGHT = {purpose: [as_lists(record) for record in records(purpose)]
         for purpose in ("training", "prediction")}
NUMBERS = st.one_of(st.integers(-2, 70), st.sampled_from([2 ** 31, 2 ** 40, -2 ** 63, 2 ** 63 - 1]))


@st.composite
def damaged_records(draw):
    """Records of one purpose, a few numbers of which were changed, added or removed."""
    features = [{name: list(values) for name, values in record.items()}
                for record in draw(st.lists(st.sampled_from(RIGHT[draw(st.sampled_from(
                    sorted(RIGHT)))]), min_size=1, max_size=5))]
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


def left_to_parse(payloads):
    """In place of `read_tables`: no record is of the plain form."""
    return [], list(range(len(payloads)))


@given(damaged_records(), st.sampled_from([PIECES, Pieces()]))
def test_many_records_are_judged_as_each_alone_and_as_each_parsed(payloads, pieces):
    kinds, classes, faults = collections.defaultdict(list), collections.Counter(), []
    for row, payload in enumerate(payloads):
        source = "a, record %d" % row
        alone = check_records([payload], [source], FEATURIZER, pieces)
        faults.extend((row, text) for _, text in alone.faults)
        classes.update(alone.classes)
        for kind in alone.kinds:
            kinds[kind].append(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "read_tables", left_to_parse)
        parsed = check(payloads, pieces)
    for checked in (check(payloads, pieces), parsed):
        assert {kind: sorted(rows) for kind, rows in checked.kinds.items()} == kinds
        assert (checked.classes, checked.faults) == (classes, faults)


@pytest.mark.parametrize("purpose", sorted(RIGHT))
def test_records_of_the_plain_form_are_not_parsed_one_by_one(purpose, monkeypatch):
    monkeypatch.setattr(checking.examples, "parse", None)
    payloads = [tensorflows(features) for features in RIGHT[purpose]]
    payloads += [changed_length(features, 80) for features in RIGHT[purpose]]
    assert not check(payloads).faults


def changed_length(features, length):
    """A record with more padding."""
    padding = {"token_map": -1}
    return tensorflows({name: values if len(values) == 1 else
                        values + [padding.get(name, 0)] * (length - len(values))
                        for name, values in features.items()})


def test_lengths_that_differ_are_different_kinds():
    payloads = [changed_length(RIGHT["training"][0], length) for length in (64, 80, 64)]
    checked = check(payloads)
    assert checked.kinds == {Kind("training", 64): [0, 2], Kind("training", 80): [1]}
    assert checked.faults == []


# Another task: no mask, no rules of its own, labels of which none is a class.
TOY = Featurizer((Feature("id", specs.SCALAR, specs.KEY),
                  Feature("ids", specs.SEQUENCE, specs.INPUT, specs.VOCABULARY),
                  Feature("bit", specs.SCALAR, specs.INPUT, 2),
                  Feature("place", specs.SCALAR, specs.LABEL, specs.LENGTH)),
                 options=None, make=None, program="prepare_toys.py")


def toys(**changes):
    columns = {"id": [7, 8, 9], "ids": [[1, 2], [3, 4], [5, 6]], "bit": [0, 1, 1],
               "place": [0, 1, 0]}
    columns.update(changes)
    columns = {name: np.array(values) for name, values in columns.items()}
    return list(serialize([f for f in TOY.spec if f.name in columns], columns))


def test_a_task_without_rules_of_its_own():
    checked = check(toys(), Pieces(7), TOY)
    assert checked == ({Kind("training", 2): [0, 1, 2]}, {}, [])
    faults = check(toys(place=[0, 2, 0], ids=[[1, 2], [3, 4], [5, 7]]), Pieces(7), TOY).faults
    assert faults == [
        (1, "a, record 1: place 2, which must be from 0 to 1: prepare the records again"),
        (2, "a, record 2: wordpiece id 7, ids are from 0 to 6: the records were made with another "
            "vocabulary")]
    payload = tensorflows({"ids": [1]})
    assert check([payload], Pieces(7), TOY).faults == [
        (0, "a, record 0 has the features ids: this is no record of prepare_toys.py")]


def test_a_task_without_sequences():
    spec = (Feature("id", specs.SCALAR, specs.KEY), Feature("bit", specs.SCALAR, specs.INPUT, 2))
    payloads = list(serialize(spec, {"id": np.array([1, 2]), "bit": np.array([1, 2])}))
    checked = check(payloads, Pieces(), Featurizer(spec, None, None, "prepare_bits.py"))
    assert checked == ({Kind("training", 0): [0]}, {}, [
        (1, "a, record 1: bit 2, which must be from 0 to 1: prepare the records again")])


def test_a_record_is_parsed_where_the_values_alone_are_wrong():
    bad = changed("training", answer_types=[9])
    assert checking.parse_checked(bad, "x", FEATURIZER)["answer_types"].tolist() == [9]
    for changes, message in (
            (dict(input_mask=None), "x has no feature input_mask: these are not records of "
             "prepare_nq_data.py"),
            (dict(end_positions=[]), "x: end_positions has 0 values, not one" + AGAIN),
            (dict(window_shape=[1, 2]), "x" + COMPACT)):
        with pytest.raises(UserError) as e:
            checking.parse_checked(changed("training", **changes), "x", FEATURIZER)
        assert str(e.value) == message
