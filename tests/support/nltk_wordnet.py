"""WordNet as NLTK reads it: the oracle of this project's own reader.

NLTK wants two files that only its own copy of WordNet has, `lexnames` and `index.sense`, and its
releases of 2026 refuse files outside its data path. Here it is given its files from wherever
`bert_nq.augmentation.wordnet` finds them. Reading needs no more of `lexnames` than that it has 45
lines, and nothing of `index.sense`.
"""
import functools
import io
import mmap
import warnings

from nltk.corpus.reader.wordnet import WordNetCorpusReader
from nltk.data import PathPointer

from bert_nq.augmentation import wordnet


def open_reader(files: wordnet.WordNetFiles) -> WordNetCorpusReader:
    """NLTK's reader of files found by `wordnet.find`; for the process that opens it alone."""
    return _Reader(functools.partial(wordnet.content, files))


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
    """NLTK's reader, on the bytes that a function gives for the name of a file."""

    def __init__(self, content):
        self._content = content
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # That other languages are missing.
            super().__init__(_NoPath(), None)

    def open(self, file):
        if file == "lexnames":
            return io.StringIO("".join("%02d\tunnamed\t0\n" % i for i in range(45)))
        return _Text(self._content(file))

    def map_wn(self, version="wordnet"):
        return None  # A map to other versions, for other languages.

    def map_wn30(self):
        return None


class _Text:
    """Bytes as a text file in which NLTK can go to places, which are offsets of bytes."""

    def __init__(self, content):
        self._file = content if isinstance(content, mmap.mmap) else io.BytesIO(content)

    def __iter__(self):
        return iter(self.readline, "")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self._file.close()

    def readline(self):
        return self._file.readline().decode("utf8")

    def discard_line(self):
        self._file.readline()

    def read(self):
        return self._file.read().decode("utf8")

    def seek(self, offset, whence=0):
        self._file.seek(offset, whence)

    def tell(self):
        return self._file.tell()
