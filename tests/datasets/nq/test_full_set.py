"""Recognising the full set of Natural Questions and checking its page count."""
import os

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.full_set import NUM_PAGES, is_named_full_set, with_checked_count
from bert_nq.datasets.nq.merging import Selection, merge
from tests.support.nq_pages import make_page, read_shard, write_shard

TRAIN = ["nq/train/nq-train-%02d.jsonl.gz" % i for i in range(50)]
DEV = ["nq-dev-%02d.jsonl" % i for i in range(5)]


def test_the_numbers_of_the_paper():
    assert NUM_PAGES == {"train": 307373, "dev": 7830}


@pytest.mark.parametrize("paths, split, full", [
    (TRAIN, "train", True),
    (TRAIN[::-1], "train", True),
    (TRAIN, "dev", False),
    (TRAIN[:49], "train", False),
    (TRAIN[:49] + ["other/nq-train-00.jsonl.gz"], "train", False),
    (TRAIN + ["nq-train-50.jsonl.gz"], "train", False),
    (TRAIN + ["mine.jsonl.gz"], "train", False),
    (DEV, "dev", True),
    (DEV[:1], "dev", False),
    (["s/simplified-nq-train.jsonl.gz"], "train", True),
    (["v1.0-simplified_simplified-nq-train.jsonl"], "train", True),
    (["simplified-nq-train.jsonl.gz"], "dev", False),
    (["nq-dev-all.jsonl.gz"], "dev", True),
    (["nq-dev-all.jsonl.gz", "nq-dev-00.jsonl.gz"], "dev", False),
    (["my-nq-dev-all.jsonl.gz"], "dev", False),
    ([], "train", False)])
def test_names_of_the_full_set(paths, split, full):
    assert is_named_full_set(paths, split) is full


def skipping(number):
    """A BadInput that has skipped `number` lines."""
    bad_input = BadInput(skip=True)
    for i in range(number):
        bad_input.handle(BadExampleError("line %d" % i))
    return bad_input


@pytest.mark.parametrize("pages, skipped, good", [
    (10, 0, True), (9, 0, False), (11, 0, False), (0, 0, False),
    (9, 1, True),  # One page could not be used.
    (10, 1, True),  # All pages, and the broken end of a shard.
    (8, 1, False), (11, 1, False)])
def test_ten_pages_are_expected(pages, skipped, good):
    passed = with_checked_count(iter(range(pages)), 10, skipping(skipped))
    if good:
        assert list(passed) == list(range(pages))
        return
    with pytest.raises(UserError, match="the full set has 10 pages, these shards have %d%s, nothing"
                       % (pages + skipped, skipped and r" \(%d usable and 1 skipped\)" % pages
                          or "")):
        list(passed)


@pytest.mark.parametrize("selection", [Selection(), Selection(count=2), Selection(share=0.5)])
def test_merging_writes_nothing_if_pages_are_missing(tmp_path, selection):
    paths = [write_shard(tmp_path / ("%d.jsonl" % i), [
        make_page("<P> a town </P>", example_id=10 * i + n) for n in range(5)]) for i in range(2)]
    output = tmp_path / "out.jsonl"
    with pytest.raises(UserError, match="has 11 pages, these shards have 10, nothing is written"):
        merge(paths, [str(output)], selection, False, BadInput(), expected_pages=11)
    assert sorted(os.listdir(str(tmp_path))) == ["0.jsonl", "1.jsonl"]
    merge(paths, [str(output)], selection, False, BadInput(), expected_pages=10)
    # With seed 0 and a share of one half, four of the ten ids are drawn.
    expected = {None: 10, 0.5: 4}[selection.share] if selection.count is None else 2
    assert len(read_shard(output)) == expected
