"""The head of QuesBELM: start and end of an answer in one candidate, and the candidate's class.

The classes are: no answer, a long one alone, a short one, no and yes. Source: Pranesh, Shekhar and
Pallavi, "QuesBELM: A BERT based Ensemble Language Model for Natural Questions", ICCCS 2020.
Notation: B batch, S sequence in pieces.
"""
import math
from typing import Dict, Mapping, NamedTuple, Tuple

from bert_nq.modeling.dropout import HEAD_LAYER, Dropout
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses, span, spans
from bert_nq.modeling.heads.candidate_outputs import CandidateOptions, CandidateOutputs
from bert_nq.modeling.heads.logits import class_logits, span_logits
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.runtime import tf

# The span head is that of run_squad, by its names too: a model fine-tuned on SQuAD is a start, and
# what it lacks is the class head alone.
VARIABLES = (span.WEIGHTS, span.BIAS, "cls/candidate/output_weights", "cls/candidate/output_bias")

NUM_CLASSES = 5

Features = Mapping[str, tf.Tensor]


class Logits(NamedTuple):
    """The logits of a batch of rows."""
    start: tf.Tensor  # [B, S] of the first piece of the answer's first word
    end: tf.Tensor  # [B, S] of the first piece of the word behind the answer
    candidate_class: tf.Tensor  # [B, NUM_CLASSES]


def build(encoded: Encoded, features: Features, pass_: Pass) -> Logits:
    """The logits of an encoder's vectors; the pooled one is dropped out in training."""
    del features
    pooled = encoded.pooled
    if pass_.is_training and pass_.head_dropout:
        pooled = Dropout(pass_.seed, bytewise=not pass_.use_tpu, layer=HEAD_LAYER)(
            pooled, pass_.head_dropout)
    start, end = span_logits(encoded.sequence, *VARIABLES[:2])
    return Logits(start, end, class_logits(pooled, NUM_CLASSES, *VARIABLES[2:]))


def loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The sum of the cross entropies of start, end and class.

    Each is the mean over the rows whose label counts, and 0 where none does. The softmax of start
    and end goes over all S positions, padding included, as in the source.

    Args:
      logits: of B rows.
      features: of the same; `start_positions`, `end_positions` and `candidate_classes`, int [B],
        count, -1 for a label that is ignored.
    """
    return losses.sum_of_choices({
        "start": (logits.start, features["start_positions"]),
        "end": (logits.end, features["end_positions"]),
        "class": (logits.candidate_class, features["candidate_classes"])})


def outputs(logits: Logits, features: Features, options: CandidateOptions
            ) -> Dict[str, tf.Tensor]:
    """The tensors of a CandidateOutputs, by the names of its fields."""
    is_piece = tf.cast(features["input_mask"], tf.bool)

    def of_pieces(all_logits):
        if not options.spans:
            return all_logits[:, :0]
        return spans.where(is_piece, tf.nn.log_softmax(spans.where(is_piece, all_logits, NO_SPAN)),
                           NO_SPAN)

    return CandidateOutputs(tf.nn.log_softmax(logits.candidate_class), of_pieces(logits.start),
                            of_pieces(logits.end))._asdict()


def distributions(logits: Logits, features: Features) -> Dict[str, Distribution]:
    """The choices of start, end and class."""
    return dict(spans.distributions(logits.start, logits.end, features),
                **{"class": Distribution(logits.candidate_class)})


def chance(seq_length: float) -> Dict[str, float]:
    """The losses of start and end where all positions of a row are equally likely.

    A training that has failed stays there. Its class loss does not stay at ln(5), since it soon
    knows how frequent each class is: the source's failed run had 0.867.
    """
    return {"start_loss": math.log(seq_length), "end_loss": math.log(seq_length)}


HEAD = Head(
    build=build, loss=loss, outputs=outputs, variables=VARIABLES, chance=chance,
    labels=(("start_loss", "start"), ("end_loss", "end"), ("class_loss", "class")), pools=True,
    distributions=distributions)
