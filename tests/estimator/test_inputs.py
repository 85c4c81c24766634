"""Records as batches: all of them, whole, in an order that a seed decides."""
import collections
import gzip
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.estimator import inputs
from bert_nq.features import spec
from bert_nq.features.composition import Composition
from bert_nq.features.joint_windows import FEATURIZER, SPEC
from bert_nq.features.spec import Feature, Sizes
from bert_nq.modeling.runtime import tf
from bert_nq.records import examples, tfrecord, training_files
from bert_nq.records.training_files import Demands
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

SEQ_LENGTH = 64
FEATURES = ("input_ids", "input_mask", "segment_ids", "start_positions", "end_positions",
            "answer_types")


def training_records(num_records, **options):
    """Serialized windows of some pages, with and without answer."""
    maker = tiny_nq.window_maker(include_unknowns=1.0, **options)
    found = []
    for i in range(num_records):
        example = decode_example(make_line(tiny_nq.place_page(i, filler=3)), "page %d" % i)
        found.extend(tiny_nq.serialized(maker.training(example).rows))
    assert len(set(found)) == len(found)
    return found[:num_records]


def write_records(path, records, compress=bytes):
    path.write_bytes(compress(b"".join(map(tfrecord.frame, records))))
    return str(path)


def rows_of(records):
    """The expected batch row of each record: a tuple of tuples."""
    parsed = [examples.parse(record, "record") for record in records]
    return [tuple(tuple(features[name].tolist()) for name in FEATURES) for features in parsed]


def batches(paths, num_batches, batch_size, seed=1, seq_length=SEQ_LENGTH, records_done=0,
            input_context=None):
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.training_input_fn(paths, SPEC, seq_length, seed, records_done)(
            {"batch_size": batch_size}, input_context)
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        assert following["input_ids"].shape.as_list() == [batch_size, seq_length]
        assert following["answer_types"].shape.as_list() == [batch_size]
        assert {tensor.dtype for tensor in following.values()} == {tf.int32}
        session.run(iterator.initializer)
        return [session.run(following) for _ in range(num_batches)]


def rows_in(some_batches):
    columns = [np.concatenate([batch[name] for batch in some_batches]) for name in FEATURES]
    return [tuple(tuple(np.atleast_1d(value).tolist()) for value in row) for row in zip(*columns)]


def test_every_record_comes_once_in_each_pass_and_whole(tmp_path):
    records = training_records(12)
    files = [write_records(tmp_path / "a", records[:4]), write_records(tmp_path / "b", records[4:])]
    got = batches(files, 8, 3)
    first, second = rows_in(got[:4]), rows_in(got[4:])
    assert collections.Counter(first) == collections.Counter(rows_of(records))
    assert collections.Counter(second) == collections.Counter(first)
    assert first != rows_of(records)  # shuffled,
    assert first != second  # and in the second pass anew


