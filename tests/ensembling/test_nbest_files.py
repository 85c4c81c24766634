"""N-best files are read page by page and side by side, and their faults are told by the line."""
import gzip
import itertools
import json
import pathlib
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.ensembling.combining import Combination
from bert_nq.ensembling.nbest_files import ModelPage, read_pages, read_predictor, read_together
from tests.support.examples import with_examples
from tests.support.nbest_samples import page, record, write_nbest

PAGES = [page({(0, 9): 1.5}, {(2, 3): -0.5, (4, 6): 2.0}, (0.25, -3.0), example_id=i)
         for i in (5, -7, 2 ** 63 - 1)]
PREDICTOR = {"model": "ab12", "decoder": "page", "options": {"n_best_size": 20}}


def test_what_was_written_is_read(tmp_path):
    path = write_nbest(tmp_path / "nbest.json", PAGES, PREDICTOR)
    assert read_predictor(path) == PREDICTOR
    assert list(read_pages(path)) == PAGES


def test_without_texts(tmp_path):
    path = write_nbest(tmp_path / "nbest.json", PAGES[:1])
    read, = read_pages(path, with_texts=False)
    assert (read.question, {a.text for a in read.shorts.values()}) == ("", {""})
    assert [a.score for a in read.shorts.values()] == [-0.5, 2.0]


def test_no_pages(tmp_path):
    assert list(read_pages(write_nbest(tmp_path / "nbest.json", []))) == []


def test_gzip_and_a_file_that_does_not_say_what_made_it(tmp_path):
    path = tmp_path / "nbest.json.gz"
    path.write_bytes(gzip.compress(b'{"predictions": [\n%s\n]}\n'
                                   % json.dumps(record(PAGES[0])).encode("utf8")))
    assert read_predictor(str(path)) is None
    assert list(read_pages(str(path))) == PAGES[:1]


def test_a_span_that_is_there_twice_counts_once_with_its_best_score(tmp_path):
    entry = record(PAGES[0])
    entry["short_answers"] += [dict(entry["short_answers"][0], score=4.0),
                               dict(entry["short_answers"][0], score=1.0)]
    read, = read_pages(lines(tmp_path, entry))
    assert {tuple(span): a.score for span, a in read.shorts.items()} == {(2, 3): 4.0, (4, 6): 2.0}


def lines(folder, *entries, end="\n]}\n"):
    path = folder / "nbest.json"
    path.write_text('{"predictor": null,\n"predictions": [\n'
                    + ",\n".join(e if isinstance(e, str) else json.dumps(e) for e in entries) + end)
    return str(path)


def changed(field, **changes):
    """An entry whose first answer of a list is changed."""
    entry = record(PAGES[0])
    entry[field][0].update(changes)
    return entry


@pytest.mark.parametrize("entry, message", [
    ({"long_answers": []}, "prediction 1: the field example_id is missing"),
    (dict(record(PAGES[0]), example_id=1.5), "prediction 1: example_id 1.5 is not a 64-bit int"),
    ({"example_id": 5, "long_answer": {}},
     "prediction 1: example 5 has no n-best long_answers: a file "),
    (changed("long_answers", start_token=None), "example 5: long answer: tokens None to 9 are no"),
    (changed("short_answers", end_token=2), "example 5: short answer: tokens 2 to 2 are no span"),
    (changed("long_answers", end_token=10 ** 60), "tokens 0 to 1000000000000000000000000000000000"),
    (changed("short_answers", start_token=True), "tokens True to 3 are no span"),
    (changed("short_answers", score=float("nan")), "short answer: its score is nan, not a finite"),
    (changed("long_answers", score="3"), "example 5: long answer: its score is '3', not a"),
    (dict(record(PAGES[0]), yes_no={"no": {"score": float("inf")}}), "5: no: its score is inf"),
    (dict(record(PAGES[0]), yes_no={"yes": 2.0}), "example 5: yes is not a JSON object"),
    (dict(record(PAGES[0]), short_answers=[3]), "example 5: short answer is not a JSON object"),
    ("7", "prediction 1: the prediction is not a JSON object"),
])
def test_a_bad_entry_is_told_by_its_number(tmp_path, entry, message):
    path = lines(tmp_path, entry, record(PAGES[1]))
    with pytest.raises(UserError) as error:
        list(read_pages(path))
    assert str(error.value).startswith(path + ", prediction 1: ")
    assert message in str(error.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "3", "\n"]),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(
        st.sampled_from(["start_token", "end_token", "score", "yes", "no"]), x),
    max_leaves=6)


