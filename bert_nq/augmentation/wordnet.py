"""WordNet's files: finding them, and reading them through NLTK.

They are looked for where the user says, where `nltk.download` puts them, and where Debian's
package wordnet-base does. NLTK's reader wants two files that only NLTK's own copy has, `lexnames`
and `index.sense`, and releases of 2026 refuse files outside NLTK's data path. Here the reader gets
its files from this module, which makes the first, does without the second, and reads the others
straight from a folder or a zip file: nothing is written and NLTK's path stays as it is.
"""
import functools
import io
import mmap
import os
import warnings
import zipfile
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import google_crc32c

from bert_nq.errors import UserError

NOUN, VERB, ADJECTIVE, ADVERB = "n", "v", "a", "r"
PARTS_OF_SPEECH = (NOUN, VERB, ADJECTIVE, ADVERB)

_DEBIAN = "/usr/share/wordnet"
_FILES = ["%s.%s" % (kind, part) for kind in ("data", "index")
          for part in ("noun", "verb", "adj", "adv")]
_FILES += ["noun.exc", "verb.exc", "adj.exc", "adv.exc", "cntlist.rev"]

# The lexicographer files in the order of their numbers, from the manual page lexnames(5WN).
LEXNAMES = """adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute
    noun.body noun.cognition noun.communication noun.event noun.feeling noun.food noun.group
    noun.location noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession
    noun.process noun.quantity noun.relation noun.shape noun.state noun.substance noun.time
    verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption
    verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession
    verb.social verb.stative verb.weather adj.ppl""".split()
_LEXNAME_PARTS = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}

_HOW_TO_GET_IT = ("install it with 'python -m nltk.downloader wordnet' or 'apt-get install "
                  "wordnet-base', or give a folder that has it with --wordnet_dir=DIR")


class WordNetFiles(NamedTuple):
    """Where WordNet's files are; to be handed to other processes, which open them anew."""
    path: str  # a folder, or a zip file
    inside: str  # the folder in the zip file, "wordnet/"; "" for a folder
    fingerprint: str  # tells one version of the data from another, wherever the files lie

    def __str__(self):
        return self.path


def find(folder: Optional[str] = None) -> WordNetFiles:
    """Finds WordNet.

    Args:
      folder: where to look: a folder with data.noun and the other files, one of NLTK's that has
        corpora/wordnet or corpora/wordnet.zip, or a zip file. None looks in NLTK's own folders
        (those in the variable NLTK_DATA are the first of them), then in Debian's.

    Raises:
      UserError: there is none; the message says how to get one.
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
    import nltk.data  # Takes most of a second, so only once it is needed.
    return [str(folder) for folder in nltk.data.path if str(folder)]


def _places_of_nltk(folder: str) -> List[str]:
    return [os.path.join(folder, "corpora", name) for name in ("wordnet", "wordnet.zip")]


def _places_in(folder: str) -> List[str]:
    # "dict" is what Princeton's own archive calls it.
    return [folder] + _places_of_nltk(folder) + [
        os.path.join(folder, name) for name in ("wordnet", "wordnet.zip", "dict")]


def _files_at(place: str) -> Optional[WordNetFiles]:
    """WordNet at exactly this place, None if not all of it is there."""
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
    # An adverb without exceptions is thinkable; words without an index are not.
    if not all(sizes[name] for name in _FILES if name.startswith("index.")):
        return None
    files = WordNetFiles(place, inside, "")
    try:
        return files._replace(fingerprint=_fingerprint(files, sizes))
    except OSError:
        return None


def _fingerprint(files: WordNetFiles, sizes: Dict[str, int]) -> str:
    """CRC-32C of all sizes and of the smallest index: enough to tell releases apart."""
    text = " ".join("%s=%d" % item for item in sorted(sizes.items())).encode("ascii")
    return "%08x" % google_crc32c.value(text + bytes(_content(files, "index.adv")))


def _content(files: WordNetFiles, name: str):
    """A file's bytes. From a folder they are mapped, so that processes share the memory."""
    if zipfile.is_zipfile(files.path):
        with zipfile.ZipFile(files.path) as archive:
            return archive.read(files.inside + name)
    with open(os.path.join(files.path, name), "rb") as f:
        if not os.fstat(f.fileno()).st_size:
            return b""
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)


def open_reader(files: WordNetFiles):
    """NLTK's WordNetCorpusReader of these files. Takes about a second.

    The reader is for the process that opens it: it keeps places in files.

    Raises:
      UserError: a file cannot be read or is not WordNet's.
    """
    from nltk.corpus.reader.wordnet import WordNetError
    try:
        return _reader_class()(functools.partial(_content, files))
    except (WordNetError, OSError, KeyError, ValueError, AssertionError, StopIteration,
            RuntimeError) as e:
        raise UserError("cannot read WordNet in %s (%s: %s): %s"
                        % (files.path, type(e).__name__, e, _HOW_TO_GET_IT)) from e


@functools.lru_cache(maxsize=None)
def _reader_class():
    """The class is made late, since importing NLTK takes most of a second."""
    from nltk.corpus.reader.wordnet import WordNetCorpusReader
    from nltk.data import PathPointer

    class _NoPath(PathPointer):
        """The root of a reader that is given its files otherwise."""
        path = "WordNet"

        def open(self, encoding=None):
            raise FileNotFoundError(self.path)

        def file_size(self):
            raise FileNotFoundError(self.path)

        def join(self, fileid):
            raise FileNotFoundError(fileid)

    class _Reader(WordNetCorpusReader):
        """NLTK's reader, on the bytes that `content(name)` gives."""

        def __init__(self, content: Callable[[str], Any]):
            self._content = content
            self._counts = _read_counts(content("cntlist.rev"))
            with warnings.catch_warnings():
                # That other languages are missing.
                warnings.simplefilter("ignore")
                super().__init__(_NoPath(), None)

        def open(self, file):
            if file == "lexnames":
                return io.StringIO("".join(
                    "%02d\t%s\t%d\n" % (i, name, _LEXNAME_PARTS[name.split(".")[0]])
                    for i, name in enumerate(LEXNAMES)))
            return _Text(self._content(file))

        def lemma_count(self, lemma):
            # NLTK searches the file each time; this takes a hundredth of that.
            return self._counts.get(lemma.key(), 0)

        def map_wn(self, version="wordnet"):
            return None  # A map to other versions, for other languages.

        def map_wn30(self):
            return None

    return _Reader


def _read_counts(content) -> Dict[str, int]:
    """{sense key: how often texts tagged by hand have this sense}, from cntlist.rev."""
    counts = {}
    for line in bytes(content).decode("utf8").splitlines():
        fields = line.split(" ")
        if len(fields) == 3:
            counts[fields[0]] = int(fields[2])
    return counts


class _Text:
    """Bytes as the seekable text file that NLTK's reader wants; places are byte offsets."""

    def __init__(self, content):
        self._file = content if isinstance(content, mmap.mmap) else io.BytesIO(content)

    def __iter__(self) -> Iterator[str]:
        return iter(self.readline, "")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self._file.close()

    def readline(self) -> str:
        return self._file.readline().decode("utf8")

    def read(self) -> str:
        return self._file.read().decode("utf8")

    def seek(self, offset: int, whence: int = 0):
        self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
