"""The training run in this process: progress, resuming, repeatability, and what stops it."""
import gzip
import os
import re
import shutil
import tempfile

import numpy as np
import pytest

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features import spec
from bert_nq.features.joint_windows import SPEC
from bert_nq.features.windows import Labels, Windows
from bert_nq.modeling.runtime import tf
from bert_nq.records import examples, tfrecord
from bert_nq.training.history import History
from bert_nq.training.settings import TrainingSettings, num_train_steps
from tests.support import tiny_nq
from tests.support.nq_pages import make_line
from tests.support.tiny_nq import CONFIG
from tests.support.tiny_training import losses, records, trained, write_pages, write_records


def with_random_ids(serialized):
    random = np.random.RandomState(0)
    for record in serialized:
        features = examples.parse(record, "record")
        yield b"".join(tiny_nq.serialized(Windows(
            features["unique_ids"], np.array([0]),
            random.randint(0, CONFIG.vocab_size, [1, 64]), np.array([64]), 6,
            Labels(*(features[name] for name in Labels._fields)), None)))


@pytest.fixture(scope="module")
def record_file(tmp_path_factory):
    return write_pages(tmp_path_factory.mktemp("records") / "train.tfrecord")


@pytest.fixture(scope="module")
def model(record_file, tmp_path_factory):
    """A trained model's folder, the result and the lines that were reported."""
    folder = tmp_path_factory.mktemp("model")
    result, lines = trained(record_file, folder)
    return folder, result, lines


def test_each_step_is_seen_and_the_loss_falls(model):
    folder, result, lines = model
    # A run of seconds is not to be told about step by step.
    assert [line.split("  ")[0] for line in lines] == ["step 10/10"]
    assert lines[0].endswith("0:00:00 left")
    assert (result.num_steps, result.step, result.steps_done) == (10, 10, 10)
    assert result.checkpoint == str(folder / "model.ckpt-10")
    assert (result.stopped_by, result.stopped_early, result.average) == (None, False, None)
    values = losses(folder)
    assert (result.tally.first_loss, result.tally.last_loss) == pytest.approx(
        (values[0], values[9]), rel=1e-6)
    assert values[9] < values[0]
    block = result.history.blocks[-1].values
    assert block["loss"] == pytest.approx(
        (block["start_loss"] + block["end_loss"] + block["type_loss"]) / 3, rel=1e-5)
    # Nothing is left of the line from 1e-3 at step 0 to 0 at step 10 but the last tenth.
    assert block["learning_rate"] == pytest.approx(1e-4)
    assert block["examples"] == 4
    assert 0 <= result.tally.data_wait < 1


def test_checkpoints_have_googles_names(model):
    names = {name for name, _ in tf.train.list_variables(model[1].checkpoint)}
    heads = {"cls/nq/output_weights", "cls/nq/output_bias",
             "answer_type_output_weights", "answer_type_output_bias"}
    encoder = {name for name in names if name.startswith("bert/") and "adam_" not in name}
    # 3 embeddings and their LayerNorm, the layer's 16, the pooler's 2.
    assert len(encoder) == 3 + 2 + 16 + 2
    assert "bert/encoder/layer_0/attention/output/LayerNorm/gamma" in encoder
    assert names == (encoder | heads | {"global_step"}
                     | {v + slot for v in encoder | heads for slot in ("/adam_m", "/adam_v")})


def test_steps_may_be_given_in_place_of_epochs(model, record_file, tmp_path):
    result, _ = trained(record_file, tmp_path, num_train_steps=10)
    assert (result.num_steps, result.step) == (10, 10)
    assert losses(tmp_path) == losses(model[0])
    result, _ = trained(record_file, tmp_path, num_train_steps=13)
    assert (result.num_steps, result.step, result.steps_done) == (13, 13, 3)
    # The line from 1e-3 at step 0 to 0 at the new end; the last step is the one from 12 to 13.
    rates = History.read(str(tmp_path / "history.json")).blocks[-1].values["learning_rate"]
    assert rates == pytest.approx(1e-3 / 13)
    starts = files.read_json(str(tmp_path / "training.json"))["starts"]
    assert [(start["step"], start["num_steps"]) for start in starts] == [(0, 10), (10, 13)]


def test_no_temporary_files_wait_for_the_end_of_the_process(record_file, tmp_path, monkeypatch):
    # What TensorFlow removes when Python exits stays there where the process is killed.
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    trained(record_file, tmp_path / "model", num_train_steps=2)
    assert os.listdir(str(folder)) == []


