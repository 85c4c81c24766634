"""Training and prediction by TensorFlow's Estimator: one device, all of a machine, or of several.

A TPU and a single device go through TPUEstimator, as in the reference. Several GPUs (or, for tests,
several virtual CPUs) of one machine are a MirroredStrategy, several machines a
MultiWorkerMirroredStrategy, each under a plain Estimator: TPUEstimator on TensorFlow 1.15 cannot
have a strategy. The graph is the same for all, see model.TrainingGraph.
"""
import contextlib
import os
from typing import Callable, Dict, Iterator, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.estimator import cluster, lost_workers, peers
from bert_nq.estimator.devices import RunSettings, batch_of_device, num_gpus, num_replicas
from bert_nq.estimator.model import BuildPrediction, BuildTraining
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import HAS_ESTIMATOR, as_it_is, tf


def check(settings: RunSettings) -> None:
    """Raises UserError where there is no Estimator, or devices and batch do not go together."""
    if not HAS_ESTIMATOR:
        raise UserError("TensorFlow %s has no Estimator, which --trainer=estimator and --use_tpu "
                        "need: leave them out, or use TensorFlow 2.15 on Python 3.9 to 3.11"
                        % tf.__version__)
    batch_of_device(settings)
    if settings.distribution != "multi_worker" and not settings.use_tpu:
        cluster.check_alone(os.environ)


def train(build: BuildTraining, settings: RunSettings, input_fn: Callable, max_steps: int,
          hooks: Sequence["tf.train.SessionRunHook"] = (),
          report: Callable[[str], None] = print, is_stopped: Callable[[], bool] = lambda: False,
          is_over: Callable[[], bool] = lambda: False) -> None:
    """Trains until the global step is max_steps, going on from the checkpoint in output_dir.

    Args:
      build: makes the graph.
      settings: of the run.
      input_fn: see trainers.
      max_steps: the global step to stop at.
      hooks: of the session; with several workers only the chief's may write files.
      report: is given lines of progress.
      is_stopped: asked while this process waits for other workers; yes ends the waiting.
      is_over: asked when another worker is gone: whether that is because the chief had reason to
        end the training before max_steps.

    Raises:
      UserError: the Cloud TPU of that name cannot be reached; another worker was lost, was started
        otherwise, or its cluster is another.
    """
    estimator = _training_estimator(build, settings)
    if settings.distribution != "multi_worker":
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


def predictor(build: BuildPrediction,
              settings: RunSettings) -> Callable[[Callable], Iterator[Dict[str, np.ndarray]]]:
    """The function from an input_fn to the outputs of its batches, in their order.

    Args:
      build: makes the graph.
      settings: of one device or a TPU. Where output_dir has no checkpoint, the variables are left
        as `build` has them.

    Raises:
      UserError: TensorFlow has no Estimator, or the Cloud TPU of that name cannot be reached.
    """
    check(settings)

    def model_fn(features, labels, mode, params):
        del labels, params  # the Estimator passes them by name
        graph = build(features)
        return tf.estimator.tpu.TPUEstimatorSpec(mode, predictions=graph.outputs,
                                                 scaffold_fn=graph.scaffold_fn)

    estimator = _tpu_estimator(model_fn, settings)
    return lambda input_fn: estimator.predict(input_fn, yield_single_examples=False)


def _training_estimator(build: BuildTraining,
                        settings: RunSettings) -> "tf.estimator.Estimator":
    """The Estimator for the devices of the settings."""
    def model_fn(features, labels, mode, params):
        del labels, params  # the Estimator passes them by name
        graph = build(features)
        return tf.estimator.tpu.TPUEstimatorSpec(mode, loss=graph.loss, train_op=graph.train_op,
                                                 scaffold_fn=graph.scaffold_fn)

    if settings.distribution == "none":
        return _tpu_estimator(model_fn, settings)

    def plain_model_fn(features, labels, mode, params):
        return model_fn(features, labels, mode, params).as_estimator_spec()

    return tf.estimator.Estimator(
        plain_model_fn, config=_distributed_config(settings, num_replicas(settings)),
        params={"batch_size": batch_of_device(settings)})


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
