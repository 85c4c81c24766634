"""What all tests share."""
import os

import pytest
from absl import flags
from programs import ROOT

# bert-tensorflow's tokenizer reads a flag; reading one before the flags are parsed is an error.
if not flags.FLAGS.is_parsed():
    flags.FLAGS(["tests"])


@pytest.fixture(scope="session")
def shared_data() -> str:
    """The folder ../shared/data beside the repository, with real pages; skips if it is missing."""
    path = os.path.join(os.path.dirname(ROOT), "shared", "data")
    if not os.path.isdir(path):
        pytest.skip("there is no folder %s" % path)
    return path
