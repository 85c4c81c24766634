"""Students of a teacher whose logits lie beside the records, or are computed with the student's."""
import dataclasses

import numpy as np
import pytest

from bert_nq.features import spec
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.modeling import checkpoints, models
from bert_nq.modeling.models import Member
from bert_nq.prediction import teacher_logits as job
from bert_nq.prediction.choice_model import ChoiceModel
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.records import teacher_logits
from bert_nq.records.training_files import Demands
from bert_nq.training import teachers
from bert_nq.training.history import History
from bert_nq.training.objectives import distilled
from bert_nq.training.settings import DistillationSettings
from tests.support import tiny_model, tiny_nq, tiny_training
from tests.support.runtimes import needs_estimator

SETTINGS = DistillationSettings(alpha_ce=0.75, alpha_hard=0.25)
MODEL = tiny_nq.MODEL


class Taught:
    """Records, two teachers, and the mean of their logits beside the records."""

    def __init__(self, folder):
        self.records = tiny_training.write_pages(folder / "train.tfrecord", 20)
        self.members = [Member(MODEL, tiny_model.write(folder / name, seed))
                        for name, seed in (("one", 1), ("two", 2))]
        settings = teacher_logits.Settings("nq_joint", "joint", 64, ["0123", "4567"], "fp32", False)
        work = job.Job([self.records], str(folder / "logits"), settings,
                       Demands.of(FEATURIZER, 64, MODEL.config), 16)
        labels = spec.names(spec.of_roles(FEATURIZER.spec, spec.LABEL))
        with ChoiceModel(ModelSettings(tuple(self.members)), models.inputs(MODEL), labels,
                         8) as model:
            job.run(work, model, lambda measured: None, lambda done, total: None)
        self.companions, _ = teacher_logits.find(str(folder / "logits"), [self.records], "joint",
                                                 64, False)

    def cached(self, output_dir, **options):
        teacher = teachers.cached(self.companions.choices, "0123,4567")
        return self._train(output_dir, teacher, companions=self.companions, **options)

    def live(self, output_dir, **options):
        return self._train(output_dir, teachers.live(self.members, "fp32", "0123,4567"), **options)

    def _train(self, output_dir, teacher, model=MODEL, **options):
        result, _ = tiny_training.trained(
            self.records, output_dir, objective=distilled.make(model, SETTINGS, teacher),
            model=model, **options)
        return result


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    return Taught(tmp_path_factory.mktemp("taught"))


@pytest.fixture(scope="module")
def cached(taught, tmp_path_factory):
    """The folder of a student that was trained on the logits beside the records."""
    folder = tmp_path_factory.mktemp("cached")
    taught.cached(folder, trainer="session")
    return folder


def series(folder, name):
    return History.read(str(folder / "history.json")).series(name)[1]


def test_a_student_learns_the_choices_of_its_teachers(taught, tmp_path):
    # Ten epochs: the head's loss is on labels that these teachers, of random weights, do not know.
    taught.cached(tmp_path, trainer="session", num_train_epochs=10)
    losses = series(tmp_path, "distillation_loss")
    assert len(losses) == 50
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


@pytest.mark.parametrize("trainer", ["session", pytest.param("estimator", marks=needs_estimator)])
def test_teachers_in_the_graph_give_the_losses_of_their_logits_beside_the_records(
        trainer, taught, cached, tmp_path):
    taught.live(tmp_path, trainer=trainer)
    np.testing.assert_allclose(series(tmp_path, "loss"), series(cached, "loss"), atol=1e-3)
    np.testing.assert_allclose(series(tmp_path, "distillation_loss"),
                               series(cached, "distillation_loss"), atol=1e-3)


def test_they_are_neither_saved_nor_trained(taught, tmp_path):
    before = checkpoints.read_weights(taught.members[0].checkpoint)
    result = taught.live(tmp_path, trainer="session", num_train_epochs=1)
    assert not [name for name in checkpoints.read_shapes(result.checkpoint) if "teacher" in name]
    # A run that goes on reads them anew.
    taught.live(tmp_path, trainer="session")
    other = tmp_path / "cached"
    taught.cached(other, trainer="session", num_train_epochs=1)
    taught.cached(other, trainer="session")
    np.testing.assert_allclose(series(tmp_path, "loss"), series(other, "loss"), atol=1e-3)
    after = checkpoints.read_weights(taught.members[0].checkpoint)
    assert all((before[name] == after[name]).all() for name in before)


def test_windows_come_in_the_order_that_they_have_without_a_teacher(taught, cached, tmp_path):
    tiny_training.trained(taught.records, tmp_path, trainer="session")
    # In the first step the weights are the same, and so are the losses on the labels.
    for name in ("start_loss", "end_loss", "type_loss"):
        assert series(cached, name)[0] == pytest.approx(series(tmp_path, name)[0], abs=1e-5)


@pytest.mark.parametrize("way", ["cached", "live"])
def test_a_step_may_have_several_passes(way, taught, tmp_path):
    for folder, passes in (("one", 1), ("two", 2)):
        getattr(taught, way)(tmp_path / folder, trainer="session", num_train_steps=3,
                             gradient_accumulation_steps=passes)
    one, two = (series(tmp_path / name, "distillation_loss") for name in ("one", "two"))
    # Two passes have the windows of the first two steps, with the weights of the first.
    assert two[0] == pytest.approx(np.mean(one[:2]), rel=0.05)
    assert len(two) == 3


@pytest.mark.parametrize("way", ["cached", "live"])
def test_windows_may_be_grouped_by_length(way, taught, tmp_path):
    getattr(taught, way)(tmp_path, trainer="session", group_by_length=True)
    assert np.isfinite(series(tmp_path, "distillation_loss")).all()


@needs_estimator
def test_several_devices_read_the_logits_beside_their_windows(taught, tmp_path):
    # Without dropout, which draws other masks on other devices.
    model = MODEL._replace(config=dataclasses.replace(
        MODEL.config, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0))
    for name, num_devices in (("one", 0), ("two", 2)):
        taught.cached(tmp_path / name, model=model, num_devices=num_devices, trainer="estimator")
    one, two = (series(tmp_path / name, "loss") for name in ("one", "two"))
    np.testing.assert_allclose(two, one, atol=1e-3)
