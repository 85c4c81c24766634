"""Training in a session on one device, without the Estimator: see trainers.

The session is the one that an Estimator makes for itself, of the same settings: what TensorFlow
makes of the graph, and so each bit of the weights, is the same.
"""
import os
from typing import Callable, Sequence

from bert_nq.base.errors import UserError
from bert_nq.estimator import cluster
from bert_nq.estimator.devices import RunSettings, batch_of_device
from bert_nq.estimator.model import BuildTraining
from bert_nq.modeling.runtime import HAS_ESTIMATOR, as_it_is, tf

_ONE_PASS = 1  # RewriterConfig.ONE, as the Estimator has it


def check(settings: RunSettings) -> None:
    """Raises UserError where the settings are not of one GPU or the CPU alone."""
    flag = None
    if settings.distribution != "none":
        flag = "--distribution=" + settings.distribution
    elif settings.use_tpu:
        flag = "--use_tpu"
    if flag and HAS_ESTIMATOR:
        raise UserError("--trainer=session trains on one GPU or the CPU: leave out %s, or give "
                        "--trainer=estimator" % flag)
    if flag:
        raise UserError("%s needs TensorFlow's Estimator, which %s has no more: leave it out, or "
                        "use TensorFlow 2.15 on Python 3.9 to 3.11" % (flag, tf.__version__))
    batch_of_device(settings)
    cluster.check_alone(os.environ)


def train(build: BuildTraining, settings: RunSettings, input_fn: Callable, max_steps: int,
          hooks: Sequence["tf.train.SessionRunHook"] = (),
          report: Callable[[str], None] = print, is_stopped: Callable[[], bool] = lambda: False,
          is_over: Callable[[], bool] = lambda: False) -> None:
    """See trainers; the last three are of several workers."""
    del report, is_stopped, is_over
    as_it_is(_train)(build, settings, input_fn, max_steps, list(hooks))


def _train(build, settings, input_fn, max_steps, hooks):
    with tf.Graph().as_default():
        tf.set_random_seed(settings.seed)
        global_step = tf.train.create_global_step()
        graph = build(_next_batch(input_fn({"batch_size": settings.train_batch_size})))
        saver = tf.train.Saver(sharded=True, max_to_keep=settings.keep_checkpoint_max,
                               defer_build=True, save_relative_paths=True)
        tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
        with tf.train.MonitoredTrainingSession(
                checkpoint_dir=settings.output_dir, hooks=hooks, save_checkpoint_secs=None,
                save_checkpoint_steps=None, save_summaries_secs=None, save_summaries_steps=None,
                log_step_count_steps=None, config=_session_config()) as session:
            # Counted here: fetched with an update, the step is sometimes the number before it.
            step = session.run_step_fn(  # which asks for a parameter of this name
                lambda step_context: step_context.session.run(global_step))
            while step < max_steps and not session.should_stop():
                session.run([graph.train_op, graph.loss])
                step += 1


def _next_batch(dataset):
    """The features of the next batch; the dataset begins anew with each session."""
    iterator = tf.data.make_initializable_iterator(dataset)
    tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
    return iterator.get_next()


def _session_config() -> tf.ConfigProto:
    config = tf.ConfigProto(allow_soft_placement=True)
    config.graph_options.rewrite_options.meta_optimizer_iterations = _ONE_PASS
    return config
