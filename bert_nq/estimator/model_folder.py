"""The files of a model's folder: checkpoints, and beside them its config and its vocabulary.

These two make the folder complete, and tell when a model is used with others than it was trained
with, which its checkpoints' shapes often do not show. Free of TensorFlow.
"""
import contextlib
import os
import re
import shutil
from typing import Any, Optional

from bert_nq.base import files, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.base.vocabulary_files import file_name_of, vocabulary_of
from bert_nq.estimator import model_card
from bert_nq.modeling import checkpoints, encoders
from bert_nq.text.vocabulary import Vocabulary

CONFIG = "bert_config.json"
# Fields that may change from one run to the next: only training, or its start, uses them.
# The encoder's name is compared before all fields.
_NOT_OF_THE_OUTPUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range",
                       "model_type")

# The files that training writes: a checkpoint's name without "-STEP", the record of the run, its
# losses and scores, and these as a picture; and the folders of further models.
CHECKPOINT = "model.ckpt"
RECORD, HISTORY, PLOT = "training.json", "history.json", "history.png"
BEST, AVERAGED = "best", "averaged"
_WRITTEN_BY_TRAINING = re.compile(
    r"%s-\d+\..*|graph\.pbtxt|events\.out\.tfevents\..*" % re.escape(CHECKPOINT)
    + "".join("|" + re.escape(name) for name in (checkpoints.STATE, RECORD, HISTORY, PLOT)))


def has_checkpoint(output_dir: str) -> bool:
    """Whether training left a checkpoint in a folder of this machine; True for remote folders."""
    return files.is_remote(output_dir) or os.path.exists(
        os.path.join(output_dir, checkpoints.STATE))


def steps_done(output_dir: str) -> Optional[int]:
    """The steps that the newest checkpoint in a folder was trained for; None without one.

    Raises:
      UserError: the folder names a checkpoint that is not there.
    """
    if not has_checkpoint(output_dir):
        return None
    return int(checkpoints.find_checkpoint(output_dir).rsplit("-", 1)[1])


def check_checkpoint_is_there(output_dir: str) -> None:
    """Raises UserError where a folder of this machine names a newest checkpoint that is gone."""
    if files.is_remote(output_dir) or not has_checkpoint(output_dir):
        return
    try:
        checkpoints.find_checkpoint(output_dir)
    except UserError as e:
        raise UserError("%s: the model that the file `checkpoint` names is gone (%s): bring it "
                        "back, or train anew with --overwrite_output_dir" % (output_dir, e)) from e


def check_same_model(output_dir: str, config: Any, vocab_file: str) -> None:
    """Compares a config and a vocabulary with those that a trained model's folder has.

    Raises:
      UserError: they differ in something that the model's outputs depend on.
    """
    if files.is_remote(output_dir) or not has_checkpoint(output_dir):
        return
    path = os.path.join(output_dir, CONFIG)
    if os.path.exists(path):
        trained = encoders.read_config(path)
        # A config may leave out of its dict what is as it was before there was a choice.
        names = (set(config.to_dict()) | set(trained.to_dict())) - set(_NOT_OF_THE_OUTPUTS)
        for name in ["encoder"] + sorted(names):
            ours, theirs = getattr(config, name), getattr(trained, name)
            if ours != theirs:
                raise UserError("the model in %s was trained with %s %s, --bert_config_file has %s:"
                                " give %s or another --output_dir"
                                % (output_dir, name, theirs, ours, path))
    path = vocabulary_of(output_dir)
    if os.path.exists(path) and (Vocabulary.load(path).fingerprint()
                                 != Vocabulary.load(vocab_file).fingerprint()):
        raise UserError("the model in %s was trained with another vocabulary than %s: give %s or "
                        "another --output_dir" % (output_dir, vocab_file, path))


