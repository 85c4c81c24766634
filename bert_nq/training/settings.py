"""The settings of a training run, named as the flags are. Free of TensorFlow.

Here alone a setting and its default are stated: flags, and the settings of the optimizer, take them
from here.
"""
import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_positive
from bert_nq.features.composition import Composition
from bert_nq.features.featurizer import Featurizer
from bert_nq.records.teacher_logits import Companions


class TrainingSettings(NamedTuple):
    """Settings that decide the trained weights, beside the data; defaults are the reference's."""
    max_seq_length: int = 384
    learning_rate: float = 5e-5
    # In place of learning_rate and its decay: the rates of equal parts of the training, one after
    # the other, as a comma list; "": there are none.
    learning_rates: str = ""
    num_train_epochs: float = 3.0
    num_train_steps: int = 0  # in place of epochs; 0: as many as these make
    warmup_proportion: float = 0.1
    optimizer: str = "adamw"  # a key of optimizers.OPTIMIZERS
    weight_decay_rate: float = 0.01
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-6
    max_gradient_norm: float = 1.0
    layerwise_lr_decay: float = 1.0
    freeze_embeddings: bool = False
    freeze_layers: int = 0
    precision: str = "fp32"  # or bf16, fp16
    group_by_length: bool = False  # see estimator.length_groups
    gradient_accumulation_steps: int = 1
    gradient_checkpointing: bool = False
    alarm_steps: int = 1000  # see watching.Alarms
    seed: Optional[int] = None  # None: that of the run before, or a random one

    def windows_of_step(self, train_batch_size: int) -> int:
        """The windows of a step, on all devices and in all passes."""
        return train_batch_size * self.gradient_accumulation_steps

    def num_steps(self, num_records: int, train_batch_size: int) -> int:
        """The steps of a training on so many records.

        Raises:
          UserError: that is less than one.
        """
        if self.num_train_steps:
            return self.num_train_steps
        return num_train_steps(num_records, self.windows_of_step(train_batch_size),
                               self.num_train_epochs)

    def check(self) -> "TrainingSettings":
        """Raises UserError where two of the settings contradict each other; returns itself."""
        default = TrainingSettings().num_train_epochs
        if self.num_train_steps and self.num_train_epochs != default:
            raise UserError("--num_train_steps=%d and --num_train_epochs=%g: give one of them"
                            % (self.num_train_steps, self.num_train_epochs))
        rates_of(self.learning_rates)
        if self.learning_rates and self.learning_rate != TrainingSettings().learning_rate:
            raise UserError("--learning_rates=%s and --learning_rate=%g: give one of them"
                            % (self.learning_rates, self.learning_rate))
        return self

    def num_warmup_steps(self, num_steps: int) -> int:
        """The steps of a training in which the learning rate goes up."""
        return int(num_steps * self.warmup_proportion)

    def of_result(self, train_batch_size: int, init_checkpoint: Optional[str]) -> Dict[str, Any]:
        """The settings that must be the same when a run goes on, by the flags' names.

        The rest does not change the result, but for the length: a run may be lengthened.
        """
        values = dict(self._asdict())
        for name in ("num_train_epochs", "num_train_steps", "gradient_accumulation_steps",
                     "gradient_checkpointing", "alarm_steps"):
            del values[name]
        # Passes of half the size and twice as many are the same step.
        values["train_batch_size"] = self.windows_of_step(train_batch_size)
        values["init_checkpoint"] = init_checkpoint and os.path.basename(init_checkpoint)
        return values


class DistillationSettings(NamedTuple):
    """The loss of a student, see objectives.distilled; defaults are the source's."""
    distill_temperature: float = 2.0
    alpha_ce: float = 0.5  # weight of the teacher's choices
    alpha_hard: float = 0.5  # weight of the labels
    distill_mask_padding: bool = False

    def check(self) -> "DistillationSettings":
        """Raises UserError where nothing would be learned from; returns itself."""
        if not self.alpha_ce and not self.alpha_hard:
            raise UserError("--alpha_ce=0 and --alpha_hard=0: the loss would be 0, give one of "
                            "them")
        return self

    def of_result(self, teacher: str) -> Dict[str, Any]:
        """As TrainingSettings.of_result, with the teacher's fingerprint."""
        return dict(self._asdict(), **{TEACHER: teacher})


# The setting that names the teacher, and the settings of a training without one.
TEACHER = "teacher_dir"
NO_TEACHER: Mapping[str, Any] = {TEACHER: None}


class KeepingSettings(NamedTuple):
    """When checkpoints are saved and scored, and which are kept."""
    save_checkpoints_steps: int = 1000
    eval_every: int = 0  # steps; 0: at the end only
    metric: Optional[str] = None  # a choice of the Measure; None: its default
    early_stopping: int = 0  # evaluations without a better one, after which to stop; 0: never
    average_last: int = 0  # how many of the last checkpoints are averaged at the end; 0: none


class TrainingData(NamedTuple):
    """The records to train on."""
    paths: List[str]
    num_records: int  # of one pass over the data
    description: Dict[str, Any]  # see run_record.describe_data
    featurizer: Featurizer  # of the task
    companions: Optional[Companions] = None  # logits of a teacher beside the records
    composition: Optional[Composition] = None  # of steps; None: rows come as they are mixed


def rates_of(text: str) -> List[float]:
    """The learning rates of a comma list; none of an empty one.

    Raises:
      UserError: one is not a number above 0.
    """
    return [parse_positive(part, "--learning_rates") for part in text.split(",")] if text else []


def num_train_steps(num_records: int, batch_size: int, epochs: float) -> int:
    """Steps of `epochs` passes over the records.

    Raises:
      UserError: that is less than one.
    """
    num_steps = int(num_records / batch_size * epochs)
    if num_steps < 1:
        raise UserError("%d records are less than one step of --train_batch_size=%d over "
                        "--num_train_epochs=%g" % (num_records, batch_size, epochs))
    return num_steps
