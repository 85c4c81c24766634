"""A preparation job: the same bytes whatever the workers and the interruptions, nothing twice."""
import functools
import gzip
import json
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import files
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.features import joint_windows
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.mined_windows import MinedUnknowns
from bert_nq.jobs import executors, parts, work_folder
from bert_nq.records import examples, gathering, job, tfrecord
from bert_nq.records.manifest import (
    Input,
    check_outputs,
    manifest_path,
    output_paths,
    read_manifest,
)
from tests.support.examples import with_examples
from tests.support.nq_pages import write_shard
from tests.support.score_files import write_scores
from tests.support.tiny_nq import UNUSABLE_PAGE, place_page, preparation_options, write_vocabulary

NO_REPORT = lambda counts: None  # noqa: E731


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Four shards with 5, 0, 3 and 4 pages, one of them not zipped, and a vocabulary."""
    folder = tmp_path_factory.mktemp("corpus")
    write_vocabulary(folder / "vocab.txt")
    first = 0
    for name, n in (("a.jsonl.gz", 5), ("b.jsonl", 0), ("c.jsonl", 3), ("d.jsonl.gz", 4)):
        write_shard(folder / name, [place_page(i, filler=8) for i in range(first, first + n)])
        first += n
    return folder


def make_job(corpus, output, is_training=True, inputs="abcd", include_unknowns=0.5, **changes):
    paths = [str(corpus / name) for name in sorted(os.listdir(str(corpus)))
             if name[0] in inputs and ".jsonl" in name]
    options = preparation_options(str(corpus / "vocab.txt"), is_training,
                                  include_unknowns=include_unknowns)
    return job.Job(options, shards.READING, paths, str(output), **changes)


class Run:
    """A job that was run, with all that it said."""

    def __init__(self, some_job, num_workers=2):
        self.notes, self.states = [], []
        self.result = job.run_job(some_job, num_workers, self.states.append, self.notes.append)
        self.contents = [files.open_binary(path).read() for path in output_paths(
            some_job.output, some_job.num_outputs)]

    @property
    def records(self):
        return sum(map(records_of, self.contents), [])


def mined(some_job, corpus, probabilities=(0.1, 0.2, 0.7)):
    """The job with windows without answer that are chosen by scores, the same on all pages."""
    scores = write_scores(corpus / "scores.jsonl.gz",
                          {1000 + i: dict(enumerate(probabilities)) for i in range(12)})
    featurizer = joint_windows.mined(MinedUnknowns(ScoreFiles.find(scores), DrawOptions(4.0, 0.1)))
    return some_job._replace(options=some_job.options._replace(featurizer=featurizer))


def records_of(content):
    data = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    found = []
    while data:
        length = int.from_bytes(data[:8], "little")
        found.append(data[12:12 + length])
        data = data[16 + length:]
    return found


def ids(records):
    return [int(examples.parse(record, "x")["unique_ids"][0]) for record in records]


def worker(some_job, folder_path):
    """A worker's function, in this process."""
    return executors.noting(functools.partial(job.make_work, some_job),
                            work_folder.WorkFolder(folder_path))


def run_here(some_job, num_parts, order=1):
    """The contents of a job's outputs, made in this process with each shard in so many parts."""
    folder_path = some_job.output + ".here"
    os.makedirs(folder_path)
    inputs = [Input(path, files.fingerprint(path)) for path in some_job.inputs]
    pieces = parts.divide(inputs, dict.fromkeys(some_job.inputs, num_parts), some_job.max_examples)
    work = worker(some_job, folder_path)
    num_records = sum(work(piece, NO_REPORT).counts.get("records", 0) for piece in pieces[::order])
    groups = [[p.name for p in pieces if p.paths == (path,)] for path in some_job.inputs]
    if some_job.max_examples:
        groups = [[pieces[0].name]]
    what = gathering.Gathering(folder_path, output_paths(some_job.output, some_job.num_outputs),
                               some_job.compression, some_job.options.is_training, groups,
                               num_records)
    for output in what.outputs():
        gathering.make_gatherer(what)(output, NO_REPORT)
    written = gathering.publish(what)
    shutil.rmtree(folder_path)
    return [files.open_binary(os.path.join(os.path.dirname(some_job.output), o.name)).read()
            for o in written]


