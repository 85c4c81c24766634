"""Results find their page: pages of all sizes and ids through tf.data and a model of arithmetic."""
import itertools
import random
import time

import numpy as np
import pytest
import tiny_nq
from nq_pages import make_line, make_page

from bert_nq.errors import BadExampleError, UserError
from bert_nq.estimator import devices, model
from bert_nq.modeling.runtime import tf
from bert_nq.nq.decoding import decode_example
from bert_nq.nq.shards import BadInput
from bert_nq.prediction import predictor
from bert_nq.prediction.decoding import DecodingOptions, decode, prediction_of

OPTIONS = DecodingOptions()
MAKER = tiny_nq.window_maker()
SEQ_LENGTH = 64


def arithmetic(features):
    """Logits that depend on all wordpieces of a window, so that no two windows have the same."""
    ids = features["input_ids"].astype(np.int64)
    columns = np.arange(ids.shape[1])
    content = np.sum(ids * (columns + 1), axis=1, keepdims=True)
    live = features["input_mask"] + 2 * features["segment_ids"]
    return {"start_logits": ((ids * 7919 + columns * 104729 + content) % 1009 * live / 100.0),
            "end_logits": ((ids * 104729 + columns * 7919 + content) % 1013 * live / 100.0)}


class FakeEstimator:
    """Has the Estimator's predict(): the dataset's batches through a session and `arithmetic`."""

    def __init__(self, batch_size, stop_after=None):
        self._batch_size = batch_size
        self._stop_after = stop_after
        self.batch_sizes = []

    def predict(self, input_fn, checkpoint_path, yield_single_examples):
        assert yield_single_examples is False
        with tf.Graph().as_default(), tf.Session() as session:
            dataset = input_fn(params={"batch_size": self._batch_size})
            iterator = tf.data.make_initializable_iterator(dataset)
            following = iterator.get_next()
            session.run(iterator.initializer)
            while len(self.batch_sizes) != self._stop_after:
                try:
                    batch = session.run(following)
                except tf.errors.OutOfRangeError:
                    return
                self.batch_sizes.append(len(batch["input_ids"]))
                yield arithmetic(batch)


def page(example_id, num_words, source="a shard, line 1"):
    """An example with a paragraph of random words; about one window for every 16 of them."""
    words = random.Random(num_words * 1000003 + example_id).choices(
        tiny_nq.NAMES + tiny_nq.TOWNS, k=num_words)
    record = make_page(["<P>"] + words + ["</P>"], example_id)
    return decode_example(make_line(record), source)


def alone(example):
    """What a page's entry must be, without any stream."""
    windows = MAKER.prediction_windows(example).windows
    logits = arithmetic({"input_ids": windows.input_ids, "input_mask": windows.input_mask(),
                         "segment_ids": windows.segment_ids()})
    return prediction_of(example.example_id, decode(
        logits["start_logits"].astype(np.float64), logits["end_logits"].astype(np.float64),
        windows.token_map, example.candidates, OPTIONS))


def predicted(estimator, examples, skip=False):
    return list(predictor.predict(estimator, examples, MAKER, SEQ_LENGTH, OPTIONS, BadInput(skip)))


IDS = [5, 6, 7, -1, 0, 1, 2 ** 63 - 1, 2 ** 63 - 2, -2 ** 63, -2 ** 63 + 1,
       2 ** 32 + 5, 5 - 2 ** 32, 2 ** 31, -2 ** 31, 123456789012345678, 8]


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_every_page_gets_its_own_answer_in_the_order_of_the_pages(batch_size):
    # Unique ids of these pages' windows overlap: id 5's third window has 7, which is a page itself.
    # Ids that are equal when cut to 32 bits are among them; sizes go from 1 window to some 40.
    sizes = itertools.cycle([3, 700, 1, 60, 90, 5, 30, 200])
    examples = [page(example_id, size) for example_id, size in zip(IDS, sizes)]
    counts = [len(MAKER.prediction_windows(e).windows.input_ids) for e in examples]
    assert min(counts) == 1 and max(counts) > 4 * 8

    estimator = FakeEstimator(batch_size)
    entries = predicted(estimator, iter(examples))
    assert entries == [alone(e) for e in examples]
    # Full batches, and the rest.
    full, rest = divmod(sum(counts), batch_size)
    assert estimator.batch_sizes == [batch_size] * full + [rest] * bool(rest)


def test_answers_differ_from_page_to_page():
    # Else the test above would not notice a mix-up.
    entries = [alone(page(example_id, 60)) for example_id in IDS]
    assert len({entry["long_answer_score"] for entry in entries}) == len(entries)


def test_no_pages_no_entries():
    assert predicted(FakeEstimator(4), []) == []


def test_a_second_page_with_the_same_id_is_refused_or_skipped():
    examples = [page(1, 20, "a, line 1"), page(2, 20, "a, line 2"), page(1, 50, "b, line 7")]
    with pytest.raises(BadExampleError, match="b, line 7: a second page with example_id 1"):
        predicted(FakeEstimator(2), examples)
    assert predicted(FakeEstimator(2), examples, skip=True) == [alone(e) for e in examples[:2]]


def test_errors_of_the_input_come_through_as_they_are():
    class OddError(Exception):
        pass

    def examples():
        for i in range(5):
            yield page(i, 40)
        raise OddError("on line 6")

    entries = []
    with pytest.raises(OddError, match="on line 6"):
        for entry in predictor.predict(FakeEstimator(1), examples(), MAKER, SEQ_LENGTH, OPTIONS,
                                       BadInput()):
            entries.append(entry)
    assert entries == [alone(page(i, 40)) for i in range(5)]


def test_a_model_that_stops_early_is_an_error():
    examples = [page(i, 10, "a shard, line %d" % (i + 1)) for i in range(6)]
    with pytest.raises(UserError, match="stopped before it came to a shard, line 4"):
        predicted(FakeEstimator(1, stop_after=3), examples)


def test_logits_that_are_no_numbers_name_the_page():
    class Diverged(FakeEstimator):
        def predict(self, input_fn, checkpoint_path, yield_single_examples):
            for batch in super().predict(input_fn, checkpoint_path, yield_single_examples):
                batch["start_logits"][:, 3] = np.nan
                yield batch

    with pytest.raises(UserError, match="a shard, line 1: .*not finite"):
        predicted(Diverged(2), [page(1, 10)])


def most_pages_under_way(estimator, num_pages, batch_size):
    """How far the reading of pages ran ahead of their entries, at the most."""
    drawn = yielded = most = 0

    def examples():
        nonlocal drawn
        for i in range(num_pages):
            drawn += 1
            yield page(i, 3)

    for _ in predictor.predict(estimator, examples(), MAKER, SEQ_LENGTH, OPTIONS, BadInput()):
        yielded += 1
        if yielded in (10, num_pages // 2):
            time.sleep(0.3)  # The threads that read ahead go as far as they ever will.
        most = max(most, drawn - yielded)
    assert yielded == num_pages
    return most


def test_pages_under_way_are_bounded():
    # Each is one window: 4 batches of 8 wait in the queue, one is being made and two are used.
    assert most_pages_under_way(FakeEstimator(8), 2000, 8) <= 8 * 8


def test_pages_under_way_are_bounded_in_the_real_estimator(tmp_path):
    estimator = devices.make_estimator(
        model.model_fn_builder(tiny_nq.CONFIG, None, use_tpu=False),
        devices.RunSettings(str(tmp_path), predict_batch_size=8, seed=1))
    assert most_pages_under_way(estimator, 300, 8) <= 8 * 8
