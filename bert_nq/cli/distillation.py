"""Training a student as the flags of a model's program say: who teaches, and what it knows.

Used by the models' programs and by prepare/teacher_logits.py. TensorFlow is imported by `check` and
what follows on it.
"""
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

# Windows of the training records that a teacher is measured on before it teaches.
NUM_CHECKED = 64
# Where the loss of a model that knows nothing is not known: the share of right choices that such a
# model hardly has of any choice among positions.
_BLIND_ACCURACY = 0.05

_PROGRAM = "prepare/teacher_logits.py"


class Teaching(NamedTuple):
    """The teachers of a training, checked as far as that goes without TensorFlow."""
    settings: Any  # a training.settings.DistillationSettings
    members: Tuple[Any, ...]  # of --teacher_dir, modeling.models.Members
    companions: Any  # of --teacher_logits, a records.teacher_logits.Companions; or None
    measured: Mapping[str, float]  # of the teachers of --teacher_logits
    fingerprints: List[str]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of all teachers together."""
        return ",".join(self.fingerprints)

    def of_result(self) -> Dict[str, Any]:
        """By the flags' names, what a run that goes on must have as the run before it had."""
        return self.settings.of_result(self.fingerprint)


def fingerprint_of(checkpoint: str) -> str:
    """8 hex digits that differ where weights do: the index of a checkpoint has their checksums."""
    return files.crc32c(checkpoint + ".index")


def make_plan(model_flags, groups, record_paths: List[str]) -> Optional[Teaching]:
    """The teachers that the flags name; None where they name none.

    Args:
      model_flags: a ModelFlags.
      groups: of flags.training.define_training_flags.
      record_paths: that the student is trained on.

    Raises:
      UserError: the flags contradict each other, or the teachers are not for this student.
    """
    from bert_nq.records import teacher_logits
    from bert_nq.training.settings import DistillationSettings
    if not (FLAGS.teacher_dir or FLAGS.teacher_logits):
        # The flag file of a run names all flags, whatever they were.
        for name, value in groups.distillation().items():
            if value != FLAGS[name].default:
                raise UserError("--%s is for a student: give --teacher_dir or --teacher_logits as "
                                "well" % name)
        return None
    settings = DistillationSettings(**groups.distillation()).check()
    if FLAGS.teacher_dir and FLAGS.teacher_logits:
        raise UserError("give either --teacher_dir, models that teach while the student is "
                        "trained, or --teacher_logits, what they said before")
    if FLAGS.teacher_dir:
        _check_devices()
        members = model_flags.teachers(FLAGS.teacher_dir)
        return Teaching(settings, members, None, {},
                        [fingerprint_of(member.checkpoint) for member in members])
    companions, manifest = teacher_logits.find(
        FLAGS.teacher_logits, record_paths, model_flags.head(), FLAGS.max_seq_length,
        settings.distill_mask_padding)
    return Teaching(settings, (), companions, manifest.measured, manifest.settings.teachers)


def _check_devices() -> None:
    """Raises UserError where teachers cannot run in the student's graph."""
    for flag, is_given in (("--use_tpu", FLAGS.use_tpu),
                           ("--distribution=" + FLAGS.distribution,
                            FLAGS.distribution != "none")):
        if is_given:
            raise UserError("--teacher_dir is for one GPU or the CPU, not for %s: compute the "
                            "logits once with %s, and give --teacher_logits" % (flag, _PROGRAM))


def check(teaching: Optional[Teaching], head: str, trained_on: str) -> None:
    """Looks into the checkpoints of teachers.

    Args:
      teaching: None: there is nothing to check.
      head: the student's.
      trained_on: what messages say a teacher is not trained on, such as a dataset's name.

    Raises:
      UserError: one is damaged or has no weights for the head, or models with this head cannot be
        taught.
    """
    if teaching is None:
        return
    from bert_nq.training.objectives import distilled
    distilled.check_head(head)
    check_weights(teaching.members, trained_on)


def check_weights(members: Sequence[Any], trained_on: str) -> None:
    """Raises UserError where the checkpoint of a teacher is damaged or not of a trained model."""
    from bert_nq.modeling import checkpoints
    from bert_nq.prediction import trained_model
    for member in members:
        trained_model.check_weights(member.model, member.checkpoint, trained_on)
        checkpoints.check_values(member.checkpoint)


