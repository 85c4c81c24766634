"""A training by either trainer: the same losses and weights, and each goes on from the other's."""
import os
import shutil

import numpy as np
import pytest

from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf
from bert_nq.training.settings import KeepingSettings
from tests.support.runtimes import needs_estimator
from tests.support.tiny_training import losses, trained, write_pages

pytestmark = needs_estimator

OTHER = {"estimator": "session", "session": "estimator"}
SAVING = KeepingSettings(save_checkpoints_steps=3)


@pytest.fixture(scope="module")
def record_file(tmp_path_factory):
    return write_pages(tmp_path_factory.mktemp("records") / "train.tfrecord")


@pytest.fixture(scope="module")
def models(record_file, tmp_path_factory):
    """The folders of ten steps by each trainer, by its name."""
    folders = {}
    for trainer in OTHER:
        folders[trainer] = tmp_path_factory.mktemp(trainer)
        trained(record_file, folders[trainer], SAVING, keep_checkpoint_max=3, trainer=trainer)
    return folders


def variables(folder, step=10):
    """{name: value} of all that a checkpoint has: weights, the optimizer's slots, the step."""
    reader = tf.train.load_checkpoint(str(folder / ("model.ckpt-%d" % step)))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def check_equal(one, other):
    assert losses(one) == losses(other)
    ours, theirs = variables(one), variables(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], name)


def test_losses_and_weights_are_equal_to_the_bit(models):
    check_equal(*models.values())


def test_files_and_the_state_of_checkpoints_are_the_same(models):
    def names(folder):
        return {name if not name.startswith("events.") else "events" for name
                in os.listdir(str(folder))}

    one, other = models.values()
    assert names(one) == names(other)
    # Saved after steps 0, 3, 6, 9 and 10, of which three are kept.
    assert [os.path.basename(path) for path in checkpoints.all_in(str(other))] == [
        "model.ckpt-6", "model.ckpt-9", "model.ckpt-10"]
    assert (one / "checkpoint").read_text() == (other / "checkpoint").read_text()


@pytest.mark.parametrize("settings", [
    {"gradient_accumulation_steps": 2, "num_train_steps": 3},
    {"precision": "bf16", "num_train_steps": 3},
    {"group_by_length": True, "gradient_checkpointing": True, "num_train_steps": 3}])
def test_they_are_equal_whatever_a_step_is(settings, record_file, tmp_path):
    if settings.get("precision") == "bf16" and tf.__version__.startswith("1."):
        pytest.skip("TensorFlow 1.15 multiplies no bfloat16 on CPUs")
    found = []
    for trainer in OTHER:
        trained(record_file, tmp_path / trainer, trainer=trainer, **settings)
        found.append((losses(tmp_path / trainer), variables(tmp_path / trainer, 3)))
    assert found[0][0] == found[1][0]
    for name, value in found[0][1].items():
        np.testing.assert_array_equal(value, found[1][1][name], name)


@pytest.mark.parametrize("first", sorted(OTHER))
def test_one_goes_on_from_the_others_checkpoint_to_the_bit(first, models, record_file, tmp_path):
    # Ten steps are planned from the start on; the process ends after the sixth.
    folder = tmp_path / "model"
    shutil.copytree(str(models[first]), str(folder))
    for step in (9, 10):
        tf.train.remove_checkpoint(str(folder / ("model.ckpt-%d" % step)))
    tf.train.update_checkpoint_state(str(folder), "model.ckpt-6", ["model.ckpt-6"])
    result, _ = trained(record_file, folder, SAVING, trainer=OTHER[first])
    assert (result.steps_done, result.step) == (4, 10)
    check_equal(folder, models[first])
