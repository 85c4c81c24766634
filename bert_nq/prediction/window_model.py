"""A trained model, or several, as a function from batches of windows to what leaves the graph.

    WindowModel     on the devices of this process, through a session
    TpuWindowModel  on a TPU, through TPUEstimator
"""
import collections
import contextlib
import functools
import tempfile
from typing import (
    Any,
    Callable,
    Deque,
    Dict,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Sequence,
)

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.estimator import devices, estimator_trainer, failures, inputs, member_graphs
from bert_nq.estimator.model import prediction_builder
from bert_nq.features.spec import INPUT, SEQUENCE, Feature
from bert_nq.modeling import freezing, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.runtime import tf
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.model_settings import ModelSettings


class FrozenGraph:
    """A session of the graph of one model or several, whose weights are constants.

    Threads and memory are held until `close`.
    """

    def __init__(self, settings: ModelSettings,
                 build: Callable[[Dict[str, tf.Tensor]], Dict[str, tf.Tensor]],
                 labels: Sequence[str] = ()):
        """Builds the graph and reads the weights.

        Args:
          settings: the models.
          build: from features, int32 [B, S], and labels to the tensors that leave the graph.
          labels: the names of labels, int32 [B] each.

        Raises:
          UserError: a checkpoint cannot be read or does not fit its config.
        """
        config = session_config(settings.num_threads)
        with tf.Graph().as_default() as tf_graph:
            features = placeholders(settings)
            features.update((name, tf.placeholder(tf.int32, [None], name)) for name in labels)
            outputs = build(features)
            for scope, member in member_graphs.scopes(settings.members):
                member_graphs.start_from(member, scope)
            session = tf.Session(config=config)
            with failures.as_user_error("prediction"):
                session.run(tf.global_variables_initializer())
            tf_graph.finalize()
        self._session = freezing.frozen_session(session, outputs.values(), config)
        # By their names, which that session's graph has as well, without what it does not read.
        kept = {op.name for op in self._session.graph.get_operations()}
        self._feeds = {name: tensor.name for name, tensor in features.items()
                       if tensor.op.name in kept}
        self._fetches = {name: tensor.name for name, tensor in outputs.items()}

    def close(self) -> None:
        """Frees the session."""
        self._session.close()

    def run(self, features: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
        """The tensors that leave the graph, for one batch, of which it takes what it reads."""
        feed = {tensor: features[name] for name, tensor in self._feeds.items()}
        with failures.as_user_error("prediction"):
            return self._session.run(self._fetches, feed)


class WindowModel:
    """See the module. A context manager, which closes the graph."""

    full_length = False  # whether batches must be of max_seq_length

    def __init__(self, settings: ModelSettings, decoder: Any):
        """
        Args:
          settings: the models.
          decoder: says how much leaves the graph, and of what type that is, see
            decoding.decoders.make_decoder.

        Raises:
          UserError: a checkpoint cannot be read or does not fit its config.
        """
        self._graph = FrozenGraph(settings,
                                  lambda features: build_outputs(settings, features, decoder))
        self._outputs_type = decoder.outputs_type

    def __enter__(self) -> "WindowModel":
        return self

    def __exit__(self, *unused) -> None:
        self.close()

    def close(self) -> None:
        """Frees the session."""
        self._graph.close()

    def run(self, batch: Batch) -> Any:
        """The outputs for one batch, of the decoder's outputs_type."""
        return self._outputs_type(**self._graph.run(batch.features()))

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        """The outputs for each batch, in their order."""
        return map(self.run, batches)


def session_config(num_threads: int) -> tf.ConfigProto:
    """The config of a session with so many threads for itself; 0: as many as there are cores."""
    return tf.ConfigProto(
        intra_op_parallelism_threads=num_threads, inter_op_parallelism_threads=num_threads,
        use_per_session_threads=True, allow_soft_placement=True)


def placeholders(settings: ModelSettings) -> Dict[str, tf.Tensor]:
    """Placeholders for the features that the models read, int32 [B, S] each."""
    return {name: tf.placeholder(tf.int32, [None, None], name)
            for name in models.inputs(settings.members[0].model)}


def mean_logits(settings: ModelSettings, features: Dict[str, tf.Tensor],
                is_portable: bool = False) -> Any:
    """The graph of all members up to the mean of their logits; see Pass for is_portable."""
    return member_graphs.mean_logits(
        member_graphs.scopes(settings.members), features,
        Pass(precision=settings.precision, is_portable=is_portable))


def build_outputs(settings: ModelSettings, features: Dict[str, tf.Tensor],
                  decoder: Any, is_portable: bool = False) -> Dict[str, tf.Tensor]:
    """The graph of all members, which have the same head.

    Args:
      settings: the models.
      features: int32 [B, S] each.
      decoder: says how much leaves the graph.
      is_portable: see Pass.
    """
    mean = mean_logits(settings, features, is_portable)
    return models.outputs(settings.members[0].model, mean, features, decoder.output_options())


class TpuWindowModel:
    """See the module. On other devices it computes the same, slower than WindowModel.

    A TPU's batches all have one shape: B windows, smaller batches filled up, and full length.
    """

    full_length = True

    def __init__(self, settings: ModelSettings, decoder: Any,
                 run_settings: devices.RunSettings, max_seq_length: int):
        """
        Args:
          settings: of one model.
          decoder: says how much leaves the graph, and of what type that is.
          run_settings: where the TPU is; predict_batch_size is B.
          max_seq_length: wordpieces of all windows, padding included.

        Raises:
          UserError: there are several models, TensorFlow has no Estimator, or the TPU cannot be
            found.
        """
        if len(settings.members) > 1:
            raise UserError("several models predict together on GPUs and CPUs only: leave out "
                            "--use_tpu")
        member = settings.members[0]
        self._outputs_type = decoder.outputs_type
        self._features = tuple(Feature(name, SEQUENCE, INPUT) for name in models.inputs(
            member.model))
        self._batch_size = run_settings.predict_batch_size
        self._seq_length = max_seq_length
        # Where there is no checkpoint, the Estimator leaves the variables as the graph has them.
        self._empty = tempfile.TemporaryDirectory(prefix="bert_nq-")
        self._predict = estimator_trainer.predictor(
            prediction_builder(
                member.model, member.checkpoint, run_settings.use_tpu, settings.precision,
                functools.partial(models.outputs, member.model,
                                  options=decoder.output_options())),
            run_settings.on_one_device()._replace(output_dir=self._empty.name))

    def __enter__(self) -> "TpuWindowModel":
        return self

    def __exit__(self, *unused) -> None:
        self.close()

    def close(self) -> None:
        """Removes the Estimator's folder."""
        self._empty.cleanup()

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        """The outputs for each batch, in their order; batches are drawn in another thread.

        Raises:
          UserError: an error that failures.as_user_error names, or the stream ended early.
          Exception: whatever `batches` raises.
        """
        host = _Host(batches, self._batch_size)
        # Closed at once when something fails: TensorFlow 1.15 cannot do it while Python exits.
        with contextlib.closing(self._predict(inputs.prediction_input_fn(
                host.features, self._features, self._batch_size, self._seq_length))) as results:
            with failures.as_user_error("prediction"):
                for result in results:
                    size = host.sizes.popleft()
                    yield self._outputs_type(**{name: result[name] for name
                                                in self._outputs_type._fields}).rows(0, size)
        if host.error is not None:
            raise host.error
        if host.sizes:
            # TPUEstimator ends the stream without an error where it loses a machine.
            raise UserError("the model stopped early: run the prediction again")


class _Host:
    """The host's side of the stream: batches, filled up, noting the sizes of those under way."""

    def __init__(self, batches: Iterable[Batch], batch_size: int):
        self._batches = batches
        self._batch_size = batch_size
        self.sizes: Deque[int] = collections.deque()
        self.error: Optional[BaseException] = None

    def features(self) -> Iterator[Dict[str, np.ndarray]]:
        """TensorFlow would turn an exception into a traceback in a string, so it is kept in `error`
        and the stream ends."""
        try:
            for batch in self._batches:
                self.sizes.append(len(batch.rows))
                missing = self._batch_size - len(batch.rows)
                yield {name: np.pad(value, [(0, missing), (0, 0)], "edge")
                       for name, value in batch.features().items()}
        except Exception as e:  # noqa: B902 - raised again by the consumer
            self.error = e