def open_model(members: Sequence[Any], spec, precision: str, batch_size: int,
               skip_padding: bool = False, num_threads: int = 0):
    """The ChoiceModel of teachers, for records of a FeatureSpec; a context manager."""
    from bert_nq.features import spec as specs
    from bert_nq.modeling import models
    from bert_nq.prediction.choice_model import ChoiceModel
    from bert_nq.prediction.model_settings import ModelSettings
    return ChoiceModel(ModelSettings(tuple(members), precision, num_threads),
                       models.inputs(members[0].model),
                       specs.names(specs.of_roles(spec, specs.LABEL)), batch_size, skip_padding)


def examine(teaching: Teaching, model_flags, model, plan,
            score: Callable[[Sequence[Any]], Optional[Tuple[str, Mapping[str, float]]]]) -> None:
    """Prints what the teachers know.

    Args:
      teaching: of --teacher_dir or --teacher_logits.
      model_flags: a ModelFlags.
      model: the student.
      plan: a cli.training.TrainingPlan.
      score: gives the scores of Members on examples, and what these are; None without any.

    Raises:
      UserError: they know nothing.
    """
    from bert_nq.modeling import encoders
    task = model_flags.task
    measured, scored = teaching.measured, None
    if teaching.members:
        with open_model(teaching.members, task.featurizer.spec, FLAGS.precision,
                        FLAGS.predict_batch_size) as opened:
            measured = _measure(opened, plan.data, model)
        scored = score(teaching.members)
    rows = [("teacher", ", ".join(member.checkpoint for member in teaching.members)
             or FLAGS.teacher_logits)]
    if teaching.members:
        rows.append(("memory of its weights", "%.0f MB, beside the student's" % (
            sum(4 * encoders.num_weights(member.model.config)
                for member in teaching.members) / 1e6)))
    rows += rows_of(measured)
    if scored:
        rows.append(("on " + scored[0], task.measure.line(scored[1])))
    program.print_table("Teacher", rows)
    check_knows(measured, model.head, FLAGS.max_seq_length)
    if scored and not any(scored[1][key] for key in task.measure.keys(FLAGS.metric)):
        raise UserError("the teacher has no right answer on %s: it is not trained, or for other "
                        "data" % scored[0])


def _measure(opened, data, model) -> Dict[str, float]:
    """Losses and accuracies of a ChoiceModel on the first training windows."""
    from bert_nq.records import training_files
    demands = training_files.Demands.of(data.featurizer, FLAGS.max_seq_length, model.config)
    some = next(training_files.read_chunks(data.paths[0], demands, 0, NUM_CHECKED))
    return opened.run(some, FLAGS.max_seq_length).means


def rows_of(measured: Mapping[str, float]) -> List[Tuple[str, Any]]:
    """The lines of a table on what was measured of a teacher on training windows."""
    return [("measured on", "the first training windows, %d at most" % NUM_CHECKED)] + [
        ("  " + name.replace("_", " "),
         "%.1f %%" % (100 * value) if name.endswith("_accuracy") else "%.3f" % value)
        for name, value in sorted(measured.items())]


def check_knows(measured: Mapping[str, float], head: str, seq_length: int) -> None:
    """Raises UserError where a teacher has the losses of a model that knows nothing.

    Args:
      measured: of the teacher on training windows, by the names of the head's scalars.
      head: the teacher's.
      seq_length: pieces of a window.
    """
    from bert_nq.modeling import heads
    from bert_nq.training import alarms
    chance = heads.find(head).chance(seq_length)
    accuracies = [value for name, value in measured.items() if name.endswith("_accuracy")]
    blind = alarms.is_blind(measured, chance)
    if blind or not chance and accuracies and min(accuracies) < _BLIND_ACCURACY:
        raise UserError("the teacher knows no more than chance (%s): its head is not trained, or "
                        "it was trained on other data than these records; train it first"
                        % ", ".join(_compared(name, measured, chance)
                                    for name in sorted(chance or measured)))


def _compared(name: str, measured: Mapping[str, float], chance: Mapping[str, float]) -> str:
    """A number of a teacher, and that of a model that knows nothing: "start loss 5.9, chance 5.9".
    """
    text = "%s %.3f" % (name.replace("_", " "), measured[name])
    return text + (", chance %.3f" % chance[name] if name in chance else "")


def objective(teaching: Teaching, model):
    """The objective of a student, see training.objectives."""
    from bert_nq.training import teachers
    from bert_nq.training.objectives import distilled
    if teaching.members:
        teacher = teachers.live(teaching.members, FLAGS.precision, teaching.fingerprint)
    else:
        teacher = teachers.cached(teaching.companions.choices, teaching.fingerprint)
    return distilled.make(model, teaching.settings, teacher)
