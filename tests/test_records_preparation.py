"""Examples to record files: what is written and counted."""
import collections

import pytest
from nq_pages import make_annotation, make_line, make_page
from tiny_nq import place_page, window_maker

from bert_nq.errors import BadExampleError
from bert_nq.features.contexts import AnswerType
from bert_nq.nq.decoding import decode_example
from bert_nq.nq.shards import BadInput
from bert_nq.records import examples, tfrecord
from bert_nq.records.preparation import PreparationCounts, prepare


def decoded(pages):
    return [decode_example(make_line(page), "a.jsonl, line %d" % i)
            for i, page in enumerate(pages, 1)]


def page(text, *annotations, example_id=1):
    return make_page(text, example_id, "where is tovin", annotations)


# A window has 64 pieces: [CLS] [Q] where is tovin [SEP], 57 of the page, [SEP].
PAGES = [
    page("<P> tovin is in aron . </P>", make_annotation(0, [(4, 5)]), example_id=1),
    page("<P> tovin is in aron . </P>", make_annotation(0), example_id=2),
    page("<P> tovin is in aron . </P>", make_annotation(0, yes_no="NO"), example_id=3),
    page("<P> tovin is in aron . </P>", make_annotation(), example_id=4),
    # The answer is lost among odd blanks: one window, no records.
    page("<P> tovin is in\u3000aron . </P>", make_annotation(0, [(3, 4)]), example_id=5),
    # The gold candidate is nested; its text "is" would be characters 0 and 1 of the first word.
    page("<Ul> tovin <Li> is </Li> in aron </Ul>", make_annotation(1), example_id=6),
    # 4 markers and 80 words are 84 pieces: windows of 57 begin at 0, 16 and 32. The words at 20 and
    # 21 of the page, pieces 24 and 25, are in the first two.
    page("<P> %s</P>" % ("tovin is in a " * 20), make_annotation(0, [(21, 23)]), example_id=7),
]
UNUSABLE = page("<P> <Br> tovin </P>", make_annotation(0, [(1, 2)]), example_id=8)


def prepared(path, pages, is_training=True, seed=0, bad_input=None, **options):
    counts = prepare(decoded(pages), str(path), window_maker(**options), is_training, seed,
                     bad_input or BadInput())
    return counts, list(tfrecord.read_records(str(path)))


def ids(records):
    return [int(examples.parse(record, "x")["unique_ids"][0]) for record in records]


def test_training_counts(tmp_path):
    counts, records = prepared(tmp_path / "a", PAGES)
    assert counts == PreparationCounts(
        examples=7, with_gold_candidate=6, answer_lost=1,
        # One window of each page but the last, which has three.
        windows=9,
        # None of the pages 4 and 5; two of the last page.
        records=6,
        records_by_answer=collections.Counter({AnswerType.SHORT: 3, AnswerType.LONG: 2,
                                               AnswerType.NO: 1}))
    assert sorted(ids(records)) == [1, 2, 3, 6, 7, 8]  # 7 and 8 are the last page's.


def test_windows_without_answer_are_counted_as_unknown(tmp_path):
    counts, records = prepared(tmp_path / "a", PAGES, include_unknowns=1.0)
    assert (counts.windows, counts.records, len(records)) == (9, 8, 8)
    assert counts.records_by_answer == {AnswerType.SHORT: 3, AnswerType.LONG: 2, AnswerType.NO: 1,
                                        AnswerType.UNKNOWN: 2}


def test_prediction_records_stay_in_order(tmp_path):
    counts, records = prepared(tmp_path / "a", PAGES, is_training=False)
    assert counts == PreparationCounts(7, 6, 0, 9, 9, collections.Counter())
    assert ids(records) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert all("token_map" in examples.parse(record, "x") for record in records)


def test_training_records_are_shuffled_by_seed_alone(tmp_path):
    pages = [place_page(i) for i in range(40)]
    _, records = prepared(tmp_path / "a", pages)
    _, again = prepared(tmp_path / "a", pages[::-1])
    _, other = prepared(tmp_path / "a", pages, seed=1)
    assert again == records
    assert other != records
    assert sorted(other) == sorted(records)
    assert ids(records) != sorted(ids(records))


def test_unusable_pages(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(BadExampleError, match="a.jsonl, line 8: the short answer"):
        prepared(tmp_path / "a", PAGES + [UNUSABLE])
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"old")]
    bad_input = BadInput(skip=True)
    counts, records = prepared(tmp_path / "a", [UNUSABLE] + PAGES, bad_input=bad_input)
    assert (counts.examples, len(records), bad_input.skipped) == (7, 6, 1)
