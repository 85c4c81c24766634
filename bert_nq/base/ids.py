"""Ids of examples whose dataset has texts as ids."""
import hashlib


def hashed_id(text: str) -> int:
    """A signed 64-bit id for the id that a dataset gives as text, always the same one.

    BLAKE2b of 8 bytes, big-endian. Records, orders and samples go by such numbers. The chance
    that any two of a million texts share one is 1 in 37 million.

    Args:
      text: any text; lone surrogates, which JSON may have, count as they are.
    """
    digest = hashlib.blake2b(text.encode("utf8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
