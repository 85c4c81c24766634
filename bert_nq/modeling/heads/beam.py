"""The head of XLNet and ALBERT for SQuAD: a start, an end given the start, and whether any answer.

Each of the best starts of a window has ends of its own (Yang et al. 2019; the code is described in
"run_squad" of the XLNet and ALBERT repositories). With h_i for the encoder's vector of position i:

    start       a_i = w . h_i + b
    end         e_i = v . LayerNorm(tanh(W [h_i ; h_s] + c)) + d, given the start s
    no answer   z = u . tanh(U [m ; h_cls] + f), where m is the mean of h weighted by softmax(a)

Answers begin and end in the document, or at [CLS], which stands for "no answer". Notation: B batch,
S sequence in pieces, H hidden size, K starts.
"""
from typing import Callable, Dict, Mapping, NamedTuple, Tuple

from bert_nq.modeling import layers
from bert_nq.modeling.dropout import HEAD_LAYER, Dropout
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses, spans
from bert_nq.modeling.heads.beam_outputs import BeamOptions, BeamOutputs
from bert_nq.modeling.heads.logits import HEAD_STDDEV
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.runtime import tf

# The logit of a position where no answer may begin or end.
MASKED = -1e30
# The share of the loss that is the class's.
CLASS_WEIGHT = 0.5

# Variables are named as in checkpoints of Google's run_squad.py of XLNet and ALBERT.
VARIABLES = (
    "start_logits/dense/kernel", "start_logits/dense/bias",
    "end_logits/dense_0/kernel", "end_logits/dense_0/bias",
    "end_logits/LayerNorm/beta", "end_logits/LayerNorm/gamma",
    "end_logits/dense_1/kernel", "end_logits/dense_1/bias",
    "answer_class/dense_0/kernel", "answer_class/dense_0/bias", "answer_class/dense_1/kernel")

Features = Mapping[str, tf.Tensor]


class Logits(NamedTuple):
    """The logits of a batch of windows, and functions that give those that depend on a start."""
    start: tf.Tensor  # [B, S] of the answer's first piece, MASKED where it may not be
    answer_class: tf.Tensor  # [B] of the window having no answer
    # Starts int32 [B, K] to the logits [B, K, S] of the last piece.
    ends: Callable[[tf.Tensor], tf.Tensor]
    # Positions int32 [B] to the logits [B] of having no answer by the vectors there, in the place
    # of the mean over all starts.
    class_at: Callable[[tf.Tensor], tf.Tensor]


def build(encoded: Encoded, features: Features, pass_: Pass) -> Logits:
    """The logits of an encoder's vectors."""
    sequence = encoded.sequence
    cls = features["cls_positions"]
    is_cls = tf.cast(tf.one_hot(cls, tf.shape(sequence)[1]), tf.bool)
    allowed = tf.logical_or(features["document_mask"], is_cls)
    start = spans.where(allowed, _start_logits(sequence), MASKED)
    class_of = _AnswerClass(spans.at(sequence, cls), pass_)
    mean = tf.matmul(tf.nn.softmax(start)[:, None, :], sequence)[:, 0]
    return Logits(start, class_of(mean), _Ends(sequence, allowed),
                  lambda positions: class_of(spans.at(sequence, positions)))


def _start_logits(sequence: tf.Tensor) -> tf.Tensor:
    """[B, S] of sequence [B, S, H]."""
    batch, length, width = layers.sizes(sequence)
    with tf.variable_scope("start_logits"):
        logits = layers.dense(tf.reshape(sequence, [-1, width]), 1, HEAD_STDDEV)
    return tf.reshape(logits, [batch, length])


