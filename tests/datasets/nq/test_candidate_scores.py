"""Files of candidate scores are written, read, looked up and refused."""
import gzip
import re

import numpy as np
import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_lines import line_file
from bert_nq.datasets.nq import candidate_scores
from bert_nq.datasets.nq.candidate_scores import Lookup, PageScores, ScoreFiles, read_scores

PAGES = [PageScores(7, np.array([0, 2, 5]), np.array([0.0123456789, 1.0, 1e-300])),
         PageScores(-(2 ** 63), np.array([], np.int64), np.array([])),
         PageScores(3, np.array([1]), np.array([0.5]))]
LINES = (b'{"example_id": 7, "candidates": [0, 2, 5], "probabilities": [0.0123457, 1.0, 1e-300]}\n'
         b'{"example_id": -9223372036854775808, "candidates": [], "probabilities": []}\n'
         b'{"example_id": 3, "candidates": [1], "probabilities": [0.5]}\n')


def write(path, pages=PAGES):
    with line_file(str(path)) as add:
        for page in pages:
            add(page.to_json())
    return str(path)


def as_lists(page):
    return page.example_id, page.candidates.tolist(), page.probabilities.tolist()


def test_a_page_is_a_line_of_json_gzipped_by_the_name(tmp_path):
    plain, packed = write(tmp_path / "scores.jsonl"), write(tmp_path / "scores.jsonl.gz")
    with open(plain, "rb") as f:
        assert f.read() == LINES
    with gzip.open(packed) as f:
        assert f.read() == LINES
    for path in (plain, packed):
        assert [(number, as_lists(page)) for number, page in read_scores(path)] == [
            (1, (7, [0, 2, 5], [0.0123457, 1.0, 1e-300])), (2, (-(2 ** 63), [], [])),
            (3, (3, [1], [0.5]))]


@pytest.mark.parametrize("most_in_memory", [1, 1 << 26])
def test_pages_are_found_in_any_order_in_memory_and_in_a_file(tmp_path, monkeypatch,
                                                              most_in_memory):
    monkeypatch.setattr(candidate_scores, "_MOST_IN_MEMORY", most_in_memory)
    write(tmp_path / "a.jsonl.gz", PAGES[:2])
    write(tmp_path / "b.jsonl.gz", PAGES[2:])
    lookup = ScoreFiles.find(str(tmp_path / "*.jsonl.gz")).open()
    assert len(lookup) == 3
    assert as_lists(lookup.find(3)) == (3, [1], [0.5])
    assert as_lists(lookup.find(7)) == (7, [0, 2, 5], [0.0123457, 1.0, 1e-300])
    assert as_lists(lookup.find(-(2 ** 63))) == (-(2 ** 63), [], [])
    assert as_lists(lookup.find(3)) == (3, [1], [0.5])
    assert lookup.find(4) is None
    assert lookup.find(2 ** 63 - 1) is None


def test_the_files_of_a_set_are_known_by_their_content(tmp_path):
    a, b = write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl")
    assert ScoreFiles.find(a).fingerprint == ScoreFiles.find(b).fingerprint
    write(tmp_path / "b.jsonl", PAGES[:1])
    assert ScoreFiles.find(a).fingerprint != ScoreFiles.find(b).fingerprint
    with pytest.raises(UserError, match="no candidate scores file matches"):
        ScoreFiles.find(str(tmp_path / "c*"))


@pytest.mark.parametrize("line, message", [
    ("{", "not JSON: "),
    ("[]", "the value is a list, an object is wanted"),
    ('{"candidates": [], "probabilities": []}', "the field 'example_id' is missing"),
    ('{"example_id": "7", "candidates": [], "probabilities": []}',
     'example_id is "7", an integer of 64 bits is wanted'),
    ('{"example_id": 7, "candidates": [0, true], "probabilities": [0, 0]}',
     "candidates[1] is true, an integer of 64 bits is wanted"),
    ('{"example_id": 7, "candidates": [-1], "probabilities": [0]}',
     "candidates[0] is -1, which is no index"),
    ('{"example_id": 7, "candidates": [4, 4], "probabilities": [0, 0]}',
     "candidates[1] is 4, behind 4: indexes rise"),
    ('{"example_id": 7, "candidates": [4294967296], "probabilities": [0]}',
     "candidates[0] is 4294967296, which is no index"),
    ('{"example_id": 7, "candidates": [4]}', "the field 'probabilities' is missing or no list"),
    ('{"example_id": 7, "candidates": [4], "probabilities": []}',
     "probabilities has 0 numbers for 1 candidates"),
    ('{"example_id": 7, "candidates": [1, 4], "probabilities": [1, 1.5]}',
     "probabilities[1] is 1.5, a number from 0 to 1 is wanted"),
    ('{"example_id": 7, "candidates": [4], "probabilities": [1%s]}' % ("0" * 400),
     "probabilities[0] is 1000000000000000000000000000000000000000, a number from"),
    ('{"example_id": 7, "candidates": [4], "probabilities": [NaN]}',
     "probabilities[0] is nan, a number from 0 to 1 is wanted"),
    ('{"example_id": 7, "candidates": [4], "probabilities": ["1"]}',
     "probabilities[0] is '1', a number from 0 to 1 is wanted"),
    ('{"example_id": 7, "candidates": [4], "probabilities": [true]}',
     "probabilities[0] is True, a number from 0 to 1 is wanted"),
])
def test_a_bad_line_is_named_with_its_file_and_field(tmp_path, line, message):
    path = tmp_path / "scores.jsonl"
    path.write_text('{"example_id": 1, "candidates": [], "probabilities": []}\n\n%s\n' % line)
    with pytest.raises(UserError, match="%s.*a file of candidate scores is wanted" % re.escape(
            "%s, line 3: %s" % (path, message))):
        Lookup([str(path)])


def test_half_a_file_is_refused_and_no_bad_example(tmp_path):
    path = tmp_path / "scores.jsonl.gz"
    whole = open(write(path), "rb").read()
    path.write_bytes(whole[:-12])
    with pytest.raises(UserError, match="cut off or damaged") as error:
        Lookup([str(path)])
    assert not isinstance(error.value, BadExampleError)


def test_a_page_that_is_there_twice_is_named(tmp_path):
    a, b = write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl", PAGES[2:])
    with pytest.raises(UserError, match=re.escape(
            "%s, line 1: the candidate scores of example 3 are there twice" % b)):
        Lookup([a, b])


def test_scores_of_other_pages_are_refused(tmp_path):
    lookup = Lookup([write(tmp_path / "a.jsonl")])
    assert as_lists(lookup.of_page(7, 6, "shard, line 1")) == as_lists(lookup.find(7))
    assert as_lists(lookup.of_page(99, 0, "shard, line 1")) == (99, [], [])
    with pytest.raises(BadExampleError, match="shard, line 1: example 99 has no candidate scores"):
        lookup.of_page(99, 2, "shard, line 1")
    with pytest.raises(BadExampleError, match="shard, line 1: the candidate scores of example 7 "
                                              "have a candidate 5, the page has 5 candidates"):
        lookup.of_page(7, 5, "shard, line 1")


def test_a_failure_leaves_no_file(tmp_path):
    with pytest.raises(UserError, match="stop"), line_file(
            str(tmp_path / "a.jsonl.gz")) as add:
        add(PAGES[0].to_json())
        raise UserError("stop")
    assert list(tmp_path.iterdir()) == []
