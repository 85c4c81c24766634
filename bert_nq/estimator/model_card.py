"""model.json in a model's folder: how the model was made. Free of TensorFlow.

    {"task": "nq_joint",
     "settings": {"do_lower_case": true, "tokenizer": "wordpiece", "max_seq_length": 512, ...}}

The settings are those that decide how an example becomes the model's input, by the flags' names,
and the model's "head".
The config and the vocabulary lie beside it, see model_folder. Whoever predicts with the model takes
its settings as defaults, so that none of them has to be given a second time.
"""
import os
from typing import Any, Collection, Dict, NamedTuple, Optional

from bert_nq.base import files
from bert_nq.base.errors import UserError

NAME = "model.json"
HEAD = "head"  # the setting that names the head


class ModelCard(NamedTuple):
    """See the module."""
    task: str  # a name of tasks.TASKS
    settings: Dict[str, Any]  # flag's name to its value: a boolean, a number or a string


def write(folder: str, card: ModelCard) -> None:
    """Writes or replaces the card in a model's folder."""
    files.write_json(os.path.join(folder, NAME), dict(card._asdict()))


def read(folder: str) -> Optional[ModelCard]:
    """The card in a model's folder; None where there is none, as in folders of earlier versions.

    Raises:
      UserError: the file is damaged.
    """
    path = os.path.join(folder, NAME)
    content = files.read_json(path)
    if content is None:
        return None
    if not isinstance(content, dict):
        raise _damaged(path, "it is not a JSON object")
    if not isinstance(content.get("task"), str):
        raise _damaged(path, 'there is no "task"')
    settings = content.get("settings")
    if not isinstance(settings, dict) or not all(
            value is None or isinstance(value, (bool, int, float, str))
            for value in settings.values()):
        raise _damaged(path, '"settings" is not an object of booleans, numbers, strings and nulls')
    return ModelCard(content["task"], settings)


def head_of(card: ModelCard, folder: str, heads: Collection[str]) -> str:
    """The head of a model: what its card says, or the first one in cards of earlier versions.

    Args:
      card: the model's.
      folder: where that was read from.
      heads: those that the models of its task may have.

    Raises:
      UserError: it is none of them.
    """
    head = card.settings.get(HEAD, next(iter(heads)))
    if head not in heads:
        raise _damaged(os.path.join(folder, NAME), '"head" is %.40r; it can be %s' % (
            head, ", ".join(heads)))
    return head


def _damaged(path: str, reason: str) -> UserError:
    return UserError("%s is not what training writes (%s): train again, or remove it and give all "
                     "flags of the model" % (path, reason))
