"""AdamW with the bias correction of Adam, as PyTorch has it.

BERT's leaves the correction out, so that the first thousand steps are larger than the learning rate
says: at step 300 twice as large with adam_beta2=0.999. In short trainings that is most of the way
(Zhang et al. 2021, "Revisiting Few-sample BERT Fine-tuning", https://arxiv.org/abs/2006.05987).
"""
from bert_nq.modeling.runtime import tf
from bert_nq.training.optimizers import adamw

SLOTS = adamw.SLOTS  # The moments mean the same.


def apply(variable: tf.Variable, gradient: tf.Tensor, first: tf.Variable, second: tf.Variable,
          rate: tf.Tensor, step: tf.Tensor, weight_decay: float, excluded: bool, beta_1: float,
          beta_2: float, epsilon: float) -> tf.Operation:
    """The op that updates one variable and its moments, see optimizer.update.

    A step that was skipped counts for the correction although it is not in the moments.
    """
    count = tf.cast(step + 1, tf.float32)
    powers = tf.pow(beta_1, count), tf.pow(beta_2, count)
    # The kernel adds epsilon to the root of the moment as it is, not as it is corrected.
    return adamw.decayed_adam(variable, gradient, first, second, rate,
                              0.0 if excluded else weight_decay, (beta_1, beta_2), powers,
                              epsilon * tf.sqrt(1.0 - powers[1]))