@with_examples(8)
@given(st.booleans(), st.integers(1, 5), st.integers(1, 4), st.sampled_from(["", "gzip"]),
       st.sampled_from([1, -1]))
def test_bytes_do_not_depend_on_how_the_work_is_divided(corpus, tmp_path_factory, is_training,
                                                        num_outputs, parts, compression, order):
    folder = tmp_path_factory.mktemp("here")
    some_job = make_job(corpus, folder / "out", is_training, num_outputs=num_outputs,
                        compression=compression)
    contents = run_here(some_job, parts, order)
    assert contents == run_here(some_job, 1)
    records = sum(map(records_of, contents), [])
    whole = make_job(corpus, folder / "whole", is_training)
    assert records == records_of(run_here(whole, 1)[0])


def test_one_worker_or_three_and_this_process_make_the_same(corpus, tmp_path):
    one = Run(make_job(corpus, tmp_path / "one" / "x.tfrecord"), 1)
    three = Run(make_job(corpus, tmp_path / "three" / "x.tfrecord"), 3)
    (tmp_path / "here").mkdir()
    assert one.contents == three.contents == run_here(make_job(corpus, tmp_path / "here" / "x"), 2)
    assert sorted(os.listdir(str(tmp_path / "one"))) == ["x.manifest.json", "x.tfrecord"]
    assert one.notes == three.notes == []
    assert one.result.manifest._replace(inputs=[]) == three.result.manifest._replace(inputs=[])
    assert (three.result.num_parts, three.result.num_resumed) == (4, 0)
    # 12 pages have an answer each; the windows without are drawn.
    counts = one.result.manifest.counts
    assert (counts["pages"], counts["gold_in_contexts"], counts["skipped"]) == (12, 12, 0)
    assert counts["records"] == counts["SHORT"] + counts["UNKNOWN"] == len(one.records)
    assert counts["UNKNOWN"] > 0


def test_prediction_records_are_in_the_order_of_the_pages(corpus, tmp_path):
    run = Run(make_job(corpus, tmp_path / "x", is_training=False, num_outputs=3))
    plain = Run(make_job(corpus, tmp_path / "y", is_training=False))
    assert run.records == plain.records
    sizes = list(map(len, map(records_of, run.contents)))
    assert max(sizes) - min(sizes) <= 1
    # Windows of page 1000 + i are 1000 + i, 1001 + i and so on; every page has the same number.
    per_page, rest = divmod(len(run.records), 12)
    assert rest == 0
    assert ids(run.records) == [1000 + page + window for page in range(12)
                                for window in range(per_page)]


