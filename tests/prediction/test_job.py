"""A prediction job: the same bytes whatever the workers; chunks; thresholds."""
import itertools
import json
import os

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.decoding.page_options import PageOptions
from bert_nq.jobs.chunks import read_chunks
from bert_nq.prediction import chunk_work, predictor
from bert_nq.scoring import calibration
from bert_nq.scoring.nq.thresholds import SHORT_KINDS, Rule
from bert_nq.scoring.nq.tuned import Tuned
from tests.support import prediction_jobs
from tests.support.arithmetic_model import Diverged
from tests.support.nq_pages import write_shard
from tests.support.prediction_jobs import (
    NUM_PAGES,
    Run,
    entries,
    here,
    make_job,
    place,
    read,
    work_folder,
)

ALL = sum(NUM_PAGES.values())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return prediction_jobs.write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    """The prediction file of a run in this process."""
    some_job = make_job(corpus, tmp_path_factory.mktemp("undisturbed") / "out.json")
    return Run(some_job, here=here(some_job)).content


# The same bytes.


def numbers(status):
    return status.counts["pages"], status.counts["windows"], status.share


def test_any_number_of_workers_and_this_process_write_the_same(corpus, undisturbed, tmp_path):
    assert entries(undisturbed) == prediction_jobs.expected(range(ALL))
    for name, num_workers, model in (("1", 1, None), ("3", 3, None), ("2", 2, "here")):
        some_job = make_job(corpus, tmp_path / name / "out.json")
        run = Run(some_job, num_workers, model and here(some_job))
        assert run.content == undisturbed, name
        assert os.listdir(str(tmp_path / name)) == ["out.json"]
        assert run.notes == []
        assert run.result.num_resumed == 0
        counts = run.result.counts
        assert (counts["pages"], counts["skipped"]) == (ALL, 0)
        last = run.states[-1]
        assert numbers(last) == (ALL, counts["windows"], 1.0)
        for before, after in zip(run.states, run.states[1:]):
            assert all(a <= b for a, b in zip(numbers(before), numbers(after)))


def test_the_file_says_what_made_it(corpus, undisturbed, tmp_path):
    options = json.dumps(PageOptions()._asdict()).encode("ascii")
    assert undisturbed.startswith(
        b'{"predictor": {"decoder": "page", "options": %s, "model": "01234567"},\n'
        b'"predictions": [\n{"example_id": ' % options)


def test_no_page_at_all_is_an_error(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "out.json", "b")
    with pytest.raises(UserError, match="b.jsonl.*: there are no pages in it, and nothing is"):
        Run(some_job, here=here(some_job))
    assert os.listdir(str(tmp_path)) == []


def test_the_best_answers_lie_beside_on_request(corpus, undisturbed, tmp_path):
    some_job = make_job(corpus, tmp_path / "out.json", nbest_output=str(tmp_path / "nbest.json"))
    assert Run(some_job, 2).content == undisturbed
    nbest = entries(read(tmp_path / "nbest.json"))
    assert [n["example_id"] for n in nbest] == [e["example_id"] for e in entries(undisturbed)]
    for best, entry in zip(nbest, entries(undisturbed)):
        assert set(best) == {"example_id", "question", "long_answers", "short_answers", "yes_no"}
        assert best["short_answers"][0]["score"] >= entry["scores"]["short"]
    assert read(tmp_path / "nbest.json").split(b"\n")[0] == undisturbed.split(b"\n")[0]


def test_counts_are_those_of_the_entries(corpus, undisturbed, tmp_path):
    counts = Run(make_job(corpus, tmp_path / "out.json"), 2).result.counts
    found = entries(undisturbed)
    assert counts["long"] == sum(e["long_answer"]["start_token"] >= 0 for e in found)
    assert counts["short"] == sum(bool(e["short_answers"]) for e in found)
    assert counts["yes_no"] == sum(e["yes_no_answer"] != "NONE" for e in found)


