"""The logits of teachers for records: of every window, in its place, and resumed."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.modeling import models
from bert_nq.modeling.models import Member
from bert_nq.prediction import teacher_logits as job
from bert_nq.prediction.choice_model import NOT_COMPUTED, ChoiceModel
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.records import teacher_logits, tfrecord, training_files
from bert_nq.records.training_files import Demands
from tests.support import tiny_model, tiny_nq, tiny_training

DEMANDS = Demands.of(FEATURIZER, 64, tiny_nq.CONFIG)
LABELS = ("start_positions", "end_positions", "answer_types")
SETTINGS = teacher_logits.Settings("nq_joint", "joint", 64, ["0123"], "fp32", False)
NUM_WINDOWS = 11


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    tiny_training.write_pages(folder / "train", NUM_WINDOWS)
    tiny_training.write_pages(folder / "more", 2)
    tiny_model.write(folder / "one", 1)
    tiny_model.write(folder / "two", 2)
    return folder


def open_model(folder, *names, skip_padding=False):
    members = tuple(Member(tiny_nq.MODEL, str(folder / name / "model.ckpt-1"))
                    for name in names)
    return ChoiceModel(ModelSettings(members), models.inputs(tiny_nq.MODEL), LABELS, 4,
                       skip_padding)


@pytest.fixture(scope="module")
def model(folder):
    with open_model(folder, "one") as opened:
        yield opened


@pytest.fixture(scope="module")
def windows(folder):
    return next(training_files.read_chunks(str(folder / "train"), DEMANDS, 0, NUM_WINDOWS))


def expected(windows, seed=1):
    return dict(zip(("start", "end", "type"), tiny_model.logits(
        seed, *(windows[name] for name in ("input_ids", "input_mask", "segment_ids")))))


def assert_equal(found, expected):
    assert sorted(found) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-3)


def test_choices_are_those_of_the_model_and_what_it_knows_is_measured(model, windows):
    chosen = model.run(windows, 64)
    assert model.choices == {"start": "positions", "end": "positions", "type": 5}
    logits = expected(windows)
    assert_equal(chosen.logits, logits)
    log_probs = logits["type"] - np.log(np.exp(logits["type"]).sum(axis=1, keepdims=True))
    assert chosen.means["type_loss"] == pytest.approx(
        -np.mean(log_probs[np.arange(NUM_WINDOWS), windows["answer_types"]]), abs=1e-3)
    assert chosen.means["start_accuracy"] == pytest.approx(np.mean(
        logits["start"].argmax(axis=1) == windows["start_positions"]))


def test_of_several_teachers_it_is_the_mean(folder, windows):
    with open_model(folder, "one", "two") as model:
        found = model.run(windows, 64).logits
    one, two = expected(windows), expected(windows, 2)
    assert_equal(found, {name: (one[name] + two[name]) / 2 for name in one})


def test_padding_may_be_left_out(folder, windows):
    # The first windows have 20 pieces, the others 40; they come together by their lengths.
    short = {name: values.copy() for name, values in windows.items()}
    for name in ("input_ids", "input_mask", "segment_ids"):
        short[name][:3, 20:] = 0
    with open_model(folder, "one", skip_padding=True) as model:
        found = model.run(short, 64).logits["start"]
    assert (found[:3, 32:] == NOT_COMPUTED).all() and (found[3:, 32:] != NOT_COMPUTED).all()
    logits = expected(short)["start"]
    np.testing.assert_allclose(found[:3, :32], logits[:3, :32], atol=1e-3)
    np.testing.assert_allclose(found[3:], logits[3:], atol=1e-3)


class StoppedError(Exception):
    pass


def run(folder, output_dir, model, names=("train", "more"), stop_after=None, **settings):
    """The result, and how many windows were done at each report."""
    work = job.Job([str(folder / name) for name in names], str(output_dir),
                   SETTINGS._replace(**settings), DEMANDS, 4)
    job.check(work)
    shown = []

    def show(done, total):
        shown.append((done, total))
        if len(shown) == stop_after:
            raise StoppedError

    return job.run(work, model, lambda measured: None, show), shown


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_window_has_an_entry_in_its_place(folder, tmp_path, model, windows):
    done, shown = run(folder, tmp_path, model)
    assert (done.windows, done.windows_done) == (13, 13)
    assert shown == [(11, 13), (13, 13)]
    rows = np.array([np.frombuffer(entry, "<f2") for entry in tfrecord.read_records(
        str(tmp_path / "train.logits"))], np.float32)
    logits = expected(windows)
    np.testing.assert_allclose(rows, np.concatenate(
        [logits["end"], logits["start"], logits["type"]], axis=1), atol=5e-3)
    assert [entry.windows for entry in done.manifest.files] == [2, 11]
    assert sorted(contents(tmp_path)) == ["more.logits", "teacher_logits.json", "train.logits"]


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4])
def test_what_was_stopped_goes_on_to_the_same_bytes(folder, tmp_path, model, monkeypatch,
                                                    stop_after):
    monkeypatch.setattr(job, "CHUNK", 4)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(folder, whole, model)
    with pytest.raises(StoppedError):
        run(folder, stopped, model, stop_after=stop_after)
    # What was being written when it was killed is not taken over.
    for path in stopped.glob(".*.partial"):
        with open(str(path), "ab") as out:
            out.write(b"half an entry")
    done, shown = run(folder, stopped, model)
    # Windows that were there before are not counted as done, but shown as such.
    there = 13 - done.windows_done
    assert shown == [(windows, 13) for windows in (4, 8, 11, 13) if windows > there]
    # The three chunks of the first file, the last of which is not whole, and the second file.
    assert done.windows_done == 13 - {1: 4, 2: 8, 3: 8, 4: 11}[stop_after]
    assert contents(stopped) == contents(whole)


def test_what_is_there_is_not_computed_again_unless_records_have_changed(folder, tmp_path, model):
    run(folder, tmp_path, model)
    assert run(folder, tmp_path, model)[0].windows_done == 0
    (tmp_path / "more.logits").unlink()
    assert run(folder, tmp_path, model)[0].windows_done == 2
    other = tmp_path / "other"
    other.mkdir()
    tiny_training.write_pages(other / "train", 3)
    done, _ = run(other, tmp_path, model, names=("train",))
    assert done.windows_done == 3
    assert [entry.windows for entry in done.manifest.files] == [2, 3]


def test_a_folder_is_of_one_teacher_and_its_settings(folder, tmp_path, model):
    run(folder, tmp_path, model, names=("more",))
    for changes in ({"teachers": ["4567"]}, {"precision": "bf16"}):
        with pytest.raises(UserError, match="logits of another teacher or of other settings"):
            run(folder, tmp_path, model, **changes)


def test_a_teacher_that_is_refused_leaves_nothing(folder, tmp_path, model):
    work = job.Job([str(folder / "train")], str(tmp_path / "out"), SETTINGS, DEMANDS, 4)

    def refuse(measured):
        raise UserError("knows nothing: %s" % ", ".join(sorted(measured)))

    with pytest.raises(UserError, match="knows nothing: end_accuracy, end_loss, loss, "):
        job.run(work, model, refuse, lambda done, total: None)
    assert not list((tmp_path / "out").iterdir())


def test_two_files_of_one_name(folder, tmp_path):
    (tmp_path / "train").write_bytes(b"")
    work = job.Job([str(folder / "train"), str(tmp_path / "train")], str(tmp_path / "out"),
                   SETTINGS, DEMANDS, 4)
    with pytest.raises(UserError, match="two of the record files are called train"):
        job.check(work)
