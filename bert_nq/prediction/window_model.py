"""A trained model, or several, as a function from batches of windows to what leaves the graph.

    WindowModel     on the devices of this process, through a session
    TpuWindowModel  on a TPU, through TPUEstimator
"""
import collections
import contextlib
import functools
import tempfile
from typing import Any, Deque, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.estimator import devices, estimator_trainer, failures, inputs
from bert_nq.estimator.model import prediction_builder
from bert_nq.features.spec import INPUT, SEQUENCE, Feature
from bert_nq.modeling import checkpoints, encoders, freezing, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.runtime import tf
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.model_settings import Member, ModelSettings


class WindowModel:
    """See the module. Threads and memory are held until `close`; a context manager."""

    full_length = False  # whether batches must be of max_seq_length

    def __init__(self, settings: ModelSettings, decoder: Any):
        """Builds the graph and reads the weights.

        Args:
          settings: the models.
          decoder: says how much leaves the graph, and of what type that is, see
            decoding.decoders.make_decoder.

        Raises:
          UserError: a checkpoint cannot be read or does not fit its config.
        """
        config = session_config(settings.num_threads)
        with tf.Graph().as_default() as tf_graph:
            features = placeholders(settings)
            outputs = build_outputs(settings, features, decoder)
            for scope, member in scopes(settings):
                _start_from(member, scope)
            self._session = tf.Session(config=config)
            with failures.as_user_error("prediction"):
                self._session.run(tf.global_variables_initializer())
            tf_graph.finalize()
        self._session = freezing.frozen_session(self._session, outputs.values(), config)
        # By their names, which that session's graph has as well.
        self._feeds = {name: tensor.name for name, tensor in features.items()}
        self._fetches = {name: tensor.name for name, tensor in outputs.items()}
        self._outputs_type = decoder.outputs_type

    def __enter__(self) -> "WindowModel":
        return self

    def __exit__(self, *unused) -> None:
        self.close()

    def close(self) -> None:
        """Frees the session."""
        self._session.close()

    def run(self, batch: Batch) -> Any:
        """The outputs for one batch, of the decoder's outputs_type."""
        feed = {self._feeds[name]: value for name, value in batch.features().items()}
        with failures.as_user_error("prediction"):
            return self._outputs_type(**self._session.run(self._fetches, feed))

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        """The outputs for each batch, in their order."""
        return map(self.run, batches)


def session_config(num_threads: int) -> tf.ConfigProto:
    """The config of a session with so many threads for itself; 0: as many as there are cores."""
    return tf.ConfigProto(
        intra_op_parallelism_threads=num_threads, inter_op_parallelism_threads=num_threads,
        use_per_session_threads=True, allow_soft_placement=True)


def scopes(settings: ModelSettings) -> List[Tuple[str, Member]]:
    """The variable scope of each member in the graph, and the member."""
    if len(settings.members) == 1:
        return [("", settings.members[0])]
    return [("member_%d" % i, member) for i, member in enumerate(settings.members)]


def placeholders(settings: ModelSettings) -> Dict[str, tf.Tensor]:
    """Placeholders for the features that the models read, int32 [B, S] each."""
    return {name: tf.placeholder(tf.int32, [None, None], name)
            for name in models.inputs(settings.members[0].model)}


def build_outputs(settings: ModelSettings, features: Dict[str, tf.Tensor],
                  decoder: Any, is_portable: bool = False) -> Dict[str, tf.Tensor]:
    """The graph of all members, which have the same head.

    Args:
      settings: the models.
      features: int32 [B, S] each.
      decoder: says how much leaves the graph.
      is_portable: see Pass.
    """
    logits = []
    for scope, member in scopes(settings):
        with tf.variable_scope(scope):
            logits.append(models.build_logits(member.model, features,
                                              Pass(precision=settings.precision,
                                                   is_portable=is_portable)))
    mean = logits[0] if len(logits) == 1 else averaged(
        logits, [member.weight for member in settings.members])
    return models.outputs(settings.members[0].model, mean, features, decoder.output_options())


def averaged(logits: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of the logits of several models of one vocabulary and one head.

    Args:
      logits: NamedTuples of tensors and of functions that give tensors, all of one type.
      weights: of each of them.
    """
    total = sum(weights)
    shares = [weight / total for weight in weights]

    def mean(fields):
        if callable(fields[0]):
            return lambda *given: mean([function(*given) for function in fields])
        return tf.add_n([share * tensor for share, tensor in zip(shares, fields)])

    return type(logits[0])(*map(mean, zip(*logits)))


def variables_of(scope: str) -> Dict[str, tf.Variable]:
    """The variables of a member by their names in its checkpoint."""
    prefix = scope + "/" if scope else ""
    return {checkpoints.name_of(v)[len(prefix):]: v for v in tf.global_variables()
            if checkpoints.name_of(v).startswith(prefix)}


def _start_from(member: Member, scope: str) -> None:
    """Has the variables under `scope` start from those of the same names in a member's checkpoint.

    Raises:
      UserError: the checkpoint cannot be read or does not fit its config.
    """
    variables = variables_of(scope)
    assignment = checkpoints.assignment_map(
        {name: v.shape.as_list() for name, v in variables.items()}, member.checkpoint,
        encoders.of(member.model.config).names.scope)
    tf.train.init_from_checkpoint(assignment.checkpoint,
                                  {name: variables[name] for name in assignment.map})


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