def test_a_bad_line_is_told_by_its_number(tmp_path, corpus):
    path = write_shard(tmp_path / "x.jsonl", [b"\n", place(0), b"  \n", b"\n", place(1), b"oops\n"])
    some_job = make_job(corpus, tmp_path / "out.json", [path])
    with pytest.raises(BadExampleError, match="x.jsonl, line 6: not JSON"):
        Run(some_job, here=here(some_job))


# Thresholds.


def write_tuned(path, some_job, threshold, **changes):
    unit = calibration.Temperature(1.0, 0.0)
    Tuned(dict(some_job.predictor(), **changes), ("long", "short", "yes", "no"),
          Rule(dict.fromkeys(("long", "short", "yes", "no"), threshold),
               dict.fromkeys(SHORT_KINDS, unit))).save(str(path))
    return str(path)


def test_thresholds_are_applied(corpus, undisturbed, tmp_path):
    scores = sorted(e["scores"]["long"] for e in entries(undisturbed))
    some_job = make_job(corpus, tmp_path / "out.json")
    path = write_tuned(tmp_path / "thresholds.json", some_job, scores[ALL // 2])
    run = Run(some_job._replace(thresholds=path, nbest_output=str(tmp_path / "nbest.json")), 2)
    tuned = Tuned.load(path)
    assert entries(run.content) == [tuned.apply(e) for e in entries(undisturbed)]
    assert 0 < run.result.counts["long"] < ALL
    assert b'"thresholds": {"long": ' in run.content.split(b"\n")[0]
    assert b"thresholds" not in read(tmp_path / "nbest.json").split(b"\n")[0]


def test_thresholds_of_another_model_come_to_light_before_any_work(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "out.json")
    path = write_tuned(tmp_path / "thresholds.json", some_job, 0.0, model="89abcdef")
    with pytest.raises(UserError, match="thresholds.json is for the model 89abcdef, the predictions"
                       " are of the model 01234567"):
        Run(some_job._replace(thresholds=path), 1)
    assert os.listdir(str(tmp_path)) == ["thresholds.json"]


def test_what_is_predicted_is_not_predicted_again_where_writing_failed(corpus, undisturbed,
                                                                       tmp_path):
    output = tmp_path / "out.json"
    output.write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"")
    some_job = make_job(corpus, output, nbest_output=str(tmp_path / "file" / "nbest.json"))
    with pytest.raises(UserError, match="cannot create the folder .*file"):
        Run(some_job, here=here(some_job))
    assert output.read_bytes() == b"old"
    # Now somewhere else, and with thresholds.
    path = write_tuned(tmp_path / "thresholds.json", some_job, 1.0)
    some_job = some_job._replace(nbest_output=str(tmp_path / "nbest.json"), thresholds=path)
    run = Run(some_job, here=here(some_job, Diverged))
    assert run.result.num_resumed == ALL
    tuned = Tuned.load(path)
    assert entries(run.content) == [tuned.apply(e) for e in entries(undisturbed)]
    assert not work_folder(output).exists()


def test_pages_are_in_the_order_of_the_inputs(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "out.json", "dca")
    some_job = some_job._replace(inputs=some_job.inputs[::-1])
    ranges = (range(73, 113), range(70, 73), range(70))
    assert entries(Run(some_job, 2).content) == prediction_jobs.expected(
        tuple(itertools.chain(*ranges)))


def test_a_chunk_is_computed_as_one(corpus, tmp_path, monkeypatch):
    """Its batches are of its own windows, so that nothing depends on what a process did before."""
    some_job = make_job(corpus, tmp_path / "out.json", "a")
    model = here(some_job)
    Run(some_job, here=model)
    sizes = []
    for lines in read_chunks(some_job.inputs[0], some_job.reading, "x", BadInput()):
        alone = here(some_job)
        group = chunk_work.make_preparer(some_job)(lines, None).group
        list(predictor.stream(alone, chunk_work.make_predictor(some_job), [group]))
        sizes += alone.batch_sizes
    assert model.batch_sizes == sizes
