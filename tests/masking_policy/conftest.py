"""The graphs of the synthetic task, built once for all tests that play it."""
import pytest

from tests.support import synthetic_masking


@pytest.fixture(scope="package")
def graphs():
    return synthetic_masking.Graphs()
