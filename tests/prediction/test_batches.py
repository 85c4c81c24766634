"""Windows of pages in batches: each once, whatever their lengths."""
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.features.windows import Windows
from bert_nq.prediction import batches as batching

SEQ_LENGTH = 80
# Question and [SEP], then the lengths of a page's windows.
PAGES = st.lists(st.tuples(st.integers(2, 8), st.lists(st.integers(10, SEQ_LENGTH), max_size=6)),
                 max_size=8)


def windows_of(pages):
    """Windows whose wordpieces are numbers from 1 on, none twice."""
    made, following = [], 1
    for query_length, lengths in pages:
        input_ids = np.zeros([len(lengths), SEQ_LENGTH], np.int64)
        for row, length in zip(input_ids, lengths):
            row[:length] = np.arange(following, following + length)
            following += length
        numbers = np.arange(len(lengths))
        made.append(Windows(numbers, numbers, input_ids, np.array(lengths, np.int64), query_length,
                            None, None))
    return made


NAMES = ("input_ids", "input_mask", "segment_ids")


def make_batches(windows, batch_size, full_length):
    return batching.make_batches(windows, NAMES, batch_size, full_length)


def padded(array):
    return np.pad(array, [(0, 0), (0, SEQ_LENGTH - array.shape[1])], "constant")


@given(PAGES, st.integers(1, 9), st.booleans())
def test_every_window_is_in_one_batch_as_it_was(pages, batch_size, full_length):
    windows = windows_of(pages)
    batches = list(make_batches(windows, batch_size, full_length))
    num_windows = sum(len(lengths) for _, lengths in pages)
    rows = [row for batch in batches for row in batch.rows.tolist()]
    assert sorted(rows) == list(range(num_windows))
    # Full ones, and one with the rest.
    full, rest = divmod(num_windows, batch_size)
    assert [len(b.rows) for b in batches] == [batch_size] * full + [rest] * bool(rest)
    if not num_windows:
        return
    order = np.argsort(rows)
    for name, whole in (("input_ids", [w.input_ids for w in windows]),
                        ("input_mask", [w.input_mask() for w in windows]),
                        ("segment_ids", [w.segment_ids() for w in windows])):
        got = np.concatenate([padded(b.features()[name]) for b in batches])
        assert got.dtype == np.int32
        np.testing.assert_array_equal(got[order], np.concatenate(whole))


@given(PAGES, st.integers(1, 9))
def test_the_longest_come_first_and_padding_is_little(pages, batch_size):
    batches = list(make_batches(windows_of(pages), batch_size, full_length=False))
    lengths = [length for batch in batches
               for length in batch.inputs["input_mask"].sum(axis=1).tolist()]
    assert lengths == sorted(lengths, reverse=True)
    for batch in batches:
        longest = batch.inputs["input_mask"].sum(axis=1).max()
        # 80, the whole length, is no multiple of 32.
        assert batch.inputs["input_ids"].shape[1] == min(80, (longest + 31) // 32 * 32)


@given(PAGES, st.integers(1, 9))
def test_full_length_is_that_of_the_windows(pages, batch_size):
    for batch in make_batches(windows_of(pages), batch_size, full_length=True):
        assert batch.inputs["input_ids"].shape[1] == SEQ_LENGTH


def test_a_batch_by_hand():
    # Page 0 has windows of 12 and 40 pieces, page 1 one of 40 with a longer question.
    first, second, rest = make_batches(windows_of([(3, [12, 40]), (5, [40]), (2, [])]), 1, False)
    assert [b.rows.tolist() for b in (first, second, rest)] == [[1], [2], [0]]
    assert first.inputs["input_ids"].tolist() == [list(range(13, 53)) + [0] * 24]  # 40 becomes 64
    assert first.inputs["input_mask"].tolist() == [[1] * 40 + [0] * 24]
    assert first.inputs["segment_ids"].tolist() == [[0] * 3 + [1] * 37 + [0] * 24]
    assert second.inputs["segment_ids"].tolist() == [[0] * 5 + [1] * 35 + [0] * 24]
    assert rest.inputs["input_ids"].shape == (1, 32)


def test_no_pages_no_batches():
    assert list(make_batches([], 4, False)) == []