def test_a_seed_makes_a_run_repeatable(model, record_file, tmp_path):
    trained(record_file, tmp_path)
    assert losses(tmp_path) == losses(model[0])


def test_another_seed_is_another_run(model, record_file, tmp_path):
    trained(record_file, tmp_path / "4", seed=4)
    assert losses(tmp_path / "4")[0] != losses(model[0])[0]


def test_a_seed_that_was_not_given_is_drawn_and_kept(record_file, tmp_path):
    trained(record_file, tmp_path / "a", seed=None, num_train_epochs=1)
    seed = files.read_json(str(tmp_path / "a" / "training.json"))["seed"]
    trained(record_file, tmp_path / "a", seed=None)
    assert files.read_json(str(tmp_path / "a" / "training.json"))["seed"] == seed
    # It is the same as if it had been given, and as if the run had not been in two parts; but for
    # the learning rate, which falls to zero at the end of the shorter run.
    trained(record_file, tmp_path / "b", seed=seed, num_train_epochs=1)
    assert losses(tmp_path / "a")[:5] == losses(tmp_path / "b")


def test_a_run_goes_on_where_the_last_one_ended(model, record_file, tmp_path):
    folder = str(tmp_path / "model")
    shutil.copytree(str(model[0]), folder)
    result, lines = trained(record_file, folder, num_train_epochs=3)
    assert [line.split("  ")[0] for line in lines] == ["step 15/15"]
    assert (result.num_steps, result.steps_done) == (15, 5)
    assert result.checkpoint == folder + "/model.ckpt-15"
    assert losses(folder)[:10] == losses(model[0])
    assert len(losses(folder)) == 15

    # And nothing is left to do, for 15 steps as for 10.
    for epochs in (3, 2):
        result, lines = trained(record_file, folder, num_train_epochs=epochs)
        assert lines == []
        assert (result.num_steps, result.step, result.steps_done) == (5 * epochs, 15, 0)
        assert result.tally is None
        assert result.checkpoint == folder + "/model.ckpt-15"


@pytest.mark.parametrize("old", ["/a/folder/that/was/moved/", "C:\\\\models\\\\mine\\\\"])
def test_a_run_goes_on_in_a_folder_that_was_moved(old, model, record_file, tmp_path):
    folder = str(tmp_path / "model")
    shutil.copytree(str(model[0]), folder)
    with open(folder + "/checkpoint", "w") as f:
        for field, step in (("model_checkpoint_path", 10), ("all_model_checkpoint_paths", 0),
                            ("all_model_checkpoint_paths", 10)):
            f.write('%s: "%smodel.ckpt-%d"\n' % (field, old, step))
    result, _ = trained(record_file, folder, num_train_epochs=3)
    assert (result.steps_done, result.checkpoint) == (5, folder + "/model.ckpt-15")
    assert losses(folder)[:10] == losses(model[0])
    assert len(losses(folder)) == 15


def test_a_checkpoint_that_is_cut_off_is_named(model, record_file, tmp_path):
    folder = str(tmp_path / "model")
    shutil.copytree(str(model[0]), folder)
    with open(folder + "/model.ckpt-10.data-00000-of-00001", "r+b") as f:
        f.truncate(1000)
    with pytest.raises(UserError, match="^cannot read the checkpoint .*/model.ckpt-10: ") as e:
        trained(record_file, folder, num_train_epochs=3)
    assert "\n" not in str(e.value)


def test_a_damaged_record_is_named(tmp_path):
    framed = list(map(tfrecord.frame, records(40)))
    middle = len(framed[30]) // 2
    framed[30] = (framed[30][:middle] + bytes([framed[30][middle] ^ 0x55])
                  + framed[30][middle + 1:])
    path = write_records(tmp_path / "train.tfrecord", framed)
    with pytest.raises(UserError) as e:
        trained(path, tmp_path / "model")
    assert str(e.value) == ("%s, record 30: the checksum is wrong, the file is damaged; write it "
                            "again" % path)