def test_a_seed_decides_the_order(tmp_path):
    path = write_records(tmp_path / "records", training_records(12))
    orders = [rows_in(batches([path], 6, 4, seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_batches_are_full_even_where_passes_meet(tmp_path):
    path = write_records(tmp_path / "records", training_records(2))
    got = batches([path], 3, 5)
    assert [len(batch["input_ids"]) for batch in got] == [5, 5, 5]


def test_the_references_records_are_read(tmp_path, shared_data):
    path = tmp_path / "nq-train.tfrecords-00000-of-00001"
    with gzip.open(os.path.join(shared_data, "parity", "reference-train-384.tfrecord.gz")) as f:
        path.write_bytes(f.read())
    records = list(tfrecord.read_records(str(path)))
    demands = Demands(FEATURIZER, 384, Sizes(30522))
    training_files.check_first_records([str(path)], demands)
    training_files.find_fault([str(path)], demands)
    got = batches([str(path)], len(records), 1, seq_length=384)
    assert collections.Counter(rows_in(got)) == collections.Counter(rows_of(records))


def two_members(data):
    return gzip.compress(data[:1000]) + gzip.compress(data[1000:])


@pytest.mark.parametrize("reads_members", [inputs.READS_GZIP_MEMBERS, False])
def test_gzipped_files_become_the_same_batches(tmp_path, monkeypatch, reads_members):
    monkeypatch.setattr(inputs, "READS_GZIP_MEMBERS", reads_members)
    records = training_records(16)
    plain, packed = ([write_records(tmp_path / ("%s-%d" % (name, i)), records[4 * i:4 * i + 4],
                                    compress) for i, compress in enumerate(ways)]
                     for name, ways in (("plain", [bytes] * 4),
                                        ("packed", [gzip.compress, bytes, two_members, bytes])))
    training_files.check_first_records(packed, Demands.of(FEATURIZER, SEQ_LENGTH,
                                                          tiny_nq.CONFIG))
    assert training_files.count_records(packed) == 16
    for a, b in zip(batches(plain, 8, 4), batches(packed, 8, 4)):
        for name in FEATURES:
            np.testing.assert_array_equal(a[name], b[name])


def test_prediction_batches_pass_through_in_order():
    names = spec.names(spec.of_roles(SPEC, spec.INPUT))
    made = [dict.fromkeys(names, np.full([2, 8], i, np.int32)) for i in range(3)]
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.prediction_input_fn(lambda: iter(made), SPEC, 2, 8)(params={})
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        assert following["segment_ids"].shape.as_list() == [2, 8]  # as a TPU wants it
        session.run(iterator.initializer)
        for expected in made:
            batch = session.run(following)
            assert sorted(batch) == sorted(expected)
            for name in expected:
                np.testing.assert_array_equal(batch[name], expected[name])
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(following)


TOY = (Feature("ids", spec.SEQUENCE, spec.INPUT, spec.VOCABULARY),
       Feature("bit", spec.SCALAR, spec.INPUT, 2), Feature("class", spec.SCALAR, spec.LABEL, 3),
       Feature("tokens", spec.SEQUENCE, spec.DECODING))


def test_the_features_of_batches_are_those_of_the_spec(tmp_path):
    columns = {"ids": np.array([[1, 2, 3]] * 4), "bit": np.array([1] * 4),
               "class": np.array([2] * 4)}
    path = write_records(tmp_path / "toys", examples.serialize(
        spec.of_purpose(TOY, spec.TRAINING), columns))
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.training_input_fn([path], TOY, 3, seed=0)({"batch_size": 2})
        following = tf.data.make_one_shot_iterator(dataset).get_next()
        batch = session.run(following)
        host = [{"ids": np.ones([2, 3], np.int32), "bit": np.ones([2], np.int32)}]
        predicted = tf.data.make_one_shot_iterator(inputs.prediction_input_fn(
            lambda: iter(host), TOY, 2, 3)(params={})).get_next()
        assert {name: tensor.shape.as_list() for name, tensor in predicted.items()} == {
            "ids": [2, 3], "bit": [2]}
    assert {name: values.tolist() for name, values in batch.items()} == {
        "ids": [[1, 2, 3]] * 2, "bit": [1, 1], "class": [2, 2]}


@pytest.mark.parametrize("name, value, sizes", [
    ("ids", 5, Sizes(5)), ("ids", -1, Sizes()), ("ids", 2 ** 32, Sizes()), ("bit", 2, Sizes()),
    ("class", 3, Sizes()), ("class", 2 ** 32 + 1, Sizes()), ("segments", 7, Sizes()),
    ("segments", 1, Sizes(num_segments=1)), ("place", 3, Sizes()), ("place", -1, Sizes())])
def test_a_value_that_the_model_has_no_place_for_stops_the_batch(tmp_path, name, value, sizes):
    toy = TOY + (Feature("segments", spec.SEQUENCE, spec.INPUT, spec.SEGMENTS),
                 Feature("place", spec.SCALAR, spec.LABEL, spec.LENGTH))
    columns = {"ids": np.full([4, 3], 4), "bit": np.ones([4]), "class": np.ones([4]),
               "segments": np.zeros([4, 3]), "place": np.full([4], 2)}
    columns = {key: values.astype(np.int64) for key, values in columns.items()}

    def run(path):
        with tf.Graph().as_default(), tf.Session() as session:
            dataset = inputs.training_input_fn([path], toy, 3, seed=0, sizes=sizes)(
                {"batch_size": 4})
            session.run(tf.data.make_one_shot_iterator(dataset).get_next())

    def write(path):
        return write_records(path, examples.serialize(spec.of_purpose(toy, spec.TRAINING),
                                                      columns))

    run(write(tmp_path / "good"))
    columns[name][3:] = value
    with pytest.raises(tf.errors.InvalidArgumentError, match="a record has %s that " % name):
        run(write(tmp_path / "bad"))


# Steps that are composed.


def kinds_in_steps(path, composition, num_batches, **options):
    """The kinds of the records of each batch of 8, and their unique numbers."""
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.training_input_fn([path], KINDS, 3, 1, composition=composition,
                                           **options)({"batch_size": 8})
        following = tf.data.make_one_shot_iterator(dataset).get_next()
        found = [session.run(following) for _ in range(num_batches)]
    return [(batch["kinds"].tolist(), batch["numbers"][:, 0].tolist()) for batch in found]


KINDS = (Feature("numbers", spec.SEQUENCE, spec.INPUT),
         Feature("kinds", spec.SCALAR, spec.LABEL, 3, least=-1))


def test_steps_have_so_many_records_of_each_kind(tmp_path):
    kinds = np.array([0] * 12 + [1] * 12 + [2] * 50)
    numbers = np.broadcast_to(np.arange(74)[:, None], [74, 3]).astype(np.int64)
    path = write_records(tmp_path / "records", examples.serialize(
        KINDS, {"numbers": numbers, "kinds": kinds}))
    steps = kinds_in_steps(path, Composition("kinds", (3, 3, 2)), 8)
    assert [of_step for of_step, _ in steps] == [[0] * 3 + [1] * 3 + [2] * 2] * 8
    # After four steps the first two kinds are used up and begin anew, the third goes on.
    first = sum((of_step for _, of_step in steps[:4]), [])
    assert sorted(n for n in first if n < 24) == list(range(24))
    assert len(set(sum((of_step[6:] for _, of_step in steps), []))) == 16
    assert sorted(n for _, of_step in steps[4:] for n in of_step if n < 24) == list(range(24))
    assert steps[4:] != steps[:4]
    # It goes on with the records that come next.
    assert kinds_in_steps(path, Composition("kinds", (3, 3, 2)), 5, records_done=24) == steps[3:]
    # Kinds may be left out.
    assert kinds_in_steps(path, Composition("kinds", (0, 4, 4)), 1)[0][0] == [1] * 4 + [2] * 4


def test_kinds_that_are_not_there_are_told(tmp_path):
    path = write_records(tmp_path / "records", examples.serialize(
        KINDS, {"numbers": np.zeros([2, 3], np.int64), "kinds": np.array([0, 2])}))
    training_files.check_kinds([path], Composition("kinds", (1, 0, 1)))
    with pytest.raises(UserError, match="--step_composition=1,2,1: the records have none of the "
                                        "kind that number 2 counts"):
        training_files.check_kinds([path], Composition("kinds", (1, 2, 1)))


# Going on, and several devices.


def test_a_run_goes_on_with_the_records_that_come_next(tmp_path):
    path = write_records(tmp_path / "records", training_records(12))
    whole = rows_in(batches([path], 8, 4))
    # In the first pass, where two meet, and in the third.
    for steps_done in (1, 3, 7):
        rest = rows_in(batches([path], 8 - steps_done, 4, records_done=4 * steps_done))
        assert rest == whole[4 * steps_done:]


@pytest.mark.parametrize("num_processes, num_devices", [(1, 2), (2, 1), (2, 2)])
def test_devices_share_the_batch_that_one_would_have(tmp_path, num_processes, num_devices):
    path = write_records(tmp_path / "records", training_records(12))
    whole = batches([path], 3, 8)
    size = 8 // (num_processes * num_devices)
    for process in range(num_processes):
        context = tf.distribute.InputContext(num_processes, process, num_processes * num_devices)
        got = batches([path], 3 * num_devices, size, input_context=context)
        for step in range(3):
            mine = rows_in(got[step * num_devices:(step + 1) * num_devices])
            first = process * num_devices * size
            assert mine == rows_in(whole[step:step + 1])[first:first + num_devices * size]
