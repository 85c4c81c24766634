"""Windows to calibrate int8 on: from a task's own files, and from records."""
import gzip
import json

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.prediction.calibration import Source
from bert_nq.records import examples, gathering, tfrecord
from bert_nq.tasks import get
from tests.support import tiny_nq

NAMES = ("input_ids", "input_mask", "segment_ids")
READING = get("nq_joint").reading


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    vocab = tiny_nq.write_vocabulary(tmp_path_factory.mktemp("vocab") / "vocab.txt")
    return FEATURIZER.make(TextOptions(vocab), FeatureOptions(
        max_seq_length=24, doc_stride=4, max_query_length=8))


def source(maker, *paths):
    return Source([str(path) for path in paths], READING, FEATURIZER, maker, NAMES)


def write_pages(path, numbers, filler=1):
    with gzip.open(str(path), "wt") as out:
        for i in numbers:
            out.write(json.dumps(tiny_nq.place_page(i, filler=filler)) + "\n")
    return path


def rows_of(path, maker):
    return [maker.prediction(example).rows for example in READING.examples([str(path)], None)]


def test_windows_of_pages_from_all_over_each(maker, tmp_path):
    path = write_pages(tmp_path / "pages.jsonl.gz", range(3), filler=3)
    found = source(maker, path).windows(100).batches
    made = rows_of(path, maker)
    assert all(len(rows.lengths) > 4 for rows in made)
    assert len(found) == 3 * 4
    for batch in found:
        assert batch.features()["input_ids"].shape == (1, 24)  # 32, but windows have 24 at most.
    # The first of a page by length is the longest; of equal ones the first comes first.
    for number, rows in enumerate(made):
        order = np.argsort(-rows.lengths, kind="stable")
        chosen = order[np.linspace(0, len(order) - 1, 4).round().astype(int)]
        for place, batch in zip(chosen, found[4 * number:]):
            np.testing.assert_array_equal(batch.features()["input_ids"][0],
                                          rows.columns()["input_ids"][place])


def test_as_many_as_wanted_and_a_fingerprint_of_them(maker, tmp_path):
    paths = [write_pages(tmp_path / ("%d.jsonl.gz" % i), [i]) for i in range(3)]
    some = source(maker, *paths)
    assert len(some.windows(5).batches) == 5
    fingerprints = {some.windows(number).fingerprint() for number in (4, 5, 5, 6)}
    assert len(fingerprints) == 3
    assert all(len(f) == 8 for f in fingerprints)


def test_windows_of_records_are_those_that_were_written(maker, tmp_path):
    path = write_pages(tmp_path / "pages.jsonl.gz", range(2))
    rows, = rows_of(write_pages(tmp_path / "one.jsonl.gz", [0]), maker)
    payloads = list(examples.serialize(
        tuple(f for f in FEATURIZER.spec if f.name in rows.columns()), rows.columns()))
    for name, compression in (("plain", ""), ("packed", "gzip")):
        records = str(tmp_path / name)
        gathering.write_records(records, iter(map(tfrecord.frame, payloads)), compression)
        assert tfrecord.holds_records(records) and not tfrecord.holds_records(str(path))
        found = source(maker, records).windows(100).batches
        assert len(found) == len(rows.lengths)
        for i, batch in enumerate(found):
            for name in NAMES:
                np.testing.assert_array_equal(batch.features()[name][0], rows.columns()[name][i])


def test_files_without_windows(maker, tmp_path):
    path = tmp_path / "none.jsonl.gz"
    with gzip.open(str(path), "wt"):
        pass
    with pytest.raises(UserError, match="--calibration_file: there are no windows in .*none.jsonl"):
        source(maker, path).windows(5)
