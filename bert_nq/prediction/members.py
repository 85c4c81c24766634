"""The models of an ensemble by their folders, and how many copies fit into memory."""
import os
from typing import Iterable, Optional, Sequence, Tuple

from bert_nq.base import vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_positive
from bert_nq.estimator import model_folder
from bert_nq.modeling import checkpoints, encoders
from bert_nq.modeling.models import Member, Model
from bert_nq.text.vocabulary import Vocabulary

# Bytes of a process with a small model: TensorFlow, the vocabulary, a batch of long windows.
_PROCESS_BYTES = 700 << 20
# Weights are kept as they are, as a part of the graph, and in the type and layout of the kernels:
# measured with 23 million weights.
_BYTES_OF_WEIGHT = 28
# What is to be done about models of several vocabularies, by the flag that names them.
_REMEDIES = {"ensemble": "predict with each model alone, and combine the answers with "
                         "eval/ensemble_predictions.py"}


def find_members(paths: Sequence[str], weights: Optional[Sequence[str]], vocab_file: str,
                 head: str, flag: str = "ensemble") -> Tuple[Member, ...]:
    """The models whose logits are averaged.

    Args:
      paths: folders as training leaves them, or checkpoints in such folders.
      weights: of each of them, as numbers; None: equal ones.
      vocab_file: the vocabulary that all must have.
      head: the head that all have, see Model.
      flag: names the models in messages.

    Raises:
      UserError: a model is missing or incomplete, has another vocabulary or another shape than its
        config, or the weights do not fit.
    """
    if weights is not None and len(weights) != len(paths):
        raise UserError("--ensemble_weights has %d numbers for %d models"
                        % (len(weights), len(paths)))
    numbers = [1.0] * len(paths) if weights is None else [
        parse_positive(weight, "--ensemble_weights") for weight in weights]
    return tuple(_member(path.strip(), number, vocab_file, head, flag)
                 for path, number in zip(paths, numbers))


def _member(path: str, weight: float, vocab_file: str, head: str, flag: str) -> Member:
    checkpoint = checkpoints.find_checkpoint(path)
    folder = os.path.dirname(checkpoint)
    config_file = os.path.join(folder, model_folder.CONFIG)
    vocabulary = vocabulary_files.vocabulary_of(folder)
    for name in (config_file, vocabulary):
        if not os.path.exists(name):
            raise UserError("--%s: %s is missing beside the model %s: put it there"
                            % (flag, name, checkpoint))
    if Vocabulary.load(vocabulary).fingerprint() != Vocabulary.load(vocab_file).fingerprint():
        raise UserError("--%s: %s has another vocabulary than %s: %s" % (
            flag, folder, vocab_file, _REMEDIES.get(flag, "models of one vocabulary are needed")))
    return Member(Model(encoders.read_config(config_file), head), checkpoint, weight)


def num_processes(members: Iterable[Member], num_cores: int, available_bytes: int) -> int:
    """The number of processes, each with all models, that there is room for; at least 1."""
    need = _PROCESS_BYTES + sum(_BYTES_OF_WEIGHT * encoders.num_weights(member.model.config)
                                for member in members)
    return max(1, min(num_cores, available_bytes // need))


def available_memory() -> int:
    """Bytes of memory that a new process can have without anything being swapped out."""
    try:
        with open("/proc/meminfo", "rb") as f:
            fields = dict(line.split(b":") for line in f)
        return int(fields[b"MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):  # not on Linux
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
