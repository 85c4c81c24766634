"""Pages to records: what is made of each, and counted."""
import collections

import numpy as np
import pytest

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.draws import shuffle_keys
from bert_nq.records import examples, tfrecord
from bert_nq.records.preparation import PagePreparer
from tests.support.nq_pages import make_annotation, make_line, make_page
from tests.support.tiny_nq import (
    PAGES_OF_ALL_KINDS,
    UNUSABLE_PAGE,
    preparation_options,
    write_vocabulary,
)


@pytest.fixture
def options(tmp_path):
    vocab_file = write_vocabulary(tmp_path / "vocab.txt")
    return lambda **changes: preparation_options(vocab_file, **changes)


def prepared(options, pages):
    preparer = PagePreparer(options)
    return [preparer.prepare(decode_example(make_line(page), "a.jsonl, line %d" % i))
            for i, page in enumerate(pages, 1)]


def total(prepared_pages):
    return sum((page.counts for page in prepared_pages), collections.Counter())


def ids(page, tmp_path):
    path = tmp_path / "records"
    path.write_bytes(b"".join(page.records))
    return [int(examples.parse(record, "x")["unique_ids"][0])
            for record in tfrecord.read_records(str(path))]


def test_training_counts(options, tmp_path):
    pages = prepared(options(), PAGES_OF_ALL_KINDS)
    assert total(pages) == {
        "pages": 7, "gold_in_contexts": 6, "answers_lost": 1,
        # One window of each page but the last, which has three.
        "windows": 9,
        # None of the pages 4 and 5; two of the last page.
        "records": 6, "SHORT": 3, "LONG": 2, "NO": 1}
    assert [ids(page, tmp_path) for page in pages] == [[1], [2], [3], [], [], [6], [7, 8]]


def test_windows_without_answer_are_counted_as_unknown(options):
    counts = total(prepared(options(include_unknowns=1.0), PAGES_OF_ALL_KINDS))
    assert (counts["windows"], counts["records"]) == (9, 8)
    assert (counts["SHORT"], counts["LONG"], counts["NO"], counts["UNKNOWN"]) == (3, 2, 1, 2)


def test_prediction_records(options, tmp_path):
    pages = prepared(options(is_training=False), PAGES_OF_ALL_KINDS)
    assert total(pages) == {"pages": 7, "gold_in_contexts": 6, "windows": 9, "records": 9}
    assert [i for page in pages for i in ids(page, tmp_path)] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    payload = pages[0].records[0][tfrecord.HEADER_SIZE:-4]
    assert "token_map" in examples.parse(payload, "x")


def test_keys_are_hashes_of_seed_page_and_window(options):
    last = prepared(options(seed=5), PAGES_OF_ALL_KINDS)[-1]
    assert last.keys == shuffle_keys(5, 7, np.arange(2)).tolist()


def test_a_page_that_cannot_be_used(options):
    preparer = PagePreparer(options())
    page = make_page("<P> <Br> tovin </P>", 8, "where is tovin", [make_annotation(0, [(1, 2)])])
    assert page == UNUSABLE_PAGE
    with pytest.raises(BadExampleError, match="a.jsonl, line 8: the short answer"):
        preparer.prepare(decode_example(make_line(page), "a.jsonl, line 8"))
