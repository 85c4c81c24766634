"""The Estimator on the devices that there are: one, all of a machine, or those of several.

A TPU and a single device go through TPUEstimator, as in the reference. Several GPUs (or, for tests,
several virtual CPUs) of one machine are a MirroredStrategy, several machines a
MultiWorkerMirroredStrategy, each under a plain Estimator: TPUEstimator on TensorFlow 1.15 cannot
have a strategy. The model_fn is the same for all: it returns a TPUEstimatorSpec.
"""
import contextlib
import os
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from bert_nq.base.errors import UserError
from bert_nq.estimator import cluster, lost_workers, peers
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import as_it_is, tf

DISTRIBUTIONS = ("none", "mirrored", "multi_worker")


class RunSettings(NamedTuple):
    """Settings of an Estimator, named as the flags are, with the reference's defaults."""
    output_dir: str
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


def make_estimator(model_fn: Callable, settings: RunSettings) -> "tf.estimator.Estimator":
    """An Estimator for the devices of the settings.

    Args:
      model_fn: takes features, labels, mode and params, returns a TPUEstimatorSpec.
      settings: of the run. With a distribution the Estimator is for training alone.

    Its input_fn takes `params`, whose "batch_size" is what one device gets, and for training
    `input_context=None`: of a strategy, a tf.distribute.InputContext.

    Raises:
      UserError: the devices are not there, the batch cannot be shared evenly among them, or the
        Cloud TPU of that name cannot be reached.
    """
    replicas = num_replicas(settings)
    if settings.train_batch_size % replicas:
        raise UserError("--train_batch_size=%d cannot be shared evenly among %d devices"
                        % (settings.train_batch_size, replicas))
    if settings.distribution == "none":
        return _tpu_estimator(model_fn, settings)

    def plain_model_fn(features, labels, mode, params):
        return model_fn(features=features, labels=labels, mode=mode,
                        params=params).as_estimator_spec()

    return tf.estimator.Estimator(
        plain_model_fn, config=_distributed_config(settings, replicas),
        params={"batch_size": settings.train_batch_size // replicas})


def train(estimator: "tf.estimator.Estimator", settings: RunSettings, input_fn: Callable,
          max_steps: int, hooks: Sequence["tf.train.SessionRunHook"] = (),
          report: Callable[[str], None] = print, is_stopped: Callable[[], bool] = lambda: False,
          is_over: Callable[[], bool] = lambda: False) -> None:
    """Trains until the global step is max_steps, going on from the checkpoint in output_dir.

    Args:
      estimator: made with the same settings.
      settings: of the run.
      input_fn: see make_estimator.
      max_steps: the global step to stop at.
      hooks: of the session; with several workers only the chief's may write files.
      report: is given lines of progress.
      is_stopped: asked while this process waits for other workers; yes ends the waiting.
      is_over: asked when another worker is gone: whether that is because the chief had reason to
        end the training before max_steps.

    Raises:
      UserError: another worker was lost, was started otherwise, or its cluster is another.
    """
    if settings.distribution != "multi_worker":
        if not settings.use_tpu and cluster.num_tasks(os.environ) > 1:
            raise UserError("TF_CONFIG is of several workers: give --distribution=multi_worker, or "
                            "unset it")
        as_it_is(estimator.train)(input_fn, max_steps=max_steps, hooks=list(hooks))
        return
    workers = cluster.read_cluster(os.environ)
    if not peers.gather(workers, _facts(settings, max_steps), report, is_stopped):
        return
    _keep_server_to_the_end()
    with lost_workers.noticed(workers, report, is_over) as hook:
        # Estimator.train refuses this strategy. Without an "evaluator" task nothing is evaluated.
        as_it_is(tf.estimator.train_and_evaluate)(
            estimator,
            tf.estimator.TrainSpec(input_fn, max_steps=max_steps, hooks=[hook] + list(hooks)),
            tf.estimator.EvalSpec(input_fn))


def _facts(settings: RunSettings, max_steps: int) -> dict:
    """The settings that must be the same for all workers, as peers.gather takes them."""
    return {"windows of a step": settings.train_batch_size, "--seed": settings.seed,
            "training steps": max_steps, "devices": num_replicas(settings),
            "TensorFlow": tf.__version__,
            # The same folder as well as the same state of it.
            "as the last checkpoint of --output_dir": os.path.basename(
                checkpoints.newest(settings.output_dir) or "none")}


def _keep_server_to_the_end() -> None:
    """Has Python leave TensorFlow's server alone at exit.

    It cannot be stopped before the process ends; trying that, TensorFlow 1.15 shows a traceback.
    """
    if "__del__" in vars(tf.distribute.Server):
        del tf.distribute.Server.__del__


def _tpu_estimator(model_fn: Callable,
                   settings: RunSettings) -> "tf.estimator.tpu.TPUEstimator":
    """On a TPU; without --use_tpu on the first GPU, or on the CPU."""
    resolver = _find_tpu(settings) if settings.use_tpu and settings.tpu_name else None
    tpu = tf.estimator.tpu
    with contextlib.ExitStack() as stack:
        if not settings.use_tpu:
            stack.enter_context(_without_tf_config())
        config = tpu.RunConfig(
            cluster=resolver,
            master=settings.master,
            tpu_config=tpu.TPUConfig(
                iterations_per_loop=settings.iterations_per_loop,
                num_shards=settings.num_tpu_cores,
                per_host_input_for_training=tpu.InputPipelineConfig.PER_HOST_V2),
            # Elsewhere a hook of the training saves, and writes summaries.
            save_checkpoints_steps=settings.save_checkpoints_steps if settings.use_tpu else None,
            save_checkpoints_secs=None,
            save_summary_steps=100 if settings.use_tpu else 0,
            **_common_config(settings))
    return tpu.TPUEstimator(
        model_fn=model_fn,
        config=config,
        use_tpu=settings.use_tpu,
        train_batch_size=settings.train_batch_size,
        predict_batch_size=settings.predict_batch_size)


def _common_config(settings: RunSettings) -> dict:
    return dict(model_dir=settings.output_dir, tf_random_seed=settings.seed,
                keep_checkpoint_max=settings.keep_checkpoint_max, log_step_count_steps=None)


def _distributed_config(settings: RunSettings, replicas: int) -> "tf.estimator.RunConfig":
    session_config = tf.ConfigProto(allow_soft_placement=True)
    if settings.distribution == "multi_worker":
        strategy = tf.distribute.experimental.MultiWorkerMirroredStrategy()
        hidden = contextlib.ExitStack()
    else:
        strategy = _mirrored_strategy(replicas, session_config)
        hidden = _without_tf_config()
    with hidden:
        return tf.estimator.RunConfig(
            train_distribute=strategy, session_config=session_config, save_checkpoints_steps=None,
            save_checkpoints_secs=None, save_summary_steps=0, **_common_config(settings))


def _mirrored_strategy(replicas: int, session_config: "tf.ConfigProto"):
    kind = "GPU" if num_gpus() else "CPU"
    if kind == "CPU":
        session_config.device_count[kind] = replicas
    return tf.distribute.MirroredStrategy(
        devices=["/device:%s:%d" % (kind, i) for i in range(replicas)])


@contextlib.contextmanager
def _without_tf_config() -> Iterator[None]:
    """Hides TF_CONFIG, by which a RunConfig would take this process for one of a cluster."""
    hidden = os.environ.pop("TF_CONFIG", None)
    try:
        yield
    finally:
        if hidden is not None:
            os.environ["TF_CONFIG"] = hidden


def _find_tpu(settings: RunSettings) -> "tf.distribute.cluster_resolver.TPUClusterResolver":
    try:
        return tf.distribute.cluster_resolver.TPUClusterResolver(
            settings.tpu_name, zone=settings.tpu_zone, project=settings.gcp_project)
    except Exception as e:  # Errors of its HTTP client, of the cloud's and of TensorFlow.
        raise UserError("--tpu_name=%s: the TPU cannot be found: %s"
                        % (settings.tpu_name, (str(e) or repr(e)).split("\n")[0])) from e