@with_examples(50)
@given(st.dictionaries(st.sampled_from(sorted(record(PAGES[0]))), _JSON))
def test_whatever_an_entry_is_it_is_read_or_refused_in_one_line(changes):
    with tempfile.TemporaryDirectory() as folder:
        path = lines(pathlib.Path(folder), dict(record(PAGES[0]), **changes))
        try:
            read, = read_pages(path)
        except UserError as e:
            assert str(e).startswith(path + ", prediction 1") and "\n" not in str(e)
            return
    Combination([[read, PAGES[0]]], "probability").choose(np.array([0.5, 0.5]))


@pytest.mark.parametrize("text", ["", "\n", "[]", "{", '{"predictor": {,\n"predictions": [\n]}',
                                  '{"predictor": {},\n7', '{"predictions": [{"example_id": 5'])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    for read in (read_predictor, lambda path: list(read_pages(path))):
        with pytest.raises(UserError, match="other.json (is not JSON|has no list .predictions.)"):
            read(str(path))


@pytest.mark.parametrize("text", ['{"predictions": []}',
                                  '{\n "predictor": {},\n "predictions": [\n ]\n}'])
def test_the_layout_of_a_file_does_not_matter(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    assert list(read_pages(str(path))) == []
    assert not read_predictor(str(path))


def test_a_predictor_that_is_none(tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"predictor": 7,\n"predictions": [\n]}\n')
    with pytest.raises(UserError, match='"predictor" is not a JSON object'):
        read_predictor(str(path))


def test_a_file_that_is_cut_off(tmp_path):
    with pytest.raises(UserError, match=r"nbest.json is not JSON \(Expecting value at character"):
        list(read_pages(lines(tmp_path, record(PAGES[0]), end=",\n")))


def test_a_page_that_is_there_twice(tmp_path):
    path = lines(tmp_path, record(PAGES[0]), record(PAGES[1]), record(PAGES[0]))
    with pytest.raises(UserError, match="nbest.json, prediction 3: example 5 has a prediction alr"):
        list(read_pages(path))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_files_are_joined_by_ids_whatever_their_order(tmp_path, order):
    paths = [write_nbest(tmp_path / "a.json", PAGES),
             write_nbest(tmp_path / "b.json", [PAGES[i] for i in order])]
    assert list(read_together(paths)) == [[a_page, a_page] for a_page in PAGES]


@pytest.mark.parametrize("ours, theirs, message", [
    (PAGES, PAGES[:2], "b.json has no example %d, which .*a.json has: all models" % (2 ** 63 - 1)),
    (PAGES[:2], PAGES, "a.json has no example %d, which .*b.json has" % (2 ** 63 - 1)),
    (PAGES[1:], PAGES[:2], "b.json has no example %d, which .*a.json has" % (2 ** 63 - 1)),
    (PAGES[1:], PAGES, "a.json has no example 5, which .*b.json has"),
    ([], PAGES, "a.json has no example 5, which .*b.json has"),
])
def test_a_page_that_one_file_lacks(tmp_path, ours, theirs, message):
    paths = [write_nbest(tmp_path / name, pages)
             for name, pages in (("a.json", ours), ("b.json", theirs))]
    with pytest.raises(UserError, match=message):
        list(read_together(paths))


def test_pages_in_one_order_do_not_pile_up(tmp_path):
    many = [ModelPage(i, "", {}, {}, {}) for i in range(50)]
    paths = [write_nbest(tmp_path / name, many) for name in ("a.json", "b.json")]
    together = read_together(paths)
    for _ in range(40):
        next(together)
    other, = together.gi_frame.f_locals["others"]
    assert other._read == {}
