"""A trained model by what lies in its folder alone, checked as far as that goes without TensorFlow.

The folder's model.json has the task and the settings that the model was trained with; its config,
its vocabulary and its weights lie beside that, see estimator.model_folder.
"""
import os
from typing import Any, NamedTuple, Tuple

from bert_nq import tasks
from bert_nq.base import files, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.estimator import model_card, model_folder
from bert_nq.features.options import TextOptions
from bert_nq.modeling import checkpoints
from bert_nq.modeling.models import Model
from bert_nq.prediction import trained_model
from bert_nq.tasks.task import Task


class Trained(NamedTuple):
    """The model of a folder, and how its rows are made."""
    folder: str
    task: Task
    model: Model
    text: TextOptions
    windows: Any  # the options of the task's featurizer
    maker: Any  # of rows
    checkpoint: str  # the prefix of the newest one


def card_of(folder: str) -> model_card.ModelCard:
    """The card in a model's folder.

    Raises:
      UserError: this is no folder of a model, or it is on another machine.
    """
    if files.is_remote(folder):
        raise UserError("%s: copy the model to this machine, a remote one cannot be loaded"
                        % folder)
    if not os.path.isdir(folder):
        raise UserError("%s is not a folder: a model is a folder that training has written"
                        % folder)
    card = model_card.read(folder)
    paths = os.path.join(folder, model_folder.CONFIG), vocabulary_files.vocabulary_of(folder)
    missing = [os.path.basename(path) for path in paths if not os.path.exists(path)]
    if card is None or missing:
        raise UserError("%s is not the folder of a trained model: it has no %s, which training "
                        "writes (--output_dir)" % (folder, ", ".join(
                            missing + ([model_card.NAME] if card is None else []))))
    return card


def head_of(folder: str, card: model_card.ModelCard) -> Tuple[str, Any]:
    """The head of a folder's model, a key of its task's `heads`, and its featurizer's options."""
    task = tasks.get(card.task)
    return (model_card.head_of(card, folder, task.heads),
            trained_model.with_settings(task.featurizer.options(), card.settings))


def read(folder: str, card: model_card.ModelCard) -> Trained:
    """The model of a folder.

    Args:
      folder: the model's.
      card: of `card_of`.

    Raises:
      UserError: a file cannot be read, or the files do not belong together.
    """
    task = tasks.get(card.task)
    text = trained_model.with_settings(TextOptions(vocabulary_files.vocabulary_of(folder)),
                                       card.settings)
    head, windows = head_of(folder, card)
    model, maker = trained_model.read(
        os.path.join(folder, model_folder.CONFIG), task.sized_head(head, windows), task.featurizer,
        text, windows)
    return Trained(folder, task, model, text, windows, maker, checkpoints.find_checkpoint(folder))
