"""The choice between stopping at unusable examples and passing over them."""
import sys
from typing import Callable, Optional

from bert_nq.base.errors import BadExampleError


class BadInput:
    """Stops at the first unusable example, or counts them and goes on.

    Attributes:
      skipped: how many were passed over.
    """

    _SHOWN = 5

    def __init__(self, skip: bool = False, show: Optional[Callable[[str], None]] = None):
        """
        Args:
          skip: whether to go on.
          show: told of the first few that are passed over, in place of standard error.
        """
        self._skip = skip
        self._show = show or _print_error
        self.skipped = 0

    def handle(self, error: BadExampleError) -> None:
        """Raises `error`, or counts it."""
        if not self._skip:
            raise BadExampleError("%s (--on_bad_input=skip goes on without it)" % error) from error
        self.skipped += 1
        if self.skipped <= self._SHOWN:
            self._show("skipped: %s" % error)
        elif self.skipped == self._SHOWN + 1:
            self._show("skipped: more; they are counted in the summary")


def _print_error(message: str) -> None:
    print(message, file=sys.stderr)
