"""The flags of training and of its devices.

The reference's names, meanings and defaults where it has them; the defaults stand in
training/settings.py.
"""
from typing import Any, Callable, Dict, NamedTuple

from absl import flags

from bert_nq.scoring.measure import Measure
from bert_nq.training.optimizers import OPTIMIZERS
from bert_nq.training.settings import DistillationSettings, KeepingSettings, TrainingSettings

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


class Groups(NamedTuple):
    """Readers of the flags, by their purposes; each gives {flag's name: value}."""
    training: Callable[[], Dict[str, Any]]  # settings that decide the trained weights
    keeping: Callable[[], Dict[str, Any]]  # when to save and to score
    running: Callable[[], Dict[str, Any]]  # devices and batches
    distillation: Callable[[], Dict[str, Any]]  # how a student learns from a teacher


def define_training_flags(model_flags: Dict[str, Any], measure: Measure) -> Groups:
    """Defines the flags; returns how to read them.

    Args:
      model_flags: holders of the flags that prediction has as well, see prediction_setup.
      measure: its choices are the values of --metric.
    """
    seed = flags.DEFINE_integer(
        "seed", None, "Of initial weights, dropout and data order. Random if not set; a run that "
        "goes on keeps its seed.", lower_bound=0, upper_bound=2 ** 31 - 1)
    training = dict(_schedule_flags(), **_step_flags())
    shared = {name: model_flags[name] for name in ("output_dir", "predict_batch_size")}
    return Groups(_reader(dict(training, seed=seed, precision=model_flags["precision"])),
                  _reader(_keeping_flags(measure)),
                  _reader(dict(_device_flags(), seed=seed, **shared)),
                  _reader(_distillation_flags()))


def _reader(holders: Dict[str, Any]) -> Callable[[], Dict[str, Any]]:
    return lambda: {name: holder.value for name, holder in holders.items()}


class _Definer:
    """Defines flags with the defaults and types of settings; gathers their holders."""

    def __init__(self, defaults: NamedTuple):
        self._defaults = defaults
        self.holders: Dict[str, Any] = {}

    def __call__(self, name: str, text: str, **limits) -> None:
        default = getattr(self._defaults, name)
        define = {bool: flags.DEFINE_bool, int: flags.DEFINE_integer, float: flags.DEFINE_float,
                  str: flags.DEFINE_enum}[type(default)]
        if "values" in limits:
            self.holders[name] = define(name, default, limits["values"], text)
        else:
            self.holders[name] = define(name, default, text, **limits)


def _schedule_flags() -> Dict[str, Any]:
    """The optimizer and its schedule."""
    define = _Definer(TrainingSettings())
    define("learning_rate", "The highest learning rate.", lower_bound=0)
    define.holders["learning_rates"] = flags.DEFINE_string(
        "learning_rates", TrainingSettings().learning_rates, "In place of --learning_rate and its "
        "way down to 0: the rates of equal parts of the training, 2e-5,1e-5,4e-6 for example.")
    define("num_train_epochs", "Passes over the records.", lower_bound=0)
    define("num_train_steps", "Steps to train, in place of --num_train_epochs; 0: as many as these "
           "make.", lower_bound=0)
    define("warmup_proportion", "Share of the steps in which the rate goes up.", lower_bound=0,
           upper_bound=1)
    define("optimizer", "BERT's Adam with weight decay; the same with bias correction, as in "
           "PyTorch; or LAMB, for batches of thousands.", values=list(OPTIMIZERS))
    define("weight_decay_rate", "Of all weights but biases and LayerNorm.", lower_bound=0)
    define("adam_beta1", "Decay of the mean gradient, also LAMB's.", lower_bound=0, upper_bound=1)
    define("adam_beta2", "Decay of the mean squared gradient, also LAMB's.", lower_bound=0,
           upper_bound=1)
    define("adam_epsilon", "Added to the root of the latter.", lower_bound=0)
    define("max_gradient_norm", "Gradients of a larger norm are scaled down to it; 0: none.",
           lower_bound=0)
    define("layerwise_lr_decay", "Each layer learns at this share of the rate of the one above it.",
           lower_bound=0, upper_bound=1)
    define("freeze_embeddings", "Leave the embeddings as --init_checkpoint has them.")
    define("freeze_layers", "Leave this many of the lowest layers as they are.", lower_bound=0)
    return define.holders


