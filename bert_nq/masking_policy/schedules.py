"""Learning rates of the trainings in an episode."""
import math


def bias_corrected(rate: float, step: int, beta_1: float, beta_2: float) -> float:
    """The rate with which Adam without bias correction makes the step of Adam with it.

    The house's AdamW is BERT's, without; the source's is PyTorch's, with (Kingma and Ba 2015,
    section 2). The two differ in the place of epsilon alone.

    Args:
      rate: of the schedule.
      step: the number of steps before, from 0.
      beta_1, beta_2: Adam's.
    """
    return rate * math.sqrt(1 - beta_2 ** (step + 1)) / (1 - beta_1 ** (step + 1))


def linear_decay(rate: float, step: int, num_steps: int) -> float:
    """The rate of a step, from 0, on the line from `rate` down to 0; there is no warm-up."""
    return rate * (1 - step / num_steps)
