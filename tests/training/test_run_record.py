"""The record of a training in a model's folder, and when a run may go on with it."""
import collections
import os
import re
import shutil
import subprocess

import pytest

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.records import manifest
from bert_nq.training import run_record
from bert_nq.training.run_record import RunRecord
from bert_nq.training.settings import TrainingSettings
from tests.support import programs
from tests.support.tiny_training import write_pages

SETTINGS = TrainingSettings().of_result(32, "bert/bert_model.ckpt")


@pytest.fixture
def data(tmp_path):
    return run_record.describe_data([write_pages(tmp_path / "train.tfrecord", 3)], 3)


def write_manifest(path, *shards):
    inputs = [manifest.Input(str(shard), "fingerprint") for shard in shards]
    manifest.write_manifest(str(path), manifest.Manifest({}, inputs, collections.Counter(), []))


def test_a_new_folder_takes_everything(tmp_path, data):
    record = RunRecord(str(tmp_path / "model"))
    record.check_same(SETTINGS, data)
    assert record.seed(5) == 5
    assert 0 <= record.seed(None) < 2 ** 31


def test_a_second_start_is_added_and_one_at_step_0_is_the_first(tmp_path, data):
    folder = str(tmp_path)
    RunRecord(folder).write_start(SETTINGS, data, 7, 0, 60)
    RunRecord(folder).write_start(SETTINGS, data, 7, 40, 60)
    content = files.read_json(os.path.join(folder, "training.json"))
    assert [start["step"] for start in content["starts"]] == [0, 40]
    assert (content["seed"], content["data"]) == (7, data)
    commit = content["starts"][0]["commit"]
    if commit is not None:
        head = subprocess.run(["git", "-C", programs.ROOT, "rev-parse", "HEAD"], check=True,
                              stdout=subprocess.PIPE).stdout.decode("ascii").strip()
        assert commit.rstrip("+") == head
    RunRecord(folder).write_start(SETTINGS, data, 8, 0, 60)
    content = files.read_json(os.path.join(folder, "training.json"))
    assert [(start["step"], start["num_steps"]) for start in content["starts"]] == [(0, 60)]
    assert RunRecord(folder).seed(None) == 8


def test_what_may_change_and_what_may_not(tmp_path, data):
    RunRecord(str(tmp_path)).write_start(SETTINGS, data, 7, 0, 60)
    record = RunRecord(str(tmp_path))
    same = TrainingSettings(num_train_epochs=9, num_train_steps=90, gradient_accumulation_steps=4,
                            alarm_steps=0, gradient_checkpointing=True)
    record.check_same(same.of_result(8, "elsewhere/bert_model.ckpt"), data)
    record.check_same(TrainingSettings(seed=7).of_result(32, "bert_model.ckpt"), data)
    for name, value in (("learning_rate", 1e-3), ("optimizer", "lamb"), ("precision", "bf16"),
                        ("freeze_layers", 1), ("warmup_proportion", 0.0), ("seed", 3)):
        before = 7 if name == "seed" else getattr(TrainingSettings(), name)
        with pytest.raises(UserError, match=re.escape("%s: the model there was trained otherwise: "
                           "--%s was %s and is %s. Give" % (tmp_path, name, before, value))):
            record.check_same(TrainingSettings(**{name: value}).of_result(
                32, "bert/bert_model.ckpt"), data)
    with pytest.raises(UserError, match="--init_checkpoint was bert_model.ckpt and is not given"):
        record.check_same(TrainingSettings().of_result(32, None), data)


def test_copied_records_are_the_same_and_others_are_not(tmp_path, data):
    RunRecord(str(tmp_path)).write_start(SETTINGS, data, 7, 0, 60)
    copy = str(tmp_path / "copy.tfrecord")
    shutil.copy(str(tmp_path / "train.tfrecord"), copy)
    RunRecord(str(tmp_path)).check_same(SETTINGS, run_record.describe_data([copy], 3))
    with open(copy, "r+b") as f:
        f.seek(-20, os.SEEK_END)
        f.write(b"!")
    with pytest.raises(UserError, match="the 3 records were those of .*train.tfrecord and are "
                       "those of .*copy.tfrecord"):
        RunRecord(str(tmp_path)).check_same(SETTINGS, run_record.describe_data([copy], 3))


def test_the_manifest_has_its_checksum_in_the_description(tmp_path):
    paths = [write_pages(tmp_path / ("train.tfrecord-0000%d-of-00002" % i), 2) for i in range(2)]
    assert run_record.describe_data(paths, 4)["manifest"] is None
    write_manifest(tmp_path / "train.manifest.json")
    assert re.fullmatch("[0-9a-f]{8}", run_record.describe_data(paths, 4)["manifest"])


def test_dev_shards_that_were_trained_on_are_refused(tmp_path):
    records = write_pages(tmp_path / "train.tfrecord", 2)
    dev = tmp_path / "dev.jsonl"
    write_manifest(tmp_path / "train.manifest.json", tmp_path / "train.jsonl")
    run_record.check_apart([records], [str(dev)])
    write_manifest(tmp_path / "train.manifest.json", tmp_path / "train.jsonl", dev)
    with pytest.raises(UserError, match="--dev_file: the training records were made of "
                       ".*dev.jsonl, says .*train.manifest.json"):
        run_record.check_apart([records], [str(dev)])


@pytest.mark.parametrize("content", ["[]", "7"])
def test_a_file_of_another_kind_is_an_error(tmp_path, content):
    (tmp_path / "training.json").write_text(content)
    with pytest.raises(UserError, match="training.json is not what training writes: remove it"):
        RunRecord(str(tmp_path))


@pytest.mark.parametrize("change", [
    {"settings": 7}, {"settings": None}, {"data": []}, {"data": {"records": "x"}},
    {"data": {"files": 7}}, {"data": {"files": [7]}}, {"starts": {}}, {"seed": 1.5}])
def test_a_record_of_other_types_is_refused(tmp_path, data, change):
    RunRecord(str(tmp_path)).write_start(SETTINGS, data, 7, 0, 60)
    path = os.path.join(str(tmp_path), "training.json")
    files.write_json(path, dict(files.read_json(path), **change))
    with pytest.raises(UserError, match="training.json is not what training writes: remove it$"):
        RunRecord(str(tmp_path))
