"""Whole models between a TensorFlow checkpoint and a Hugging Face folder."""
import contextlib
import json
import os
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base import files, piece_model, unigram_tokenizer, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.base.vocabulary_files import PIECES, WORDPIECES, vocabulary_of
from bert_nq.modeling import checkpoints, encoders, huggingface
from bert_nq.modeling.weights import check_finite

SAFETENSORS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # of a model in several files
PYTORCH = "pytorch_model.bin"
CHECKPOINT = "bert_model.ckpt"
TOKENIZER = "tokenizer.json"


class Vocab(NamedTuple):
    """A vocabulary's file."""
    name: str  # in a model's folder
    content: bytes


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


def is_huggingface(path: str) -> bool:
    """Whether `path` is a Hugging Face folder."""
    return any(os.path.exists(os.path.join(path, name)) for name in (SAFETENSORS, INDEX, PYTORCH))


def to_tensorflow(folder: str, output_dir: str,
                  allow_missing_pooler: bool = False,
                  beside: Optional[Mapping[str, bytes]] = None) -> Conversion:
    """Converts a folder with model.safetensors, config.json and perhaps vocab.txt.

    Writes bert_model.ckpt.*, bert_config.json and vocab.txt into `output_dir`. Half precision
    becomes float32. The weights may be in several files with a model.safetensors.index.json, and
    the vocabulary in a tokenizer.json.

    Args:
      folder: the Hugging Face folder.
      output_dir: made if it is not there.
      allow_missing_pooler: see huggingface.from_huggingface.
      beside: further files for `output_dir`, by their names.

    Raises:
      UserError: something is missing, config and weights do not fit, or a weight is NaN or
        infinite.
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
    return write_checkpoint(output_dir, weights, config, vocab, beside,
                             notes + vocab_notes + weight_notes)


def to_float32(path: str, output_dir: str, config_file: Optional[str] = None,
               vocab_file: Optional[str] = None,
               beside: Optional[Mapping[str, bytes]] = None) -> Conversion:
    """Copies the model in a TensorFlow checkpoint: its weights alone, and as float32.

    Writes bert_model.ckpt.*, bert_config.json and vocab.txt into `output_dir`. The arguments and
    errors are those of `to_huggingface`.
    """
    prefix, config, vocab, notes = read_model(path, config_file, vocab_file)
    weights = checkpoints.read_weights(prefix)
    check_finite(weights.items(), prefix)
    if os.path.abspath(prefix) == os.path.abspath(os.path.join(output_dir, CHECKPOINT)):
        raise UserError("%s is input and output at once: choose another --output_dir" % prefix)
    return write_checkpoint(output_dir, weights, config, vocab, beside, notes)


def write_checkpoint(output_dir: str, weights: Mapping[str, np.ndarray], config: Any,
                     vocab: Optional[Vocab], beside: Optional[Mapping[str, bytes]],
                     notes: List[str]) -> Conversion:
    """Writes a model as bert_model.ckpt.*, bert_config.json and its vocabulary."""
    prefix = os.path.join(output_dir, CHECKPOINT)
    with _writing(output_dir, _small("bert_config.json", config.to_json(), vocab, beside)) as paths:
        checkpoints.write_weights(prefix, weights)
    return Conversion(prefix, paths["bert_config.json"], vocab and paths[vocab.name], len(weights),
                      sum(w.size for w in weights.values()), notes)


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
                   allow_missing_pooler: bool = False,
                   beside: Optional[Mapping[str, bytes]] = None) -> Conversion:
    """Converts a TensorFlow checkpoint.

    Writes model.safetensors, config.json and vocab.txt into `output_dir`.

    Args:
      path: the checkpoint; see checkpoints.find_checkpoint.
      output_dir: made if it is not there.
      config_file: its bert_config.json, by default the one beside it.
      vocab_file: its vocabulary, by default the vocab.txt beside it, if there is one.
      allow_missing_pooler: see huggingface.from_huggingface.
      beside: further files for `output_dir`, by their names.

    Raises:
      UserError: as `to_tensorflow`.
    """
    prefix, config, vocab, notes = read_model(path, config_file, vocab_file)
    tensors, weight_notes = huggingface.to_huggingface(
        checkpoints.read_weights(prefix), config, prefix, allow_missing_pooler)
    model = os.path.join(output_dir, SAFETENSORS)
    values = json.dumps(huggingface.config_to_huggingface(config), indent=2, sort_keys=True)
    with _writing(output_dir, _small("config.json", values + "\n", vocab, beside)) as paths:
        huggingface.write_safetensors(model, tensors)
    return Conversion(model, paths["config.json"], vocab and paths[vocab.name], len(tensors),
                      sum(t.size for t in tensors.values()), notes + weight_notes)


def read_model(path: str, config_file: Optional[str], vocab_file: Optional[str]
               ) -> Tuple[str, Any, Optional[Vocab], List[str]]:
    """A checkpoint's prefix, its config, the bytes of its vocabulary, and notes on these.

    The arguments are those of `to_huggingface`.
    """
    prefix = checkpoints.find_checkpoint(path)
    beside = os.path.dirname(prefix)
    config = encoders.read_config(config_file or os.path.join(beside, "bert_config.json"))
    vocab, notes = _read_vocab(vocab_file or vocabulary_of(beside), config,
                               must_exist=bool(vocab_file))
    checkpoints.check_sizes(config, prefix)
    return prefix, config, vocab, notes


def _read_vocab(path: str, config: Any, must_exist: bool = False):
    """A vocabulary, None if there is none, and notes on it."""
    if not must_exist and not files.is_remote(path) and not os.path.exists(path):
        return None, ["no vocab.txt found: put the model's own beside the output"]
    with files.open_binary(path) as f:
        data = f.read()
    if vocabulary_files.holds_pieces(path, data):
        entries = len(piece_model.parse(data, path).pieces)
        return Vocab(PIECES, data), _check_entries(path, entries, config)
    return Vocab(WORDPIECES, data), _check_entries(path, len(data.splitlines()), config)


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
    """`_read_vocab` for a Hugging Face folder, which may have a tokenizer.json instead."""
    path, tokenizer = vocabulary_of(folder), os.path.join(folder, TOKENIZER)
    if os.path.exists(path) or not os.path.exists(tokenizer):
        vocab, notes = _read_vocab(path, config)
    else:
        content = files.read_json(tokenizer, must_exist=True, remedy="")
        if unigram_tokenizer.is_one(content):
            model = unigram_tokenizer.piece_model_of(content, tokenizer)
            number, vocab = len(model.pieces), Vocab(PIECES, model.content())
        else:
            pieces = _pieces(content, tokenizer)
            number, vocab = len(pieces), Vocab(
                WORDPIECES, "".join(piece + "\n" for piece in pieces).encode("utf8"))
        notes = _check_entries(tokenizer, number, config)
    return vocab, notes


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
        raise UserError("%s has %s: put the model's %s beside it" % (
            path, "ids that are missing or double" if kind == "WordPiece"
            else "no wordpieces, but a %s model" % kind, WORDPIECES))
    return pieces


def _small(config_name: str, config: str, vocab: Optional[Vocab],
           beside: Optional[Mapping[str, bytes]]) -> Dict[str, bytes]:
    """The files beside the weights, by name."""
    small = dict(beside or {}, **{config_name: config.encode("utf8")})
    if vocab is not None:
        small[vocab.name] = vocab.content
    return small


@contextlib.contextmanager
def _writing(folder: str, contents: Mapping[str, bytes]) -> Iterator[Dict[str, str]]:
    """Writes small files, by name, when the block that writes a large one ends without an error.

    Gives their paths. They have their room on the disk before the block begins.
    """
    paths = {name: os.path.join(folder, name) for name in contents}
    with contextlib.ExitStack() as stack:
        for name, content in contents.items():
            out = stack.enter_context(files.replacing(paths[name]))
            out.write(content)
            out.flush()
        yield paths
