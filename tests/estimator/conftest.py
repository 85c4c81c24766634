"""The environment of a run on several machines."""
import pytest

from tests.support.run_settings import TWO_WORKERS


@pytest.fixture
def two_workers(monkeypatch):
    """Has this process be one of two workers."""
    monkeypatch.setenv("TF_CONFIG", TWO_WORKERS)
