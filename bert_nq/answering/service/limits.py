"""The limits of a request."""
from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of the service; each is told in a sentence where it is passed."""
    body_bytes: int = 20 << 20  # of a request
    question_characters: int = 1000
    seconds: float = 60.0  # from the first byte of a request to its answer
    requests: int = 64  # that are under way at once
    batch_pages: int = 16  # that the reader gets at once
    batch_milliseconds: float = 10.0  # for which a request waits for company