def has_files(output_dir: str) -> bool:
    """Whether a folder of this machine holds a config and a vocabulary."""
    return all(map(os.path.exists, (os.path.join(output_dir, CONFIG), vocabulary_of(output_dir))))


def check_no_vocabulary_is_lost(output_dir: str, vocab_file: str) -> None:
    """Refuses to keep a vocabulary in a folder that has another which may be a person's own.

    That is one of the other kind, since a folder has one vocabulary, or one that no training put
    there: beside a copy of training's lies a card.

    Raises:
      UserError: there is such a file.
    """
    if files.is_remote(output_dir):
        return
    kept, content = file_name_of(vocab_file), files.read_whole(vocab_file)
    for name in vocabulary_files.NAMES:
        path = os.path.join(output_dir, name)
        is_copy = name == kept and (model_card.read(output_dir) is not None
                                    or os.path.exists(path) and files.read_whole(path) == content)
        if os.path.exists(path) and not is_copy:
            raise UserError("%s is another vocabulary than --vocab_file=%s, which training keeps "
                            "in that folder: move it away, or choose another --output_dir"
                            % (path, vocab_file))


def keep_beside_checkpoints(output_dir: str, config_file: str, vocab_file: str,
                            card: Optional[model_card.ModelCard] = None) -> None:
    """Copies the config and the vocabulary into the folder, and writes the card into it."""
    for path, name in ((config_file, CONFIG), (vocab_file, file_name_of(vocab_file))):
        target = os.path.join(output_dir, name)
        if not files.is_remote(target) and os.path.realpath(path) != os.path.realpath(target):
            with files.open_binary(path) as source, files.replacing(target) as out:
                shutil.copyfileobj(source, out)
    if card is not None:
        model_card.write(output_dir, card)


def copy_kept_files(model_dir: str, folder: str) -> None:
    """Copies the files that `keep_beside_checkpoints` left in one folder into another.

    The other folder is training's own; a vocabulary there is of a model that was there before.
    """
    if files.is_remote(model_dir) or not has_files(model_dir):
        return
    kept = vocabulary_of(model_dir)
    keep_beside_checkpoints(folder, os.path.join(model_dir, CONFIG), kept,
                            model_card.read(model_dir))
    for name in set(vocabulary_files.NAMES) - {file_name_of(kept)}:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))


def check_not_of_a_model(path: str) -> None:
    """Raises UserError where an output would take the place of a file of a model."""
    folder, name = os.path.split(path)
    if files.is_remote(path) or not has_checkpoint(folder):
        return
    kept = (CONFIG, model_card.NAME) + vocabulary_files.NAMES
    if name in kept or _WRITTEN_BY_TRAINING.fullmatch(name):
        raise UserError("%s belongs to the model in that folder: choose another output" % path)


def check_can_clear(output_dir: str, init_checkpoint: Optional[str]) -> None:
    """Refuses to clear a folder where that would do harm.

    Raises:
      UserError: it is remote, or training is to start from a checkpoint in it.
    """
    if files.is_remote(output_dir):
        raise UserError("--overwrite_output_dir: remove %s yourself, remote folders are not cleared"
                        % output_dir)
    if init_checkpoint and os.path.realpath(init_checkpoint).startswith(
            os.path.join(os.path.realpath(output_dir), "")):
        raise UserError("--init_checkpoint=%s is in --output_dir, which --overwrite_output_dir "
                        "clears: choose another --output_dir" % init_checkpoint)


def clear(output_dir: str) -> None:
    """Removes the files that training wrote into a folder; others, and the copies, stay."""
    # The state file goes first, so that a folder that is half cleared holds no model.
    for name in sorted(os.listdir(output_dir), key=checkpoints.STATE.__ne__):
        path = os.path.join(output_dir, name)
        if _WRITTEN_BY_TRAINING.fullmatch(name) and os.path.isfile(path):
            os.unlink(path)
        elif name in (BEST, AVERAGED) and os.path.isdir(path):
            shutil.rmtree(path)
