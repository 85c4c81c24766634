"""Steps of windows of one length: which records come together, and what is left out of them."""
import collections

import numpy as np
import pytest

from bert_nq.estimator import inputs, length_groups
from bert_nq.features import spec
from bert_nq.features.spec import Feature
from bert_nq.modeling.runtime import tf
from bert_nq.records import examples, tfrecord

SPEC = (Feature("ids", spec.SEQUENCE, spec.INPUT, spec.VOCABULARY),
        Feature("segments", spec.SEQUENCE, spec.INPUT, spec.SEGMENTS),
        Feature("number", spec.SCALAR, spec.LABEL))
SEQ_LENGTH = 80
POOL_STEPS = length_groups._STEPS_OF_POOL


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The path of 2 * 64 * 4 records, two pools of steps of 4, of 1 to 80 wordpieces."""
    count = 2 * POOL_STEPS * 4
    lengths = np.random.RandomState(0).randint(1, SEQ_LENGTH + 1, count)
    held = np.arange(SEQ_LENGTH) < lengths[:, None]
    columns = {"ids": held * 7, "segments": held * 1, "number": np.arange(count)}
    path = tmp_path_factory.mktemp("records") / "records"
    path.write_bytes(b"".join(map(tfrecord.frame, examples.serialize(
        SPEC, {name: values.astype(np.int64) for name, values in columns.items()}))))
    return str(path)


def batches(path, num_batches, batch_size, seed=1, records_done=0, context=None):
    with tf.Graph().as_default(), tf.Session() as session:
        following = tf.data.make_one_shot_iterator(inputs.training_input_fn(
            [path], SPEC, SEQ_LENGTH, seed, records_done, group_by_length=True)(
                {"batch_size": batch_size}, context)).get_next()
        assert following["ids"].shape.as_list()[0] == batch_size
        return [session.run(following) for _ in range(num_batches)]


def numbers(some_batches):
    return [batch["number"].tolist() for batch in some_batches]


def lengths(batch):
    return np.count_nonzero(batch["ids"], axis=1)


def test_each_record_comes_once_in_a_pass(records):
    got = numbers(batches(records, 2 * 2 * POOL_STEPS, 4))
    counts = collections.Counter(number for batch in got for number in batch)
    assert counts == dict.fromkeys(range(2 * POOL_STEPS * 4), 2)


def test_the_windows_of_a_step_are_alike_and_steps_are_not_in_their_order(records):
    got = batches(records, POOL_STEPS, 4)
    assert np.mean([np.ptp(lengths(batch)) for batch in got]) < 2
    of_steps = [lengths(batch).max() for batch in got]
    assert of_steps != sorted(of_steps)
    assert of_steps != sorted(of_steps, reverse=True)


def test_what_lies_behind_the_longest_window_is_left_out(records):
    widths = set()
    for batch in batches(records, POOL_STEPS, 4):
        longest = lengths(batch).max()
        width = batch["ids"].shape[1]
        # Multiples of 32, but the sequences' own end.
        assert width == (32 if longest <= 32 else 64 if longest <= 64 else 80)
        assert batch["segments"].shape == (4, width)
        assert batch["number"].shape == (4,)
        widths.add(width)
    assert widths == {32, 64, 80}


def test_a_seed_decides_the_order(records):
    orders = [numbers(batches(records, 5, 4, seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("steps_done", [1, POOL_STEPS - 1, POOL_STEPS, POOL_STEPS + 3])
def test_a_run_goes_on_with_the_records_that_come_next(records, steps_done):
    whole = numbers(batches(records, POOL_STEPS + 5, 4))
    rest = numbers(batches(records, POOL_STEPS + 5 - steps_done, 4, records_done=4 * steps_done))
    assert rest == whole[steps_done:]


def test_devices_share_the_step_that_one_would_have(records):
    whole = numbers(batches(records, 3, 8))
    for process in range(2):
        context = tf.distribute.InputContext(2, process, 2)
        got = numbers(batches(records, 3, 4, context=context))
        assert got == [step[4 * process:4 * process + 4] for step in whole]
