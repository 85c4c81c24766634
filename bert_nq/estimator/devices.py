"""The Estimator on the devices that there are."""
from typing import Callable, NamedTuple, Optional

from bert_nq.errors import UserError
from bert_nq.modeling.runtime import tf


class RunSettings(NamedTuple):
    """How an Estimator runs; named as the flags are, with the reference's defaults."""
    output_dir: str
    train_batch_size: int = 32
    predict_batch_size: int = 8
    save_checkpoints_steps: int = 1000
    keep_checkpoint_max: int = 5
    iterations_per_loop: int = 1000  # on a TPU, steps between two returns to the host
    seed: Optional[int] = None
    use_tpu: bool = False
    tpu_name: Optional[str] = None  # or a grpc:// address
    tpu_zone: Optional[str] = None
    gcp_project: Optional[str] = None
    master: Optional[str] = None
    num_tpu_cores: int = 8


def make_estimator(model_fn: Callable, settings: RunSettings) -> "tf.estimator.tpu.TPUEstimator":
    """A TPUEstimator; without --use_tpu it runs on the first GPU, or on the CPU.

    Raises:
      UserError: the Cloud TPU of that name cannot be reached.
    """
    cluster = _find_tpu(settings) if settings.use_tpu and settings.tpu_name else None
    tpu = tf.estimator.tpu
    config = tpu.RunConfig(
        cluster=cluster,
        master=settings.master,
        model_dir=settings.output_dir,
        tf_random_seed=settings.seed,
        save_checkpoints_steps=settings.save_checkpoints_steps,
        keep_checkpoint_max=settings.keep_checkpoint_max,
        log_step_count_steps=None,
        tpu_config=tpu.TPUConfig(
            iterations_per_loop=settings.iterations_per_loop,
            num_shards=settings.num_tpu_cores,
            per_host_input_for_training=tpu.InputPipelineConfig.PER_HOST_V2))
    return tpu.TPUEstimator(
        model_fn=model_fn,
        config=config,
        use_tpu=settings.use_tpu,
        train_batch_size=settings.train_batch_size,
        predict_batch_size=settings.predict_batch_size)


def _find_tpu(settings: RunSettings) -> "tf.distribute.cluster_resolver.TPUClusterResolver":
    try:
        return tf.distribute.cluster_resolver.TPUClusterResolver(
            settings.tpu_name, zone=settings.tpu_zone, project=settings.gcp_project)
    except Exception as e:  # Of its HTTP client, of the cloud's and of TensorFlow.
        raise UserError("--tpu_name=%s: the TPU cannot be found: %s"
                        % (settings.tpu_name, (str(e) or repr(e)).split("\n")[0])) from e
