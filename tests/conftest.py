"""Settings and fixtures that all tests share."""
import os

import pytest
import sentencepiece  # noqa: F401 - before TensorFlow 1.15, behind which its trainer crashes
from absl import flags
from hypothesis import HealthCheck, settings

from bert_nq.base import early_sqlite  # noqa: F401 - before TensorFlow
from tests.support import marks, program_copies
from tests.support.programs import ROOT

# bert-tensorflow's tokenizer reads a flag; reading one before the flags are parsed is an error.
if not flags.FLAGS.is_parsed():
    flags.FLAGS(["tests"])

# The time of an example depends more on the machine than on the code. Each run draws others, of
# which fifty are enough for one run; where other runtimes test again what one has tested, ten show
# that the code runs there.
settings.register_profile("bert_nq", deadline=None, max_examples=50,
                          suppress_health_check=[HealthCheck.too_slow])
# The hypothesis for Python 3.7 sometimes takes five integers for too much to draw; whether examples
# are too large is checked where there are fifty.
settings.register_profile("again", settings.get_profile("bert_nq"), max_examples=10,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.load_profile("bert_nq")


def pytest_collection_modifyitems(items):
    """Marks tests as slow, and as those that one runtime is enough for."""
    for item in items:
        for name in marks.marks_of(item.nodeid):
            item.add_marker(name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Several processes begin with the files that take longest."""
    if config.getvalue("dist") != "loadfile":
        return None
    from tests.support.longest_first import LongestFirst
    return LongestFirst(config, log)


@pytest.fixture(scope="session", autouse=True)
def from_the_root():
    """Programs are started from the root of the repository, from where they show commands."""
    os.chdir(ROOT)
    program_copies.copy_workers()


@pytest.fixture(scope="session")
def shared_data() -> str:
    """The folder ../shared/data beside the repository, with real pages; skips if it is missing."""
    path = os.path.join(os.path.dirname(ROOT), "shared", "data")
    if not os.path.isdir(path):
        pytest.skip("there is no folder %s" % path)
    return path
