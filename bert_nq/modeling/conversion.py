"""Whole models between a TensorFlow checkpoint and a Hugging Face folder."""
import json
import os
from typing import List, NamedTuple, Optional

from bert_nq import files
from bert_nq.errors import UserError
from bert_nq.modeling import checkpoints, huggingface
from bert_nq.modeling.config import BertConfig, read_json

SAFETENSORS = "model.safetensors"
PYTORCH = "pytorch_model.bin"
CHECKPOINT = "bert_model.ckpt"


class Conversion(NamedTuple):
    """What was written."""

    # The weights: the checkpoint's prefix, or the safetensors file.
    model: str
    config: str
    # None if there was none to copy.
    vocab: Optional[str]
    n_tensors: int
    n_parameters: int
    # What was left out or differs, a line each.
    notes: List[str]


def is_huggingface(path: str) -> bool:
    """Whether `path` is a Hugging Face folder."""
    return any(os.path.exists(os.path.join(path, name)) for name in (SAFETENSORS, PYTORCH))


def to_tensorflow(folder: str, output_dir: str,
                  allow_missing_pooler: bool = False) -> Conversion:
    """Converts a folder with model.safetensors, config.json and perhaps vocab.txt.

    Writes bert_model.ckpt.*, bert_config.json and vocab.txt into `output_dir`. Half precision
    becomes float32.

    Args:
      folder: the Hugging Face folder.
      output_dir: made if it is not there.
      allow_missing_pooler: see huggingface.from_huggingface.

    Raises:
      UserError: something is missing, or config and weights do not fit.
    """
    source = os.path.join(folder, SAFETENSORS)
    if not os.path.exists(source) and os.path.exists(os.path.join(folder, PYTORCH)):
        raise UserError("%s has %s but no %s: save it as safetensors first, with transformers' "
                        "model.save_pretrained(FOLDER, safe_serialization=True)"
                        % (folder, PYTORCH, SAFETENSORS))
    config_path = os.path.join(folder, "config.json")
    config, notes = huggingface.config_from_huggingface(read_json(config_path), config_path)
    vocab, vocab_notes = _read_vocab(os.path.join(folder, "vocab.txt"), config)
    weights, weight_notes = huggingface.from_huggingface(
        huggingface.read_safetensors(source), config, source, allow_missing_pooler)
    prefix = os.path.join(output_dir, CHECKPOINT)
    checkpoints.write_weights(prefix, weights)
    config_out = _write(output_dir, "bert_config.json", config.to_json().encode("utf8"))
    vocab_out = _write(output_dir, "vocab.txt", vocab)
    return Conversion(prefix, config_out, vocab_out, len(weights),
                      sum(w.size for w in weights.values()), notes + vocab_notes + weight_notes)


def to_huggingface(path: str, output_dir: str, config_file: Optional[str] = None,
                   vocab_file: Optional[str] = None,
                   allow_missing_pooler: bool = False) -> Conversion:
    """Converts a TensorFlow checkpoint.

    Writes model.safetensors, config.json and vocab.txt into `output_dir`.

    Args:
      path: the checkpoint; see checkpoints.find_checkpoint.
      output_dir: made if it is not there.
      config_file: its bert_config.json, by default the one beside it.
      vocab_file: its vocabulary, by default the vocab.txt beside it, if there is one.
      allow_missing_pooler: see huggingface.from_huggingface.

    Raises:
      UserError: something is missing, or config and weights do not fit.
    """
    prefix = checkpoints.find_checkpoint(path)
    beside = os.path.dirname(prefix)
    config = BertConfig.from_json_file(config_file or os.path.join(beside, "bert_config.json"))
    vocab, notes = _read_vocab(vocab_file or os.path.join(beside, "vocab.txt"), config,
                               must_exist=bool(vocab_file))
    checkpoints.check_fits(config, prefix)
    tensors, weight_notes = huggingface.to_huggingface(
        checkpoints.read_weights(prefix), config, prefix, allow_missing_pooler)
    model = os.path.join(output_dir, SAFETENSORS)
    huggingface.write_safetensors(model, tensors)
    values = json.dumps(huggingface.config_to_huggingface(config), indent=2, sort_keys=True)
    config_out = _write(output_dir, "config.json", (values + "\n").encode("utf8"))
    vocab_out = _write(output_dir, "vocab.txt", vocab)
    return Conversion(model, config_out, vocab_out, len(tensors),
                      sum(t.size for t in tensors.values()), notes + weight_notes)


def _read_vocab(path: str, config: BertConfig, must_exist: bool = False):
    """The bytes of a vocabulary, None if there is none, and notes on it."""
    if not must_exist and not files.is_remote(path) and not os.path.exists(path):
        return None, ["no vocab.txt found: put the model's own beside the output"]
    with files.open_binary(path) as f:
        data = f.read()
    entries = len(data.splitlines())
    if entries > config.vocab_size:
        raise UserError("%s has %d entries, but the config's vocab_size is %d"
                        % (path, entries, config.vocab_size))
    if entries < config.vocab_size:
        return data, ["vocab.txt has %d entries for %d word embeddings"
                      % (entries, config.vocab_size)]
    return data, []


def _write(folder: str, name: str, data: Optional[bytes]) -> Optional[str]:
    """Writes FOLDER/NAME, unless there is nothing to write; its path."""
    if data is None:
        return None
    path = os.path.join(folder, name)
    with files.replacing(path) as out:
        out.write(data)
    return path