def test_max_examples_counts_over_all_shards(corpus, tmp_path):
    run = Run(make_job(corpus, tmp_path / "x", is_training=False, max_examples=7))
    everything = Run(make_job(corpus, tmp_path / "y", is_training=False))
    assert run.result.manifest.counts["pages"] == 7
    assert run.result.num_parts == 1
    assert run.records == everything.records[:len(everything.records) * 7 // 12]


def test_the_manifest_says_what_was_made(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x.tfrecord", num_outputs=2)
    run = Run(some_job)
    made = read_manifest(manifest_path(some_job.output))
    assert made == run.result.manifest
    assert [o.name for o in made.outputs] == ["x.tfrecord-00000-of-00002",
                                              "x.tfrecord-00001-of-00002"]
    for output, content in zip(made.outputs, run.contents):
        path = str(tmp_path / output.name)
        assert (output.bytes, output.crc32c) == (len(content), files.crc32c(path))
        assert output.records == tfrecord.count_records(path)
    assert sum(o.records for o in made.outputs) == made.counts["records"]
    assert [i.path for i in made.inputs] == some_job.inputs
    assert (made.settings["max_seq_length"], made.settings["num_output_shards"]) == (64, 2)


def test_what_is_made_is_not_made_again(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x")
    first = Run(some_job)
    before = os.stat(str(tmp_path / "x"))
    again = Run(some_job)
    assert (again.result.manifest, again.result.num_parts) == (first.result.manifest, 0)
    assert os.stat(str(tmp_path / "x")).st_mtime_ns == before.st_mtime_ns
    assert again.states == again.notes == []


def test_what_an_earlier_version_made_is_not_made_again(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x")
    Run(some_job)
    path = manifest_path(some_job.output)
    content = files.read_json(path)
    assert "compact" not in content["settings"]
    for is_compact, num_parts, notes in (
            (False, 0, []),
            (True, 4, ["made anew, since it was made otherwise: compact was true and is null"])):
        content["settings"]["compact"] = is_compact
        files.write_json(path, content)
        again = Run(some_job)
        assert (again.result.num_parts, again.notes) == (num_parts, notes)


def damage(path):
    path.write_bytes(path.read_bytes()[:-1] + b"x")


@pytest.mark.parametrize("spoil, note", [
    (lambda path: path.unlink(), "made anew, since {path} is missing"),
    (damage, "made anew, since {path} is not what it was when it was written"),
])
def test_spoilt_outputs_are_made_again(corpus, tmp_path, spoil, note):
    some_job = make_job(corpus, tmp_path / "x")
    first = Run(some_job)
    spoil(tmp_path / "x")
    again = Run(some_job)
    assert again.notes == [note.format(path=tmp_path / "x")]
    assert again.contents == first.contents


def test_other_settings_are_noticed(corpus, tmp_path):
    first = Run(make_job(corpus, tmp_path / "x"))
    again = Run(make_job(corpus, tmp_path / "x", inputs="acd", include_unknowns=1.0))
    assert again.notes == ["made anew, since it was made otherwise: include_unknowns was 0.5 and "
                           "is 1.0; %s is no longer an input" % (corpus / "b.jsonl")]
    assert len(again.records) > len(first.records)


def copy_of(corpus, folder):
    shutil.copytree(str(corpus), str(folder))
    return folder


def test_a_shard_in_the_middle_that_is_cut_off(corpus, tmp_path):
    """Finished parts are kept, and the run after the repair carries on."""
    broken = copy_of(corpus, tmp_path / "corpus")
    shard = broken / "d.jsonl.gz"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-20])
    some_job = make_job(broken, tmp_path / "x")
    with pytest.raises(BadExampleError) as error:
        Run(some_job, 1)
    work = work_folder.work_path(some_job.output)
    assert str(error.value).startswith("%s, after line " % shard)
    if os.path.exists(work):
        assert str(error.value).endswith(
            "; what was finished is kept in %s: the same command carries on" % work)
    finished = [name for name in os.listdir(work)
                if name.endswith(".json") and name != "plan.json"] if os.path.exists(work) else []
    assert not os.path.exists(some_job.output)
    shard.write_bytes(whole)
    carried_on = Run(some_job, 2)
    assert carried_on.contents == Run(make_job(corpus, tmp_path / "y")).contents
    assert carried_on.result.num_resumed == len(finished)
    assert not os.path.exists(work)


class StoppedError(Exception):
    """Raised in the middle of a run."""


def finish_some(some_job, names):
    """A work folder as a killed run leaves it, with the parts of shards `names` finished."""
    def executor(run, pieces):
        work = worker(some_job, run.folder.path)
        for piece in pieces:
            if piece.name[0] in names:
                yield piece, work(piece, NO_REPORT)
        raise StoppedError

    with pytest.raises(StoppedError):
        job.run_with(job.Engine(executor, None, 1, True), some_job, NO_REPORT, NO_REPORT)
    return work_folder.WorkFolder(work_folder.work_path(some_job.output))


def test_finished_shards_are_not_read_again(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x")
    folder = finish_some(some_job, "ac")
    (tmp_path / ".x.work" / ".d.run.123.tmp").write_bytes(b"half")
    run = Run(some_job)
    assert run.notes == ["carrying on: 2 of 4 parts of the work were done"]
    assert run.result.num_resumed == 2
    assert run.contents == Run(make_job(corpus, tmp_path / "y")).contents
    assert run.result.manifest.counts["pages"] == 12
    # Pages of the shards b and d alone were read: 0 and 4.
    assert run.states[-1].counts["records_written"] == len(run.records)
    assert max(state.counts["pages"] for state in run.states) == 4
    assert not os.path.exists(folder.path)


def test_an_unfinished_run_with_other_settings_is_thrown_away(corpus, tmp_path):
    finish_some(make_job(corpus, tmp_path / "x", include_unknowns=1.0), "ac")
    run = Run(make_job(corpus, tmp_path / "x"))
    assert run.notes == ["the unfinished run before this one was different: include_unknowns was "
                         "1.0 and is 0.5"]
    assert run.contents == Run(make_job(corpus, tmp_path / "y")).contents


def test_of_an_unfinished_run_shards_that_have_not_changed_are_kept(corpus, tmp_path):
    changed = copy_of(corpus, tmp_path / "corpus")
    finish_some(make_job(changed, tmp_path / "x"), "ac")
    write_shard(changed / "c.jsonl", [place_page(50)])
    run = Run(make_job(changed, tmp_path / "x"))
    assert run.notes == [
        "the unfinished run before this one was different: %s has changed" % (changed / "c.jsonl"),
        "carrying on: 1 of 4 parts of the work were done"]
    assert run.contents == Run(make_job(changed, tmp_path / "y")).contents


def test_complete_outputs_are_not_written_again(corpus, tmp_path):
    """As after a kill between two outputs: the first is complete, and stays as it is."""
    some_job = make_job(corpus, tmp_path / "x", num_outputs=2)
    whole = Run(make_job(corpus, tmp_path / "y", num_outputs=2))
    folder = finish_some(some_job, "abcd")
    mark = whole.contents[0][:-1] + b"!"
    staged = os.path.join(folder.path, "output-00000.records")
    with open(staged, "wb") as out:
        out.write(mark)
    folder.finish("output-00000", dict(whole.result.manifest.outputs[0]._asdict(),
                                       name="x-00000-of-00002", crc32c=files.crc32c(staged)))
    run = Run(some_job)
    assert run.contents == [mark, whole.contents[1]]


@pytest.mark.parametrize("damage", [
    lambda content: content[:-9], lambda content: b"",
    lambda content: content[:99] + bytes([content[99] ^ 4]) + content[100:]])
def test_parts_that_were_damaged_after_a_kill_are_made_again(corpus, tmp_path, damage):
    some_job = make_job(corpus, tmp_path / "x", num_outputs=2)
    folder = finish_some(some_job, "abc")
    path = max((os.path.join(folder.path, name) for name in os.listdir(folder.path)
                if name.endswith(".run")), key=os.path.getsize)
    with open(path, "rb") as f:
        content = f.read()
    with open(path, "wb") as out:
        out.write(damage(content))
    run = Run(some_job)
    assert run.contents == Run(make_job(corpus, tmp_path / "y", num_outputs=2)).contents
    assert run.result.num_resumed == 2
    assert any("is damaged: " in note for note in run.notes)


def test_unusable_pages(corpus, tmp_path):
    bad = copy_of(corpus, tmp_path / "corpus")
    write_shard(bad / "e.jsonl", [place_page(20), UNUSABLE_PAGE, b"{}\n", place_page(21)])
    message = "%s, line 2: the short answer, tokens [1, 2), holds no words of its candidate"
    with pytest.raises(BadExampleError) as error:
        Run(make_job(bad, tmp_path / "x", inputs="e"))
    assert str(error.value).startswith(message % (bad / "e.jsonl"))
    assert os.listdir(str(tmp_path)) == ["corpus"]
    run = Run(make_job(bad, tmp_path / "x", inputs="e", skip_bad_input=True))
    assert run.result.manifest.counts["skipped"] == 2
    assert run.notes[0] == "skipped: " + message % (bad / "e.jsonl")
    assert len(run.notes) == 2
    # Without leave to skip, it is no longer what is wanted.
    with pytest.raises(BadExampleError):
        Run(make_job(bad, tmp_path / "x", inputs="e"))


def test_lines_skipped_in_parts_are_counted_once(corpus, tmp_path):
    bad = copy_of(corpus, tmp_path / "corpus")
    data = (bad / "a.jsonl.gz").read_bytes()
    (bad / "a.jsonl.gz").write_bytes(data[:-12])
    some_job = make_job(bad, tmp_path / "x", inputs="a", skip_bad_input=True)
    inputs = [Input(path, "") for path in some_job.inputs]
    os.makedirs(str(tmp_path / "work"))
    work = worker(some_job, str(tmp_path / "work"))
    results = [work(piece, NO_REPORT) for piece in parts.divide(inputs, {inputs[0].path: 3}, 0)]
    assert sum(result.counts["skipped"] for result in results) == 1
    assert sum(len(result.notes) for result in results) == 1


def test_two_runs_at_once(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x")
    with work_folder.opened(work_folder.work_path(some_job.output)):
        with pytest.raises(UserError, match="^another run holds .*/.x.work/lock: wait until"):
            Run(some_job)
    assert Run(some_job).result.num_parts == 4


@pytest.mark.parametrize("name, manifest", [
    ("x.tfrecord", "x.manifest.json"), ("x.tfrecords", "x.manifest.json"),
    ("x.tfrecord.gz", "x.manifest.json"), ("x", "x.manifest.json")])
def test_the_records_glob_does_not_match_the_manifest(name, manifest):
    assert manifest_path(os.path.join("f", name)) == os.path.join("f", manifest)


def test_a_file_that_is_no_manifest(tmp_path):
    path = tmp_path / "x.manifest.json"
    for content, message in ((b"{", "is not JSON"), (b"{}", "is not a manifest of records"),
                             (b'{"version": 9}', "version 9 of the manifest is not known")):
        path.write_bytes(content)
        with pytest.raises(UserError, match=message):
            read_manifest(str(path))
    path.unlink()
    assert read_manifest(str(path)) is None


def test_records_of_another_number_of_shards_are_in_the_way(tmp_path):
    (tmp_path / "x-00003-of-00016").write_bytes(b"")
    (tmp_path / "x-note").write_bytes(b"")
    output = str(tmp_path / "x")
    for num_shards in (1, 2):
        with pytest.raises(UserError, match="x-00003-of-00016 would be left beside the new records"
                           r" \(1 such files\)"):
            check_outputs(output, num_shards, [])
    check_outputs(output, 16, [])


@pytest.mark.parametrize("size, num_inputs, num_workers, expected", [
    (100 << 20, 50, 8, 1),  # Enough shards for all.
    (100 << 20, 1, 8, 8),
    (100 << 20, 3, 8, 3),  # ceil(8 / 3)
    (5 << 20, 1, 8, 5),  # 1 MB each at least
    (10, 1, 8, 1),
    (100 << 20, 1, 64, 16),  # Each part unzips the whole shard.
])
def test_how_many_parts_a_shard_has(size, num_inputs, num_workers, expected):
    assert parts.num_parts(size, num_inputs, num_workers) == expected


def test_settings_are_all_that_decides_the_bytes(corpus, tmp_path):
    some_job = make_job(corpus, tmp_path / "x")
    names = set(some_job.settings())
    assert set(some_job.options.windows._fields) <= names
    assert {"is_training", "do_lower_case", "tokenizer", "vocabulary", "compression"} <= names
    assert json.loads(json.dumps(some_job.settings())) == some_job.settings()


def test_windows_chosen_by_scores_are_as_many_and_the_same_however_the_work_is_divided(corpus,
                                                                                       tmp_path):
    control = make_job(corpus, tmp_path / "control.tfrecord")
    work = mined(make_job(corpus, tmp_path / "x.tfrecord"), corpus)
    whole = run_here(work, 1)
    assert run_here(work, 3, -1) == whole
    made, plain = Run(work), Run(control)  # two processes
    assert made.contents == whole
    assert made.result.manifest.counts == plain.result.manifest.counts
    assert sorted(ids(made.records)) != sorted(ids(plain.records))
    # The scores are a setting, as their content; without them nothing is said of scores.
    settings = made.result.manifest.settings
    assert settings["unknowns_from"] == {
        "scores": files.fingerprint(str(corpus / "scores.jsonl.gz"), with_time=False),
        "negative_temperature": 4.0, "uniform_share": 0.1}
    assert set(settings) - set(plain.result.manifest.settings) == {"unknowns_from"}
    assert "unknowns_from was" in Run(mined(work, corpus, (0.7, 0.2, 0.1))).notes[0]
