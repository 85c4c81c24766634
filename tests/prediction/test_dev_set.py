"""Scoring predictions during training: all pages or a sample, the official numbers."""
import os

import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.prediction.dev_set import DevSet
from bert_nq.scoring.nq.gold import read_gold
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.tasks.nq_answers import DEV_FORMAT, dev_format
from tests.support import tiny_nq
from tests.support.nq_pages import make_line, make_page, write_shard

NUM_PAGES = 12


@pytest.fixture
def shard(tmp_path):
    pages = [tiny_nq.place_page(i, example_id=i - 5) for i in range(NUM_PAGES)]
    return write_shard(tmp_path / "dev.jsonl.gz", pages)


def right(example):
    """The annotations of a place's page: its second paragraph is the long answer."""
    candidate = example.candidates[1]
    return {"example_id": example.example_id, "yes_no_answer": "NONE",
            "long_answer": {"start_token": candidate.start_token, "end_token": candidate.end_token,
                            "start_byte": -1, "end_byte": -1},
            "long_answer_score": 1.0, "short_answers": [], "short_answers_score": 0.0}


def test_the_official_numbers_of_all_pages(shard):
    dev = DevSet([shard], DEV_FORMAT)
    assert len(dev) == NUM_PAGES
    scores = dev.score(lambda examples: map(right, examples))
    assert len(scores) == 20
    assert scores["long-best-threshold-f1"] == 1.0
    assert scores["short-best-threshold-f1"] == 0.0


def test_a_short_answer_outside_its_long_answer_does_not_stop_scoring(tmp_path):
    page = tiny_nq.place_page(1)
    page["annotations"][4]["short_answers"][0].update(start_token=0, end_token=1)
    dev = DevSet([write_shard(tmp_path / "dev.jsonl", [page])], DEV_FORMAT)
    assert dev.score(lambda examples: map(right, examples))["long-best-threshold-f1"] == 1.0


def test_a_sample_is_the_same_every_time_and_not_the_first_pages(shard):
    seen = []

    def predict(examples):
        for example in examples:
            seen.append(example.example_id)
            yield right(example)

    for _ in range(2):
        dev = DevSet([shard], DEV_FORMAT, num_examples=5)
        assert len(dev) == 5
        assert dev.score(predict)["long-best-threshold-f1"] == 1.0
    assert seen[:5] == seen[5:] == sorted(seen[:5])
    assert seen[:5] != list(range(-5, 0))
    # More pages are these and others.
    DevSet([shard], DEV_FORMAT, num_examples=8).score(predict)
    assert set(seen[:5]) < set(seen[10:])


def test_more_pages_than_there_are_are_all(shard):
    dev = DevSet([shard], DEV_FORMAT, num_examples=100)
    assert len(dev) == NUM_PAGES == len(read_gold([shard]))


def test_predictions_that_were_broken_off_have_no_score(shard):
    dev = DevSet([shard], DEV_FORMAT)
    assert dev.score(lambda examples: map(right, list(examples)[:3])) is None


def test_pages_without_annotations_cannot_be_scored_on(tmp_path):
    shard = write_shard(tmp_path / "test.jsonl", [make_page("<P> tovin . </P>", 1, "where", [])])
    with pytest.raises(UserError, match="there are no annotations to score with"):
        DevSet([shard], DEV_FORMAT)


def refuse_third(example):
    """Stands for a maker of windows."""
    if example.example_id == 3:
        raise BadExampleError("%s: no window" % example.source)


def faulty_shard(tmp_path):
    """A shard with a page that is right behind each kind of one that is not."""
    pages = [tiny_nq.place_page(i, example_id=i) for i in range(8)]
    pages[1]["annotations"][2]["yes_no_answer"] = "PERHAPS"
    pages[5]["document_tokens"][0]["html_token"] = "False"
    lines = list(map(make_line, pages))
    lines[4] = make_line(dict(pages[4], example_id=2))
    lines[6] = b'{"example_id": 6, '
    path = tmp_path / "dev.jsonl"
    path.write_bytes(b"".join(line.rstrip() + b"\n" for line in lines))
    return str(path)


