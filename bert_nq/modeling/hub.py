"""Fetches a model's files from the Hugging Face hub. Free of TensorFlow."""
import glob
import os
import re
import sys
import textwrap
from typing import Tuple

from bert_nq.base.errors import UserError

PREFIX = "hf:"

# The weights in safetensors, whole or in parts, and what belongs to them: not the same weights in
# other formats, which the folder of a model often has as well.
_FILES = ["config.json", "vocab.txt", "spiece.model", "tokenizer.json", "tokenizer_config.json",
          "model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors"]

_ELSEWHERE = ("fetch config.json, vocab.txt and model.safetensors on a machine that can, and give "
              "their folder")


def is_name(path: str) -> bool:
    """Whether `path` names a model of the hub: hf:OWNER/NAME or hf:OWNER/NAME@REVISION."""
    return path.startswith(PREFIX)


def check_not_bare(path: str) -> None:
    """Raises UserError where `path` is nothing of this machine and could be a name without hf:."""
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", path) and not glob.glob(glob.escape(path) + "*"):
        raise UserError("there is no folder or checkpoint %s; for a model of the Hugging Face hub "
                        "give %s%s" % (path, PREFIX, path))


def fetch(name: str) -> str:
    """A folder with the files of a model; what was fetched before is not fetched again.

    Args:
      name: see is_name. A revision is a branch, a tag or a commit of the model's repository.

    Raises:
      UserError: there is no such model, no network, no safetensors in it, or huggingface_hub is not
        installed.
    """
    repository, revision = _parsed(name)
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # Read when it is imported.
    try:
        import huggingface_hub
    except ImportError as e:
        raise UserError("%s: the hub is read with huggingface_hub (%s): pip install "
                        "'bert_nq[hub]', or %s" % (name, e, _ELSEWHERE)) from None
    try:
        folder = huggingface_hub.snapshot_download(repository, revision=revision,
                                                   allow_patterns=_FILES)
    except Exception as e:  # Its own errors, those of the HTTP library, those of the disk.
        raise UserError("%s: %s" % (name, _reason(
            e, repository, revision, huggingface_hub.constants.ENDPOINT))) from e
    if not any(file.endswith(".safetensors") for file in os.listdir(folder)):
        raise UserError("%s has no model.safetensors: look for a revision that has, such as "
                        "%s%s@refs/pr/1, or save it as safetensors with transformers' "
                        "model.save_pretrained(FOLDER) and give the folder"
                        % (name, PREFIX, repository))
    return folder


def _parsed(name: str) -> Tuple[str, str]:
    found = re.match(r"hf:([\w.-]+(?:/[\w.-]+)?)(?:@([^@\s]+))?$", name)
    if not found:
        raise UserError("%r is not the name of a model on the hub: write hf:OWNER/NAME or "
                        "hf:OWNER/NAME@REVISION" % name)
    return found.group(1), found.group(2) or "main"


def _reason(error: Exception, repository: str, revision: str, endpoint: str) -> str:
    """One line on what went wrong and what to do."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "GatedRepoError" in kinds:
        return ("%s/%s is given to those who have accepted its terms: do so there, then set "
                "HF_TOKEN to a token of your account" % (endpoint, repository))
    if "RepositoryNotFoundError" in kinds:
        return ("there is no model %s on %s, or it is private: check the name, or set HF_TOKEN to "
                "a token of an account that may read it" % (repository, endpoint))
    if "RevisionNotFoundError" in kinds:
        return "the model %s has no revision %r" % (repository, revision)
    text = textwrap.shorten(str(error) or type(error).__name__, 200, placeholder=" ...")
    return "cannot fetch it from %s: %s; %s" % (endpoint, text, _ELSEWHERE)