class _Ends:
    """The logits of ends given starts.

    The first layer's product with [h_i ; h_s] is the sum of one with h_i, which all starts share,
    and one with h_s: no tensor [B, K, S, 2H] is made.
    """

    def __init__(self, sequence: tf.Tensor, allowed: tf.Tensor):
        batch, length, width = layers.sizes(sequence)
        self._sequence, self._allowed = sequence, allowed
        with tf.variable_scope("end_logits"):
            kernel, bias = layers.dense_variables("dense_0", 2 * width, width, HEAD_STDDEV)
            self._norm = layers.layer_norm_variables(width)
            self._out = layers.dense_variables("dense_1", width, 1, HEAD_STDDEV)
        self._of_start = kernel[width:]
        of_end = layers.linear(tf.reshape(sequence, [-1, width]), kernel[:width], bias)
        self._of_end = tf.reshape(of_end, [batch, 1, length, width])

    def __call__(self, starts: tf.Tensor) -> tf.Tensor:
        """[B, K, S] for starts int32 [B, K]."""
        batch, length, width = layers.sizes(self._sequence)
        number = layers.sizes(starts)[1]
        vectors = tf.matmul(tf.one_hot(starts, length), self._sequence)
        of_start = tf.matmul(tf.reshape(vectors, [-1, width]), self._of_start)
        x = tf.tanh(self._of_end + tf.reshape(of_start, [batch, number, 1, width]))
        logits = _normalised_product(tf.reshape(x, [-1, width]), *self._norm, *self._out)
        logits = tf.reshape(logits, [batch, number, length])
        return spans.where(self._allowed[:, None, :], logits, MASKED)


def _normalised_product(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, kernel: tf.Tensor,
                        bias: tf.Tensor) -> tf.Tensor:
    """A dense layer of one output on LayerNorm(x), whose rows are not made: [R, 1] of x [R, H].

    With the mean m and the deviation s of a row, and w = gamma * kernel:

        kernel . (gamma (x - m) / s + beta) + bias  =  (w . x - m sum(w)) / s + kernel . beta + bias
    """
    weights = gamma[:, None] * kernel  # [H, 1]
    of_mean = tf.ones_like(weights) / x.shape.as_list()[-1]
    products = tf.matmul(x, tf.concat([weights, of_mean], axis=1))  # w . x and m, in one reading
    mean = products[:, 1:]
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axis=1, keepdims=True)
    scale = tf.rsqrt(variance + layers.LAYER_NORM_EPSILON)
    return ((products[:, :1] - mean * tf.reduce_sum(weights)) * scale
            + tf.matmul(beta[None, :], kernel) + bias)


class _AnswerClass:
    """The logit of a window having no answer, given a vector that stands for its start."""

    def __init__(self, of_cls: tf.Tensor, pass_: Pass):
        width = of_cls.shape.as_list()[-1]
        self._of_cls = of_cls
        self._rate = pass_.head_dropout if pass_.is_training else 0.0
        self._dropout = self._rate and Dropout(pass_.seed, bytewise=not pass_.use_tpu,
                                               layer=HEAD_LAYER)
        with tf.variable_scope("answer_class"):
            self._inner = layers.dense_variables("dense_0", 2 * width, width, HEAD_STDDEV)
            with tf.variable_scope("dense_1"):
                self._out = tf.get_variable("kernel", [width, 1], initializer=layers.initializer(
                    HEAD_STDDEV, "kernel"))

    def __call__(self, of_start: tf.Tensor) -> tf.Tensor:
        """[B] for vectors [B, H]."""
        x = tf.tanh(layers.linear(tf.concat([of_start, self._of_cls], axis=1), *self._inner))
        if self._rate:
            x = self._dropout(x, self._rate)
        return tf.matmul(x, self._out)[:, 0]


def loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The loss of Google's programs, whose class goes by the mean over all starts.

    See `loss_of`. A window without an answer is labelled with [CLS] as start and end.

    Args:
      logits: of B windows.
      features: of the same; `start_positions` and `end_positions`, int [B], count.
    """
    return loss_of(logits, logits.answer_class, features["start_positions"],
                   features["end_positions"], _is_null(features))


def loss_by_gold_start(logits: Logits, features: Features
                       ) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The loss of Hugging Face's models, whose class goes by the annotated start in training."""
    starts = features["start_positions"]
    return loss_of(logits, logits.class_at(starts), starts, features["end_positions"],
                   _is_null(features))


