"""Finds and opens WordNet's files; `lexicon` parses them.

They are looked for where the user says, where `nltk.download` puts them, and where Debian's
package wordnet-base does. They are read in place, from a folder or from a zip file.
"""
import contextlib
import mmap
import os
import zipfile
from typing import Dict, Iterator, List, NamedTuple, Optional

import google_crc32c

from bert_nq.base.errors import UserError

NOUN, VERB, ADJECTIVE, ADVERB = "n", "v", "a", "r"
NAMES_OF_PARTS = {NOUN: "noun", VERB: "verb", ADJECTIVE: "adj", ADVERB: "adv"}  # in file names
PARTS_OF_SPEECH = tuple(NAMES_OF_PARTS)

_DEBIAN = "/usr/share/wordnet"
_FILES = ["%s.%s" % (kind, part) for kind in ("data", "index") for part in NAMES_OF_PARTS.values()]
_FILES += [part + ".exc" for part in NAMES_OF_PARTS.values()] + ["cntlist.rev"]

_HOW_TO_GET_IT = ("install it with 'python -m nltk.downloader wordnet' or 'apt-get install "
                  "wordnet-base', or give a folder that has it with --wordnet_dir=DIR")


class WordNetFiles(NamedTuple):
    """The place of WordNet's files; can be passed to other processes, which open them anew."""
    path: str  # a folder or a zip file
    inside: str  # the folder inside the zip file, such as "wordnet/"; "" for a plain folder
    fingerprint: str  # differs between versions of the data, wherever the files lie

    def __str__(self):
        return self.path


def find(folder: Optional[str] = None) -> WordNetFiles:
    """Finds WordNet.

    Args:
      folder: where to look: a folder with data.noun and the other files, a folder of NLTK's with
        corpora/wordnet or corpora/wordnet.zip, or a zip file. None looks in NLTK's own folders
        (first those in the variable NLTK_DATA), then in Debian's.

    Raises:
      UserError: it is not found; the message says how to get it.
    """
    if folder:
        for place in _places_in(folder):
            files = _files_at(place)
            if files:
                return files
        raise UserError("no WordNet in %s (looked for index.noun, data.noun and the like there, "
                        "in corpora/wordnet and in corpora/wordnet.zip): %s"
                        % (folder, _HOW_TO_GET_IT))
    folders = _nltk_folders()
    for place in [place for folder in folders for place in _places_of_nltk(folder)] + [_DEBIAN]:
        files = _files_at(place)
        if files:
            return files
    raise UserError("no WordNet found in %s: %s" % (", ".join(folders + [_DEBIAN]), _HOW_TO_GET_IT))


def _nltk_folders() -> List[str]:
    import nltk.data  # Imported only when needed, since it takes most of a second.
    return [str(folder) for folder in nltk.data.path if str(folder)]


def _places_of_nltk(folder: str) -> List[str]:
    return [os.path.join(folder, "corpora", name) for name in ("wordnet", "wordnet.zip")]


def _places_in(folder: str) -> List[str]:
    # "dict" is the folder's name in Princeton's own archive.
    return [folder] + _places_of_nltk(folder) + [
        os.path.join(folder, name) for name in ("wordnet", "wordnet.zip", "dict")]


def _files_at(place: str) -> Optional[WordNetFiles]:
    """WordNet at exactly this place; None if the place lacks an index or cannot be read."""
    inside = ""
    if os.path.isfile(place):
        try:
            with zipfile.ZipFile(place) as archive:
                sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        except (OSError, zipfile.BadZipFile):
            return None
        index = next((name for name in sizes if os.path.basename(name) == "index.noun"), "")
        inside = index[:-len("index.noun")]
        sizes = {name: sizes.get(inside + name, 0) for name in _FILES}
    else:
        paths = {name: os.path.join(place, name) for name in _FILES}
        sizes = {name: os.path.getsize(path) if os.path.isfile(path) else 0
                 for name, path in paths.items()}
    # An exception list may be empty or missing; an index may not.
    if not all(sizes[name] for name in _FILES if name.startswith("index.")):
        return None
    files = WordNetFiles(place, inside, "")
    try:
        return files._replace(fingerprint=_fingerprint(files, sizes))
    except OSError:
        return None


def _fingerprint(files: WordNetFiles, sizes: Dict[str, int]) -> str:
    """CRC-32C of all sizes and of the smallest index, which is enough to tell releases apart."""
    text = " ".join("%s=%d" % item for item in sorted(sizes.items())).encode("ascii")
    return "%08x" % google_crc32c.value(text + bytes(content(files, "index.adv")))


def content(files: WordNetFiles, name: str):
    """The bytes of a file such as "data.noun"; memory-mapped in a folder, to share among processes.
    """
    if zipfile.is_zipfile(files.path):
        with zipfile.ZipFile(files.path) as archive:
            return archive.read(files.inside + name)
    with open(os.path.join(files.path, name), "rb") as f:
        if not os.fstat(f.fileno()).st_size:
            return b""
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)


@contextlib.contextmanager
def explaining(files: WordNetFiles, name: str = "") -> Iterator[None]:
    """Turns errors of reading or parsing a file into a UserError that names it."""
    try:
        yield
    except (OSError, LookupError, ValueError, zipfile.BadZipFile) as e:
        raise UserError("cannot read WordNet in %s (%s%s: %s): %s" % (
            files.path, name and name + ": ", type(e).__name__, e, _HOW_TO_GET_IT)) from e
