"""The folders of teachers, and whether these are for some training records. No TensorFlow."""
import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from bert_nq import tasks
from bert_nq.base import vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.estimator import model_card


def find(folders: Sequence[str]) -> Tuple[Any, Dict[str, Any], Tuple[Any, ...]]:
    """The task of teachers, the settings in the first one's card, and the teachers as Members.

    Raises:
      UserError: they are not of one task, head, vocabulary and kind of windows.
    """
    from bert_nq.modeling import checkpoints
    from bert_nq.prediction import members
    from bert_nq.tasks import trained
    dirs = [os.path.dirname(checkpoints.find_checkpoint(folder.strip())) for folder in folders]
    cards = list(map(_card_of, dirs))
    task = tasks.get(cards[0].task)
    head, windows = trained.head_of(dirs[0], cards[0])
    settings = dict(cards[0].settings, **{model_card.HEAD: head})
    for folder, card in zip(dirs[1:], cards[1:]):
        for name in _needed(task) + ("task", model_card.HEAD):
            theirs, ours = (dict(c.settings, task=c.task).get(name) for c in (card, cards[0]))
            if theirs != ours:
                raise UserError("--teacher_dir: %s has %s %s, and %s has %s: they cannot teach "
                                "together" % (folder, name, theirs, dirs[0], ours))
    return task, settings, members.find_members(
        folders, None, vocabulary_files.vocabulary_of(dirs[0]), task.sized_head(head, windows),
        "teacher_dir")


def _card_of(folder):
    card = model_card.read(folder)
    if card is None:
        raise no_card(folder)
    if card.task not in tasks.TASKS:
        raise UserError("--teacher_dir: the model in %s is of the task %s, which is not known"
                        % (folder, card.task))
    return card


def no_card(folder: str) -> UserError:
    """The error of a teacher's folder that does not say how the model was made."""
    return UserError("--teacher_dir: %s has no %s: give the folder of a model that was trained here"
                     % (folder, model_card.NAME))


def _needed(task) -> Tuple[str, ...]:
    """The names of the settings that teachers and records must have in common."""
    return task.weights_depend_on + ("max_seq_length",)


def check_records(paths: List[str], task, settings: Mapping[str, Any],
                  members: Sequence[Any]) -> None:
    """Raises UserError where records were made with another vocabulary or other settings than a
    teacher's.

    Args:
      paths: of the records; those without a manifest beside them are not known.
      task, settings, members: of `find`.
    """
    from bert_nq.records import manifest
    from bert_nq.text.vocabulary import Vocabulary
    folder = os.path.dirname(members[0].checkpoint)
    vocabulary = Vocabulary.load(vocabulary_files.vocabulary_of(folder)).fingerprint()
    for path in manifest.beside(paths):
        made = manifest.read_manifest(path).settings
        if made.get("vocabulary") and not vocabulary.startswith(made["vocabulary"]):
            raise UserError("the records of %s were made with another vocabulary than that of the "
                            "teacher in %s: prepare them with the teacher's" % (path, folder))
        for name in _needed(task):
            if name in made and name in settings and made[name] != settings[name]:
                raise UserError("the records of %s were made with --%s=%s, the teacher in %s with "
                                "--%s=%s: they must be the same"
                                % (path, name, made[name], folder, name, settings[name]))


def program_of(folder: Optional[str]) -> str:
    """The program that trains models as the one in a folder; that of NQ where this is not known."""
    card = model_card.read(folder) if folder else None
    name = card.task if card and card.task in tasks.TASKS else "nq_joint"
    return tasks.get(name).program