@pytest.mark.parametrize("damage, message", [
    (lambda data: data[:len(data) // 2], r"record \d+: the gzip data are cut off or damaged \(the "
     r"end is missing\); write it again"),
    (lambda data: data[:len(data) // 2] + b"\xff" * 50 + data[len(data) // 2 + 50:],
     r"record \d+: .*"),
    (lambda data: data[:-8] + b"\0\0\0\0" + data[-4:], r"record \d+: the gzip data are cut off or "
     r"damaged \(.*checksum.*\); write it again")])
def test_a_damaged_gzipped_file_is_named(tmp_path, damage, message):
    # The ids are random, so that they do not compress to what is read at once.
    framed = list(map(tfrecord.frame, with_random_ids(records(16) * 64)))
    path = write_records(tmp_path / "train.tfrecord", [damage(gzip.compress(b"".join(framed)))])
    with pytest.raises(UserError, match="^%s, %s$" % (path, message)):
        trained(path, tmp_path / "model")


def test_a_damaged_record_among_gzip_members_is_named(tmp_path):
    framed = list(map(tfrecord.frame, records(40)))
    framed[30] = framed[30][:60] + b"!" + framed[30][61:]
    path = write_records(tmp_path / "train.tfrecord", [
        gzip.compress(b"".join(some)) for some in (framed[:20], framed[20:])])
    with pytest.raises(UserError, match="^%s, record 30: the checksum is wrong" % path):
        trained(path, tmp_path / "model")


@pytest.mark.parametrize("name, value, message", [
    ("segment_ids", 7, "segment_ids 7, which must be from 0 to 1"),
    ("input_ids", CONFIG.vocab_size, "wordpiece id %d, ids are from 0 to %d" % (
        CONFIG.vocab_size, CONFIG.vocab_size - 1)),
    ("start_positions", 64, "start_positions 64, which must be from 0 to 63"),
    ("end_positions", -1, "end_positions -1, which must be from 0 to 63"),
    ("answer_types", 5, "answer_types 5, which must be from 0 to 4")])
def test_a_record_that_the_model_has_no_place_for_is_named(tmp_path, name, value, message):
    some = records(20)
    columns = {key: values[None] if len(values) > 1 else values
               for key, values in examples.parse(some[10], "record").items()}
    columns[name] = np.full_like(columns[name], value)
    some[10:11] = examples.serialize(spec.of_purpose(SPEC, spec.TRAINING), columns)
    path = write_records(tmp_path / "train.tfrecord", map(tfrecord.frame, some))
    with pytest.raises(UserError) as e:
        trained(path, tmp_path / "model")
    assert str(e.value).startswith("%s, record 10: %s: " % (path, message))


def test_a_record_of_another_length_is_named(tmp_path):
    example = decode_example(make_line(tiny_nq.place_page(0)), "a page")
    longer = tiny_nq.window_maker(max_seq_length=80).training(example).rows
    framed = list(map(tfrecord.frame, records(20)))
    framed[10:10] = map(tfrecord.frame, tiny_nq.serialized(longer))
    path = write_records(tmp_path / "train.tfrecord", framed)
    with pytest.raises(UserError, match="record 10: the window has 80 wordpieces, "
                       "--max_seq_length is 64"):
        trained(path, tmp_path / "model")


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(record_file, tmp_path):
    with pytest.raises(UserError) as e:
        trained(record_file, tmp_path, learning_rate=1e30, warmup_proportion=0)
    # The first step's loss is that of the initial weights; its update ruins them.
    assert re.match("step 2: the loss is nan.*; the last checkpoint is kept", str(e.value))
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-0")


def test_the_length_of_a_training():
    settings = TrainingSettings(gradient_accumulation_steps=2)
    assert settings.num_steps(101, 16) == 9
    assert settings._replace(num_train_steps=7).check().num_steps(3, 16) == 7
    with pytest.raises(UserError) as e:
        settings._replace(num_train_steps=7, num_train_epochs=1.5).check()
    assert str(e.value) == "--num_train_steps=7 and --num_train_epochs=1.5: give one of them"


def test_too_few_records_for_a_step():
    assert num_train_steps(101, 32, 3) == 9  # 9.47
    with pytest.raises(UserError, match="7 records are less than one step of "
                       "--train_batch_size=32 over --num_train_epochs=3"):
        num_train_steps(7, 32, 3)


def test_a_run_on_windows_grouped_by_length_goes_on_too(record_file, tmp_path):
    # At this rate losses depend on the records and on dropout alone, not on where the run ends.
    settings = dict(group_by_length=True, learning_rate=0.0, gradient_accumulation_steps=2)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(record_file, whole, num_train_steps=4, **settings)
    for num_steps in (1, 4):
        trained(record_file, parts, num_train_steps=num_steps, **settings)
    assert losses(parts) == losses(whole)
    _, lengths = History.read(str(whole / "history.json")).series("seq_length")
    assert set(lengths) <= {32.0, 64.0}
