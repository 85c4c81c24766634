"""Files that are neither text in UTF-8 nor gzip, told by their first bytes.

Read as text they give errors about a byte in a line, which help nobody to see what is the matter.
"""
from typing import Optional

from bert_nq.base.errors import UserError

HEAD_BYTES = 512  # of a file, that are looked at

_UNPACK = "unpack it, and give what is in it"
_GZIP = b"\x1f\x8b"  # No text begins with it, but the length of a record may.
_PACKED = (
    (_GZIP + b"\x08", "gzip"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"),
)
_TAR_AT, _TAR = 257, b"ustar"
# The longer ones first: that of UTF-32 begins as that of UTF-16.
_BYTE_ORDER_MARKS = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"),
                     (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def check(head: bytes, path: str, is_text: bool = True) -> None:
    """Checks that a file may be what it is taken for.

    Args:
      head: its first bytes, HEAD_BYTES where there are so many; decompressed ones of gzip.
      path: its name in messages.
      is_text: whether text is wanted. Else a byte order mark may be the beginning of a number.

    Raises:
      UserError: it is packed, or text of another encoding; the message says what to do.
    """
    packer = "gzip" if is_text and head.startswith(_GZIP) else packed(head)
    if packer:
        raise UserError("%s is a %s file: %s" % (path, packer, _UNPACK))
    if head.startswith(b"PAR1"):
        raise UserError("%s is a Parquet file: lines of JSON are wanted" % path)
    if head.startswith(b"version https://git-lfs"):
        raise UserError("%s is a pointer of Git LFS: fetch the file that it stands for with "
                        "'git lfs pull'" % path)
    encoding = _encoding(head, is_text)
    if encoding:
        raise UserError("%s is text in %s, UTF-8 is wanted: convert it with "
                        "'iconv -f %s -t UTF-8'" % (path, encoding[:6], encoding))


def packed(head: bytes) -> Optional[str]:
    """The name of the format that packs a file, by its first bytes; gzip is told by `check`."""
    for magic, name in _PACKED:
        # Behind the name of bzip2, which could begin a word, come a digit and the digits of pi.
        if head.startswith(magic) and (name != "bzip2" or head[4:10] == b"1AY&SY"):
            return name
    return "tar" if head[_TAR_AT:].startswith(_TAR) else None


def _encoding(head: bytes, is_text: bool) -> Optional[str]:
    """The encoding of a text that is not UTF-8, by its byte order mark or where its zeros are."""
    if is_text:
        for mark, name in _BYTE_ORDER_MARKS:
            if head.startswith(mark):
                return name
    zeros = "".join("x" if byte else "0" for byte in head[:8])
    return {"x000x000": "UTF-32LE", "000x000x": "UTF-32BE", "x0x0x0x0": "UTF-16LE",
            "0x0x0x0x": "UTF-16BE"}.get(zeros)