def _step_flags() -> Dict[str, Any]:
    """The computation of a step."""
    define = _Definer(TrainingSettings())
    define("gradient_accumulation_steps", "Passes of --train_batch_size windows that make one "
           "step: a larger batch in the same memory.", lower_bound=1)
    define("group_by_length", "Windows of about equal length make a step, and the padding behind "
           "the longest is left out: faster where windows are short, as SQuAD's are. Not on TPUs.")
    define("gradient_checkpointing", "Compute layers again in the backward pass instead of keeping "
           "what is in them: much less memory, a third more time.")
    define("alarm_steps", "Stop if so long after the warm-up the loss is still that of a model "
           "that knows nothing; 0: never.", lower_bound=0)
    return define.holders


def _distillation_flags() -> Dict[str, Any]:
    """The teacher's part in the loss, and the flags that name the teacher."""
    flags.DEFINE_list("teacher_dir", None, "Folders of trained models whose choices the model "
                      "learns beside the labels, with commas between them; of several the mean of "
                      "their logits. They run in each step: see docs/distillation.md.")
    flags.DEFINE_string("teacher_logits", None, "In place of --teacher_dir the folder in which "
                        "teacher_logits.py has put the logits of teachers for the records: "
                        "nothing of them is computed in training.")
    flags.DEFINE_integer("teacher_dev_examples", 50, "Examples of --dev_file, or with --do_eval of "
                         "--predict_file, that models of --teacher_dir are scored on before they "
                         "teach; 0: none.", lower_bound=0)
    define = _Definer(DistillationSettings())
    define("distill_temperature", "The logits of teacher and student are divided by it.",
           lower_bound=0.01)
    define("alpha_ce", "Weight of the teacher's choices in the loss.", lower_bound=0)
    define("alpha_hard", "Weight of the labels in the loss, with a teacher.", lower_bound=0)
    define("distill_mask_padding", "Leave padding out of the teacher's choices; otherwise it "
           "counts, as in the source.")
    return define.holders


def _keeping_flags(measure: Measure) -> Dict[str, Any]:
    define = _Definer(KeepingSettings(metric=measure.default))
    define("save_checkpoints_steps", "Steps between two checkpoints.", lower_bound=1)
    define("eval_every", "Steps between two scorings of --dev_file; 0: at the end only.",
           lower_bound=0)
    define("metric", "Which score on --dev_file makes a checkpoint the best, which is kept in "
           "OUTPUT_DIR/best; of several, their mean.", values=list(measure.choices))
    define("early_stopping", "Stop after so many scorings without a better one; 0: never.",
           lower_bound=0)
    define("average_last", "Average this many of the last checkpoints at the end, into "
           "OUTPUT_DIR/averaged.", lower_bound=0)
    return define.holders


def _device_flags() -> Dict[str, Any]:
    return {
        "train_batch_size": flags.DEFINE_integer(
            "train_batch_size", 32, "Windows of one pass through the model, on all devices "
            "together.", lower_bound=1),
        "keep_checkpoint_max": flags.DEFINE_integer(
            "keep_checkpoint_max", 5, "Newest checkpoints that are kept; 0: all.", lower_bound=0),
        "trainer": flags.DEFINE_enum(
            "trainer", None, ["estimator", "session"], "What makes the steps: TensorFlow's "
            "Estimator, the default where TensorFlow has it (as far as 2.15), or a session on one "
            "GPU or CPU. Of one seed both make the same weights."),
        "distribution": flags.DEFINE_enum(
            "distribution", "none", ["none", "mirrored", "multi_worker"], "none: one device; "
            "mirrored: the devices of this machine; multi_worker: the machines that the "
            "environment variable TF_CONFIG names."),
        "num_devices": flags.DEFINE_integer(
            "num_devices", 0, "Of this machine, for --distribution=mirrored; 0: all GPUs.",
            lower_bound=0),
        "use_tpu": flags.DEFINE_bool(
            "use_tpu", False, "Whether to run on a TPU; else on a GPU or the CPU."),
        "tpu_name": flags.DEFINE_string(
            "tpu_name", None, "The Cloud TPU's name or its grpc://address:8470."),
        "tpu_zone": flags.DEFINE_string(
            "tpu_zone", None, "The Cloud TPU's zone, if not the default one."),
        "gcp_project": flags.DEFINE_string(
            "gcp_project", None, "The Cloud TPU's project, if not the default one."),
        "master": flags.DEFINE_string("master", None, "TensorFlow master URL."),
        "num_tpu_cores": flags.DEFINE_integer(
            "num_tpu_cores", 8, "Cores of the TPU.", lower_bound=1),
        "iterations_per_loop": flags.DEFINE_integer(
            "iterations_per_loop", 1000, "Steps a TPU makes before it reports back.",
            lower_bound=1),
    }
