"""Files that are read whole, gzip or not."""
from bert_nq.base import files, inflating
from bert_nq.base.errors import UserError


def read_bytes(path: str) -> bytes:
    """The content of a file, decompressed if it is gzip, whatever its name.

    Raises:
      UserError: it cannot be read, is damaged, or larger than files.MOST_BYTES.
    """
    with files.open_binary(path) as raw:
        stream, inflated = inflating.decompressed(raw, path)
        content = files.read_at_most(stream, path)
    if inflated and inflated.fault:
        raise UserError("%s: the gzip data are cut off or damaged (%s)" % (path, inflated.fault))
    return content
