"""Whole models between a TensorFlow checkpoint and a Hugging Face folder."""
import json
import os
from typing import Any, List, NamedTuple, Optional

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, encoders, huggingface

SAFETENSORS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # of a model in several files
PYTORCH = "pytorch_model.bin"
CHECKPOINT = "bert_model.ckpt"


class Conversion(NamedTuple):
    """The files that were written."""

    # The weights: the checkpoint's prefix, or the safetensors file.
    model: str
    config: str
    # None if there was none to copy.
    vocab: Optional[str]
    n_tensors: int
    n_parameters: int
    # A line on each thing that was left out or differs.
    notes: List[str]
    is_cased: bool = False  # as far as the folder says


def is_huggingface(path: str) -> bool:
    """Whether `path` is a Hugging Face folder."""
    return any(os.path.exists(os.path.join(path, name)) for name in (SAFETENSORS, INDEX, PYTORCH))


def to_tensorflow(folder: str, output_dir: str,
                  allow_missing_pooler: bool = False) -> Conversion:
    """Converts a folder with model.safetensors, config.json and perhaps vocab.txt.

    Writes bert_model.ckpt.*, bert_config.json and vocab.txt into `output_dir`. Half precision
    becomes float32. The weights may be in several files with a model.safetensors.index.json, and
    the vocabulary in a tokenizer.json.

    Args:
      folder: the Hugging Face folder.
      output_dir: made if it is not there.
      allow_missing_pooler: see huggingface.from_huggingface.

    Raises:
      UserError: something is missing, or config and weights do not fit.
    """
    source = _weights_of(folder)
    config_path = os.path.join(folder, "config.json")
    config, notes = huggingface.config_from_huggingface(
        files.read_json(config_path, must_exist=True, remedy=""), config_path)
    vocab, vocab_notes = _read_vocab_of_folder(folder, config)
    read = (huggingface.read_sharded_safetensors if source.endswith(INDEX)
            else huggingface.read_safetensors)
    weights, weight_notes = huggingface.from_huggingface(read(source), config, source,
                                                         allow_missing_pooler)
    prefix = os.path.join(output_dir, CHECKPOINT)
    checkpoints.write_weights(prefix, weights)
    config_out = _write(output_dir, "bert_config.json", config.to_json().encode("utf8"))
    vocab_out = _write(output_dir, "vocab.txt", vocab)
    is_cased = _is_cased(folder)
    if is_cased:
        vocab_notes = vocab_notes + [
            "this is a cased model: pass --do_lower_case=false to all programs"]
    return Conversion(prefix, config_out, vocab_out, len(weights),
                      sum(w.size for w in weights.values()), notes + vocab_notes + weight_notes,
                      is_cased)


def _weights_of(folder: str) -> str:
    """The file of a Hugging Face folder through which its weights are read."""
    whole, index, pytorch = (os.path.join(folder, name) for name in (SAFETENSORS, INDEX, PYTORCH))
    if not os.path.exists(whole):
        if os.path.exists(index):
            return index
        if os.path.exists(pytorch):
            raise UserError("%s has %s but no %s: save it as safetensors first, with transformers' "
                            "model.save_pretrained(FOLDER, safe_serialization=True)"
                            % (folder, PYTORCH, SAFETENSORS))
    return whole


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
    config = encoders.read_config(config_file or os.path.join(beside, "bert_config.json"))
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


def _read_vocab(path: str, config: Any, must_exist: bool = False):
    """The bytes of a vocabulary, None if there is none, and notes on it."""
    if not must_exist and not files.is_remote(path) and not os.path.exists(path):
        return None, ["no vocab.txt found: put the model's own beside the output"]
    with files.open_binary(path) as f:
        data = f.read()
    return data, _check_entries(path, len(data.splitlines()), config)


def _check_entries(path: str, entries: int, config: Any) -> List[str]:
    """Notes on the size of a vocabulary; raises UserError where it is larger than the model's."""
    if entries > config.vocab_size:
        raise UserError("%s has %d entries, but the config's vocab_size is %d"
                        % (path, entries, config.vocab_size))
    if entries < config.vocab_size:
        return ["%s has %d entries for %d word embeddings"
                % (os.path.basename(path), entries, config.vocab_size)]
    return []


def _read_vocab_of_folder(folder: str, config: Any):
    """`_read_vocab` for a Hugging Face folder, which may have the pieces in a tokenizer.json."""
    path, tokenizer = (os.path.join(folder, name) for name in ("vocab.txt", "tokenizer.json"))
    if os.path.exists(path) or not os.path.exists(tokenizer):
        vocab, notes = _read_vocab(path, config)
    else:
        pieces = _pieces(files.read_json(tokenizer, must_exist=True, remedy=""), tokenizer)
        vocab = "".join(piece + "\n" for piece in pieces).encode("utf8")
        notes = _check_entries(tokenizer, len(pieces), config)
    return vocab, notes


def _is_cased(folder: str) -> bool:
    """Whether a Hugging Face folder says that its pieces are not of lower case."""
    values = files.read_json(os.path.join(folder, "tokenizer_config.json"), remedy="")
    return isinstance(values, dict) and values.get("do_lower_case") is False


def _pieces(tokenizer: Any, path: str) -> List[str]:
    """The wordpieces in a tokenizer.json, in the order of their ids."""
    try:
        kind = tokenizer["model"]["type"]
        ids = dict(tokenizer["model"]["vocab"])
        # Marks such as [CLS] are listed here too, and those that were added here only.
        ids.update({token["content"]: token["id"] for token in tokenizer["added_tokens"]})
        pieces = sorted(ids, key=ids.get)
        complete = [ids[piece] for piece in pieces] == list(range(len(pieces)))
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise UserError("%s is not the file of a tokenizer (%s: %s): put the model's vocab.txt "
                        "beside it" % (path, type(e).__name__, e)) from e
    if kind != "WordPiece" or not complete:
        raise UserError("%s has %s: put the model's vocab.txt beside it" % (
            path, "ids that are missing or double" if kind == "WordPiece"
            else "no wordpieces, but a %s model" % kind))
    return pieces


def _write(folder: str, name: str, data: Optional[bytes]) -> Optional[str]:
    """Writes FOLDER/NAME, unless there is nothing to write; its path."""
    if data is None:
        return None
    path = os.path.join(folder, name)
    with files.replacing(path) as out:
        out.write(data)
    return path
