"""The flags of run_nq.py that training and the Estimator understand.

The reference's names, meanings and defaults where it has them.
"""
from typing import Any, Callable, Dict, NamedTuple

from absl import flags

# The flags count as the calling program's own in --help.
flags.disclaim_key_flags()


class Groups(NamedTuple):
    """How to read the flags, by what they are for; each gives {flag's name: value}."""
    training: Callable[[], Dict[str, Any]]  # what decides the trained weights
    keeping: Callable[[], Dict[str, Any]]  # what is saved and scored when
    running: Callable[[], Dict[str, Any]]  # devices and batches


def define_training_flags(model_flags: Dict[str, Any]) -> Groups:
    """Defines the flags; returns how to read them.

    Args:
      model_flags: holders of the flags that prediction has as well, see prediction_setup.
    """
    seed = flags.DEFINE_integer(
        "seed", None, "Of initial weights, dropout and data order. Random if not set; a run that "
        "goes on keeps its seed.", lower_bound=0, upper_bound=2 ** 31 - 1)
    training = dict(_schedule_flags(), **_step_flags())
    shared = {name: model_flags[name] for name in ("output_dir", "predict_batch_size")}
    return Groups(_reader(dict(training, seed=seed, precision=model_flags["precision"])),
                  _reader(_keeping_flags()), _reader(dict(_device_flags(), seed=seed, **shared)))


def _reader(holders: Dict[str, Any]) -> Callable[[], Dict[str, Any]]:
    return lambda: {name: holder.value for name, holder in holders.items()}


def _schedule_flags() -> Dict[str, Any]:
    """The optimizer and what it does when."""
    return {
        "learning_rate": flags.DEFINE_float(
            "learning_rate", 5e-5, "The highest learning rate.", lower_bound=0),
        "num_train_epochs": flags.DEFINE_float(
            "num_train_epochs", 3.0, "Passes over the records.", lower_bound=0),
        "warmup_proportion": flags.DEFINE_float(
            "warmup_proportion", 0.1, "Share of the steps in which the rate goes up.",
            lower_bound=0, upper_bound=1),
        "optimizer": flags.DEFINE_enum(
            "optimizer", "adamw", ["adamw", "lamb"], "BERT's Adam with weight decay, or LAMB for "
            "batches of thousands."),
        "weight_decay_rate": flags.DEFINE_float(
            "weight_decay_rate", 0.01, "Of all weights but biases and LayerNorm.", lower_bound=0),
        "adam_beta1": flags.DEFINE_float(
            "adam_beta1", 0.9, "Decay of the mean gradient, also LAMB's.", lower_bound=0,
            upper_bound=1),
        "adam_beta2": flags.DEFINE_float(
            "adam_beta2", 0.999, "Decay of the mean squared gradient, also LAMB's.", lower_bound=0,
            upper_bound=1),
        "adam_epsilon": flags.DEFINE_float(
            "adam_epsilon", 1e-6, "Added to the root of the latter.", lower_bound=0),
        "max_gradient_norm": flags.DEFINE_float(
            "max_gradient_norm", 1.0, "Gradients of a larger norm are scaled down to it; 0: none.",
            lower_bound=0),
        "layerwise_lr_decay": flags.DEFINE_float(
            "layerwise_lr_decay", 1.0, "Each layer learns at this share of the rate of the one "
            "above it.", lower_bound=0, upper_bound=1),
        "freeze_embeddings": flags.DEFINE_bool(
            "freeze_embeddings", False, "Leave the embeddings as --init_checkpoint has them."),
        "freeze_layers": flags.DEFINE_integer(
            "freeze_layers", 0, "Leave this many of the lowest layers as they are.",
            lower_bound=0),
    }


def _step_flags() -> Dict[str, Any]:
    """How a step is computed."""
    return {
        "gradient_accumulation_steps": flags.DEFINE_integer(
            "gradient_accumulation_steps", 1, "Passes of --train_batch_size windows that make one "
            "step: a larger batch in the same memory.", lower_bound=1),
        "gradient_checkpointing": flags.DEFINE_bool(
            "gradient_checkpointing", False, "Compute layers again in the backward pass instead of "
            "keeping what is in them: much less memory, a third more time."),
        "alarm_steps": flags.DEFINE_integer(
            "alarm_steps", 1000, "Stop if so long after the warm-up the loss is still that of a "
            "model that knows nothing; 0: never.", lower_bound=0),
    }


def _keeping_flags() -> Dict[str, Any]:
    return {
        "save_checkpoints_steps": flags.DEFINE_integer(
            "save_checkpoints_steps", 1000, "Steps between two checkpoints.", lower_bound=1),
        "eval_every": flags.DEFINE_integer(
            "eval_every", 0, "Steps between two scorings of --dev_file; 0: at the end only.",
            lower_bound=0),
        "metric": flags.DEFINE_enum(
            "metric", "both", ["long", "short", "both"], "Which F1 on --dev_file makes a "
            "checkpoint the best, which is kept in OUTPUT_DIR/best; both: their mean."),
        "early_stopping": flags.DEFINE_integer(
            "early_stopping", 0, "Stop after so many scorings without a better one; 0: never.",
            lower_bound=0),
        "average_last": flags.DEFINE_integer(
            "average_last", 0, "Average this many of the last checkpoints at the end, into "
            "OUTPUT_DIR/averaged.", lower_bound=0),
    }


def _device_flags() -> Dict[str, Any]:
    return {
        "train_batch_size": flags.DEFINE_integer(
            "train_batch_size", 32, "Windows of one pass through the model, on all devices "
            "together.", lower_bound=1),
        "keep_checkpoint_max": flags.DEFINE_integer(
            "keep_checkpoint_max", 5, "Newest checkpoints that are kept; 0: all.", lower_bound=0),
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