def test_pages_that_cannot_be_used_are_told_once_and_left_out(tmp_path, capsys):
    shard = faulty_shard(tmp_path)
    dev = DevSet([shard], DEV_FORMAT, 0, refuse_third, skip=True)
    assert (len(dev), dev.skipped) == (3, 5)
    told = capsys.readouterr().err.splitlines()
    assert sorted(line[len("skipped: "):len("skipped: ") + len(shard) + 8] for line in told) == [
        "%s, line %d" % (shard, number) for number in (2, 4, 5, 6, 7)]
    seen = []
    scores = dev.score(lambda examples: (seen.append(e.example_id) or right(e) for e in examples))
    assert seen == [0, 2, 7]
    assert scores["long-best-threshold-f1"] == 1.0


@pytest.mark.parametrize("left_out, fault", [
    ((), "line 2: example 1, annotation 3: yes_no_answer 'PERHAPS' is none of YES, NO and NONE"),
    ((1,), "line 4: example 2 was already in "), ((1, 4), "line 5: not JSON: "),
    ((1, 3, 4, 6), "line 3: "), ((1, 4, 5, 6), "line 3: no window")])
def test_a_page_that_cannot_be_used_is_an_error_at_once(tmp_path, left_out, fault):
    path = faulty_shard(tmp_path)
    with open(path, "rb") as f:
        lines = f.readlines()
    with open(path, "wb") as f:
        f.writelines(line for i, line in enumerate(lines) if i not in left_out)
    with pytest.raises(UserError) as e:
        DevSet([path], DEV_FORMAT, 0, refuse_third)
    assert str(e.value).startswith("%s, %s" % (path, fault))
    assert str(e.value).endswith("(--on_bad_input=skip goes on without it)")


def test_nothing_that_could_be_scored(tmp_path):
    shard = write_shard(tmp_path / "dev.jsonl", [tiny_nq.place_page(3, example_id=3)])
    with pytest.raises(UserError, match="dev.jsonl: no annotated example of it can be used"):
        DevSet([shard], DEV_FORMAT, 0, refuse_third, skip=True)


def test_a_file_that_ends_early_counts_once(tmp_path, capsys):
    shard = write_shard(tmp_path / "dev.jsonl.gz", [
        dict(tiny_nq.place_page(i), document_title="".join(map(chr, range(300 * i, 300 * i + 250))))
        for i in range(30)])
    with open(shard, "r+b") as f:
        f.truncate(os.path.getsize(shard) * 2 // 3)
    dev = DevSet([shard], DEV_FORMAT, skip=True)
    assert dev.skipped == 1 and 0 < len(dev) < 30
    assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(UserError, match="on_bad_input=skip"):
        DevSet([shard], DEV_FORMAT)


def test_scores_that_no_model_can_move_do_not_choose_one(tmp_path):
    pages = [dict(page, annotations=page["annotations"][:1])
             for page in map(tiny_nq.place_page, range(3))]
    shard = write_shard(tmp_path / "dev.jsonl.gz", pages)
    dev = DevSet([shard], DEV_FORMAT)
    for metric in ("long", "short", "both"):
        with pytest.raises(UserError, match="dev.jsonl.gz: these pages cannot tell a better model: "
                           "no question has 2 annotators .* give --long_non_null_threshold=1 "
                           "--short_non_null_threshold=1$"):
            dev.check_limits(MEASURE.keys(metric))
    assert dev.score(lambda examples: map(right, examples))["long-best-threshold-f1"] == 0
    dev = DevSet([shard], dev_format(1, 1))
    assert dev.check_limits(MEASURE.keys("both")) == ()
    assert dev.score(lambda examples: map(right, examples))["long-best-threshold-f1"] == 1.0
    # Nor do answers that nobody marked.
    pages = [dict(page, annotations=[dict(a, short_answers=[]) for a in page["annotations"]])
             for page in map(tiny_nq.place_page, range(3))]
    dev = DevSet([write_shard(tmp_path / "long.jsonl.gz", pages)], DEV_FORMAT)
    assert dev.check_limits(MEASURE.keys("both")) == ()
    with pytest.raises(UserError, match="a better model: no answer counts for short-best-thresh"):
        dev.check_limits(MEASURE.keys("short"))
    # A metric that still moves is told of, no more.
    dev = DevSet([shard], dev_format(1, 2))
    remark, = dev.check_limits(MEASURE.keys("both"))
    assert remark.startswith("no question has 2 annotators with a short answer, ")
    with pytest.raises(UserError, match="these pages cannot tell"):
        dev.check_limits(MEASURE.keys("short"))
