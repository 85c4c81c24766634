"""The output of a prediction, as its flags say: answers, or something else in their place."""
from typing import Any, Callable, Mapping, NamedTuple

from absl import flags

from bert_nq.base.errors import UserError

# Flags that have no meaning where no answers are written.
_OF_ANSWERS = ("output_prediction_file", "output_nbest_file", "thresholds", "do_eval")


class Target(NamedTuple):
    """The file that is written, its form, and what makes its entries."""
    path: str
    answers: Any  # a prediction.output.AnswerFormat
    decoder: Any


def of_flags(task, wanted: Mapping[str, Any], decoder: Callable[[], Any]) -> Target:
    """The target of a prediction.

    Args:
      task: a tasks.Task.
      wanted: values of the flags of files, by name.
      decoder: gives the decoder that the flags describe.

    Raises:
      UserError: one of the task's other outputs is wanted, and answers, another one of these, or a
        decoder that has none of it.
    """
    found = [name for name in task.other_outputs if wanted[name]]
    if not found:
        return Target(wanted["output_prediction_file"], task.answers, decoder())
    other = task.other_outputs[found[0]]
    for name in (*_OF_ANSWERS, *found[1:]):
        if name in flags.FLAGS and flags.FLAGS[name].present and flags.FLAGS[name].value:
            raise UserError("--%s writes %s in place of answers: leave out --%s, and predict by a "
                            "command of its own" % (found[0], other.answers.title.lower(), name))
    return Target(wanted[found[0]], other.answers, other.decoder(decoder()))
