"""Merging shards: the selected pages, the output, and the counts."""
import collections
import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.merging import MergeCounts, Selection, merge, parse_sample
from bert_nq.datasets.nq.simplify import simplify
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation, make_line, make_page, read_shard, write_shard


def page(example_id, *annotations):
    return make_page("<P> a town </P>", example_id=example_id, annotations=annotations)


LONG = make_annotation(0)
SHORT = make_annotation(0, [(1, 2)])
YES = make_annotation(0, yes_no="YES")
NO = make_annotation(0, yes_no="NO")
NULL = make_annotation()


def merged(tmp_path, paths, num_outputs=1, selection=None, simplified=False, bad_input=None):
    """(counts, [ids of each output])."""
    outputs = [str(tmp_path / ("out-%d.jsonl.gz" % i)) for i in range(num_outputs)]
    counts = merge(paths, outputs, selection or Selection(), simplified, bad_input or BadInput())
    return counts, [[r["example_id"] for r in read_shard(path)] for path in outputs]


def test_pages_and_annotations_are_counted(tmp_path):
    train = write_shard(tmp_path / "train.jsonl.gz", [
        page(1, SHORT), page(2, LONG), page(3, YES), page(4, NULL), page(5, NO), page(1, SHORT)])
    # 6: 3 long, 2 short, 1 yes, 1 null.   7: 1 yes, 1 no, both long, 2 null.   8: 2 null.
    dev = write_shard(tmp_path / "dev.jsonl", [
        page(6, SHORT, NULL, SHORT, YES), page(7, NULL, NO, YES, NULL), page(8, NULL, NULL),
        page(9)])
    counts, ids = merged(tmp_path, [train, dev])
    assert ids == [[1, 2, 3, 4, 5, 1, 6, 7, 8, 9]]
    assert counts == MergeCounts(
        read=10,
        # short: 1, 1, 6; yes: 3, 6, 7; no: 5, 7; null: 4, 8, 9; all others are long.
        pages=collections.Counter({"all": 10, "long": 7, "short": 3, "yes": 3, "no": 2, "null": 3}),
        # 6 of train, 4 + 4 + 2 + 0 of dev; long 5 + 3 + 2; short 2 + 2; yes 1 + 1 + 1; no 1 + 1.
        annotations=collections.Counter({"all": 16, "long": 10, "short": 4, "yes": 3, "no": 2,
                                         "null": 6}),
        duplicates=1)


def test_lines_go_through_byte_for_byte(tmp_path):
    lines = [make_line(page(1)), make_line(simplify(page(2))),
             make_line(page(3)).replace(b'": ', b'"  :') + b"\n", make_line(page(4)).strip()]
    path = write_shard(tmp_path / "a.jsonl", lines)
    merge([path], [str(tmp_path / "out.jsonl")], Selection(), False, BadInput())
    # Except for blank lines and the end of the last line.
    assert (tmp_path / "out.jsonl").read_bytes() == b"".join(
        [lines[0], lines[1], lines[2][:-1], lines[3] + b"\n"])


def test_shards_are_equal_in_size_and_keep_the_order(tmp_path):
    paths = [write_shard(tmp_path / "a.jsonl", map(page, range(5))),
             write_shard(tmp_path / "b.jsonl", map(page, range(5, 8)))]
    assert merged(tmp_path, paths, 3)[1] == [[0, 3, 6], [1, 4, 7], [2, 5]]


def test_only_answerable(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [
        page(1, NULL), page(2, NULL, LONG), page(3, YES), page(4), page(5, SHORT)])
    counts, ids = merged(tmp_path, [path], selection=Selection(only_answerable=True))
    assert ids == [[2, 3, 5]]
    assert (counts.read, counts.pages["all"], counts.pages["null"]) == (5, 3, 0)


def test_simplified_output(tmp_path):
    records = [page(1, SHORT), simplify(page(2)),
               dict(page(3), question_text="an \u3000 \u00e9 \ud800 question")]
    path = write_shard(tmp_path / "a.jsonl", records)
    merge([path], [str(tmp_path / "out.jsonl")], Selection(), True, BadInput())
    assert read_shard(tmp_path / "out.jsonl") == list(map(simplify, records))


