"""The settings of a run on the devices that there are, and how many of these share a batch."""
import os
from typing import NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.estimator import cluster
from bert_nq.modeling.runtime import tf

DISTRIBUTIONS = ("none", "mirrored", "multi_worker")


class RunSettings(NamedTuple):
    """Settings of a trainer, named as the flags are, with the reference's defaults."""
    output_dir: str
    trainer: Optional[str] = None  # see trainers.TRAINERS; None: the Estimator where there is one
    train_batch_size: int = 32  # of all devices together
    predict_batch_size: int = 8
    save_checkpoints_steps: int = 1000
    keep_checkpoint_max: int = 5
    iterations_per_loop: int = 1000  # on a TPU, steps between two returns to the host
    seed: Optional[int] = None
    distribution: str = "none"  # or another of DISTRIBUTIONS
    num_devices: int = 0  # mirrored: so many GPUs, or virtual CPUs; 0: all GPUs, or 1 CPU
    use_tpu: bool = False
    tpu_name: Optional[str] = None  # or a grpc:// address
    tpu_zone: Optional[str] = None
    gcp_project: Optional[str] = None
    master: Optional[str] = None
    num_tpu_cores: int = 8

    def on_one_device(self) -> "RunSettings":
        """The same without distribution, for prediction."""
        return self._replace(distribution="none", num_devices=0)


def is_chief(settings: RunSettings) -> bool:
    """Whether this process is the one that writes checkpoints, summaries and all other files.

    Raises:
      UserError: TF_CONFIG is needed and does not say it.
    """
    return cluster.is_chief(settings.distribution, os.environ)


def num_replicas(settings: RunSettings) -> int:
    """The number of devices that share a training batch; 1 on a TPU, which shares it by itself.

    Raises:
      UserError: there are no such devices, or the settings do not go together.
    """
    if settings.distribution not in DISTRIBUTIONS:
        raise UserError("--distribution=%s: there is %s"
                        % (settings.distribution, ", ".join(DISTRIBUTIONS)))
    if settings.distribution != "none" and settings.use_tpu:
        raise UserError("--distribution=%s is for GPUs and CPUs: leave it out with --use_tpu, "
                        "which uses all cores of the TPU" % settings.distribution)
    if settings.distribution != "mirrored" and settings.num_devices > 1:
        raise UserError("--num_devices=%d is for --distribution=mirrored; CUDA_VISIBLE_DEVICES "
                        "chooses GPUs in all cases" % settings.num_devices)
    if settings.distribution == "none":
        return 1
    if settings.distribution == "multi_worker" and settings.seed is None:
        raise UserError("--distribution=multi_worker needs a --seed, by which all workers agree on "
                        "the order of the records")
    gpus = num_gpus()
    if settings.distribution == "multi_worker":
        # TensorFlow takes it for granted that all machines have as many GPUs as this one.
        return len(cluster.read_cluster(os.environ).addresses) * max(gpus, 1)
    if gpus and settings.num_devices > gpus:
        raise UserError("--num_devices=%d: there are %d GPUs" % (settings.num_devices, gpus))
    return settings.num_devices or max(gpus, 1)


def num_gpus() -> int:
    """The number of GPUs that TensorFlow sees."""
    return len(tf.config.experimental.list_physical_devices("GPU"))


def batch_of_device(settings: RunSettings) -> int:
    """The windows of a pass that one device gets; on a TPU those of all its cores.

    Raises:
      UserError: see num_replicas, and the batch cannot be shared evenly.
    """
    replicas = num_replicas(settings)
    if settings.train_batch_size % replicas:
        raise UserError("--train_batch_size=%d cannot be shared evenly among %d devices"
                        % (settings.train_batch_size, replicas))
    return settings.train_batch_size // replicas