def _is_null(features: Features) -> tf.Tensor:
    """int [B]: whether a window is labelled to have no answer."""
    starts = features["start_positions"]
    return tf.cast(tf.equal(starts, tf.cast(features["cls_positions"], starts.dtype)), tf.int32)


def loss_of(logits: Logits, answer_class: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor,
            is_null: tf.Tensor) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean of the cross entropies of start and end, and half the class's.

    Args:
      logits: of B windows.
      answer_class: logits [B] of there being no answer.
      starts, ends: labels int [B]; the end's logits are those given the labelled start.
      is_null: int [B], 1 where there is no answer.

    Returns:
      The loss, scalar; and scalars by name, see losses.mean_of_choices.
    """
    of_ends = logits.ends(tf.cast(starts, tf.int32)[:, None])[:, 0]
    loss_of_span, scalars = losses.mean_of_choices({"start": (logits.start, starts),
                                                    "end": (of_ends, ends)})
    class_loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(is_null, tf.float32), logits=answer_class))
    right = tf.equal(answer_class > 0, tf.cast(is_null, tf.bool))
    return loss_of_span + CLASS_WEIGHT * class_loss, dict(
        scalars, class_loss=class_loss, class_accuracy=tf.reduce_mean(tf.cast(right, tf.float32)))


def outputs(logits: Logits, features: Features, options: BeamOptions) -> Dict[str, tf.Tensor]:
    """The tensors of a BeamOutputs, by the names of its fields."""
    del features
    start_log_probs, starts = _best(tf.nn.log_softmax(logits.start), options.start_n_top)
    end_log_probs, ends = _best(tf.nn.log_softmax(logits.ends(starts)), options.end_n_top)
    is_start = (start_log_probs > NO_SPAN)[:, :, None] & tf.ones_like(ends, tf.bool)
    flat = [-1, options.start_n_top * options.end_n_top]
    return BeamOutputs(
        start_log_probs, starts,
        tf.reshape(spans.where(is_start, end_log_probs, NO_SPAN), flat),
        tf.reshape(spans.where(is_start, ends, 0), flat), logits.answer_class)._asdict()


def distributions(logits: Logits, features: Features) -> Dict[str, Distribution]:
    """The choices of a start, of an end given the annotated start, and of an answer or none."""
    return distributions_of(logits, logits.answer_class, features)


def distributions_by_gold_start(logits: Logits, features: Features) -> Dict[str, Distribution]:
    """`distributions`, with the class by the annotated start: see `loss_by_gold_start`."""
    return distributions_of(logits, logits.class_at(features["start_positions"]), features)


def distributions_of(logits: Logits, answer_class: tf.Tensor,
                     features: Features) -> Dict[str, Distribution]:
    """The choices that `loss_of` is of.

    Args:
      logits: of B windows.
      answer_class: logits [B] of there being no answer.
      features: of the same; `start_positions`, int [B], counts.
    """
    starts = tf.cast(features["start_positions"], tf.int32)
    of_ends = logits.ends(starts[:, None])[:, 0]
    # The sigmoid of a logit is the softmax of it and 0.
    is_none = tf.stack([tf.zeros_like(answer_class), answer_class], axis=1)
    return dict(spans.distributions(logits.start, of_ends, features),
                **{"class": Distribution(is_none)})


def _best(log_probs: tf.Tensor, n: int) -> Tuple[tf.Tensor, tf.Tensor]:
    """The n largest of each last axis and their positions; NO_SPAN and 0 for lack of allowed ones.
    """
    padding = [[0, 0]] * (log_probs.shape.ndims - 1) + [[0, n]]
    values, places = tf.nn.top_k(tf.pad(log_probs, padding, constant_values=NO_SPAN), n)
    is_one = values > MASKED / 2
    return spans.where(is_one, values, NO_SPAN), spans.where(is_one, places, 0)


HEAD = Head(build=build, loss=loss, outputs=outputs, variables=VARIABLES,
            labels=(("start_loss", "start"), ("end_loss", "end"), ("class_loss", "no answer")),
            distributions=distributions)