def test_the_output_is_reproducible(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", map(page, range(50)))
    seen = set()
    for _ in range(2):
        merged(tmp_path, [path], 2, Selection(share=0.5))
        seen.add(tuple((tmp_path / ("out-%d.jsonl.gz" % i)).read_bytes() for i in range(2)))
    assert len(seen) == 1


def test_a_share_is_drawn_by_seed_and_id(tmp_path):
    ids = list(range(-200, 200))
    ordered = [write_shard(tmp_path / "a.jsonl", map(page, ids))]
    split = [write_shard(tmp_path / "b.jsonl", map(page, ids[:150:-1])),
             write_shard(tmp_path / "c.jsonl", map(page, ids[150::-1]))]
    _, (drawn,) = merged(tmp_path, ordered, selection=Selection(share=0.25, seed=3))
    # Of 400 draws, 100 are expected with a standard deviation of 8.7.
    assert 60 < len(drawn) < 140
    _, (again,) = merged(tmp_path, split, selection=Selection(share=0.25, seed=3))
    assert sorted(again) == sorted(drawn)
    _, (other,) = merged(tmp_path, ordered, selection=Selection(share=0.25, seed=4))
    assert other != drawn
    _, (more,) = merged(tmp_path, ordered, selection=Selection(share=0.5, seed=3))
    assert set(drawn) < set(more)


def test_a_share_of_one_is_everything(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", map(page, range(20)))
    assert merged(tmp_path, [path], selection=Selection(share=1.0))[1] == [list(range(20))]


def test_a_count_is_exact_and_drawn_by_seed_and_id(tmp_path):
    ids = list(range(100))
    ordered = [write_shard(tmp_path / "a.jsonl", map(page, ids))]
    split = [write_shard(tmp_path / "b.jsonl.gz", map(page, ids[:30:-1])),
             write_shard(tmp_path / "c.jsonl.gz", map(page, ids[30::-1]))]
    counts, (drawn,) = merged(tmp_path, ordered, selection=Selection(count=10, seed=3))
    assert (counts.read, counts.pages["all"]) == (100, 10)
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 10
    assert sorted(merged(tmp_path, split, selection=Selection(count=10, seed=3))[1][0]) == drawn
    assert merged(tmp_path, ordered, selection=Selection(count=10, seed=4))[1] != [drawn]
    assert set(drawn) < set(merged(tmp_path, ordered, selection=Selection(count=11, seed=3))[1][0])


def test_a_count_above_the_number_of_pages(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", map(page, range(5)))
    assert merged(tmp_path, [path], selection=Selection(count=9))[1] == [[0, 1, 2, 3, 4]]


def test_a_count_of_answerable_pages(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [page(i, LONG if i % 2 else NULL) for i in range(40)])
    _, (drawn,) = merged(tmp_path, [path], selection=Selection(True, count=7))
    assert len(drawn) == 7
    assert all(i % 2 for i in drawn)


@with_examples(20)
@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 8), st.integers(0, 5))
def test_counts_are_exact_with_duplicates_too(tmp_path_factory, ids, count, seed):
    folder = tmp_path_factory.mktemp("merge")
    path = write_shard(folder / "a.jsonl", map(page, ids + [9]))
    _, (drawn,) = merged(folder, [path], selection=Selection(count=count, seed=seed))
    assert len(drawn) == min(count, len(ids) + 1)
    assert not collections.Counter(drawn) - collections.Counter(ids + [9])


def broken_shards(tmp_path):
    """Shards with pages 0 to 9, three unusable lines and a cut off end; 6 to 9 come after those."""
    lines = list(map(page, range(6)))
    lines[2:2] = [b"{\n", make_page("<P> a </P>", long_answer_candidates=None)]
    lines.append(dict(page(77), question_text=5))
    first = write_shard(tmp_path / "a.jsonl.gz", [])
    # Two gzip members, the second of which is cut off.
    second_member = gzip.compress(b"x" * 1000)[:-9]
    with open(first, "wb") as out:
        out.write(gzip.compress(b"".join(r if isinstance(r, bytes) else make_line(r)
                                         for r in lines)) + second_member)
    return [first, write_shard(tmp_path / "b.jsonl", map(page, range(6, 10)))]


@pytest.mark.parametrize("selection", [Selection(), Selection(count=10), Selection(share=1.0)])
def test_unusable_lines_are_skipped_and_counted(tmp_path, selection):
    bad_input = BadInput(skip=True)
    counts, ids = merged(tmp_path, broken_shards(tmp_path), selection=selection,
                         bad_input=bad_input)
    assert ids == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
    assert (counts.read, bad_input.skipped) == (10, 4)


@pytest.mark.parametrize("selection", [Selection(), Selection(count=1), Selection(share=0.1)])
def test_unusable_lines_leave_the_output_as_it_was(tmp_path, selection):
    paths = broken_shards(tmp_path)
    (tmp_path / "out-0.jsonl.gz").write_bytes(b"old")
    before = sorted(os.listdir(str(tmp_path)))
    with pytest.raises(BadExampleError, match="a.jsonl.gz, line 3: not JSON"):
        merged(tmp_path, paths, 2, selection)
    assert sorted(os.listdir(str(tmp_path))) == before
    assert (tmp_path / "out-0.jsonl.gz").read_bytes() == b"old"


def test_pages_that_cannot_be_simplified_are_unusable(tmp_path):
    path = write_shard(tmp_path / "a.jsonl", [
        page(1), make_page("<P> a </P>", document_tokens=[], long_answer_candidates=[])])
    with pytest.raises(BadExampleError, match="a.jsonl, line 2: 0 tokens cannot be written"):
        merged(tmp_path, [path], simplified=True)
    bad_input = BadInput(skip=True)
    assert merged(tmp_path, [path], simplified=True, bad_input=bad_input)[1] == [[1]]
    assert bad_input.skipped == 1


@pytest.mark.parametrize("selection", [Selection(True), Selection(True, count=3)])
def test_an_empty_selection_is_an_error(tmp_path, selection):
    path = write_shard(tmp_path / "a.jsonl", [page(1, NULL), page(2)])
    with pytest.raises(UserError) as caught:
        merged(tmp_path, [path], selection=selection)
    assert str(caught.value) == "none of the 2 usable pages was chosen, nothing is written"
    assert os.listdir(str(tmp_path)) == ["a.jsonl"]


@pytest.mark.parametrize("text, expected", [
    ("0.1", {"share": 0.1}), ("1.0", {"share": 1.0}), (".5", {"share": 0.5}),
    ("1e-3", None), ("1", {"count": 1}), ("5000", {"count": 5000}), (" 20 ", {"count": 20}),
    ("0", None), ("0.0", None), ("-3", None), ("1.5", None), ("10%", None), ("", None),
    ("-0.5", None), ("n.an", None)])
def test_samples(text, expected):
    if expected is None:
        with pytest.raises(UserError, match="^sample .* is neither a share of the pages"):
            parse_sample(text)
    else:
        assert parse_sample(text) == expected
