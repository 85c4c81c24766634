"""A JSON file value by value, so that a long list need not be in memory as a whole."""
import codecs
import json
import re
from typing import IO, Any, Iterator

from bert_nq.base.files import MOST_BYTES
from bert_nq.base.json_text import NotJSONError, reason

_CHUNK = 1 << 20  # bytes read at a time
_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"[-+.0-9eE]*")  # characters of numbers


class JSONStream:
    """The values of a JSON text, read one after the other. All methods raise NotJSONError.

    The objects and lists around them are opened and walked through by the caller:

        stream.expect("[")
        for _ in stream.members("]"):
            use(stream.value())
    """

    def __init__(self, text: IO[bytes], chunk: int = _CHUNK):
        """
        Args:
          text: UTF-8, with or without a byte order mark.
          chunk: bytes read at a time.
        """
        self._file, self._chunk = text, chunk
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._parse = json.JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False  # what is read and not yet used
        self._num_characters = 0  # before that
        self._num_bytes = 0  # read in all

    def value(self) -> Any:
        """The next value, whatever it is."""
        while True:
            self._skip_blanks()
            try:
                value, end = self._parse(self._text, self._at)
                # A number at the end of what is read may go on: 1 of "1.", as in 1.5.
                if self._ended or _NUMBER.match(self._text, end).end() < len(self._text):
                    self._at = end
                    return value
            except json.JSONDecodeError as e:
                # Perhaps the rest of the value is still to be read.
                if self._ended:
                    raise NotJSONError(reason(e, self._num_characters)) from e
            except (ValueError, RecursionError) as e:
                raise NotJSONError(reason(e)) from e
            if len(self._text) - self._at > MOST_BYTES:
                raise self._error("more than %d MB of one value" % (MOST_BYTES >> 20))
            self._read_more()

    def key(self) -> str:
        """The next key of an object; the colon behind it is passed over."""
        self._skip_blanks()
        if self._text[self._at:self._at + 1] != '"':
            raise self._error("Expecting property name enclosed in double quotes")
        key = self.value()
        self.expect(":")
        return key

    def members(self, close: str) -> Iterator[None]:
        """Yields before each member of an object or list that was opened, until it is closed.

        Args:
          close: "}" or "]".
        """
        if self.skip(close):
            return
        while True:
            yield
            if self.skip(close):
                return
            self.expect(",")

    def skip(self, character: str) -> bool:
        """Passes over `character` if it comes next, and tells whether it did."""
        self._skip_blanks()
        found = self._text[self._at:self._at + 1] == character
        self._at += found
        return found

    def expect(self, character: str) -> None:
        """Passes over `character`, which must come next."""
        if not self.skip(character):
            raise self._error("Expecting '%s' delimiter" % character)

    def end(self) -> None:
        """Checks that nothing but blanks is left."""
        self._skip_blanks()
        if self._at < len(self._text):
            raise self._error("Extra data")

    def _error(self, what: str) -> NotJSONError:
        return NotJSONError("%s at character %d" % (what, self._num_characters + self._at))

    def _skip_blanks(self) -> None:
        while True:
            self._at = _BLANKS.match(self._text, self._at).end()
            if self._at < len(self._text) or self._ended:
                return
            self._read_more()

    def _read_more(self) -> None:
        """Reads as much again as is left, so that a long value is not parsed again too often."""
        rest = self._text[self._at:]
        data = self._file.read(max(self._chunk, len(rest)))
        self._num_bytes += len(data)
        self._ended = not data
        try:
            new = self._decode(data, self._ended)
        except UnicodeDecodeError as e:
            raise NotJSONError(reason(e, num_bytes=self._num_bytes - len(e.object))) from e
        self._num_characters += self._at
        self._text, self._at = rest + new, 0
