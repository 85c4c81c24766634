"""Marks of tests that not every TensorFlow can run."""
import pytest

from bert_nq.modeling.runtime import HAS_ESTIMATOR

needs_estimator = pytest.mark.skipif(not HAS_ESTIMATOR, reason="this TensorFlow has no Estimator")

# The trainers that there are.
TRAINERS = ["estimator", "session"] if HAS_ESTIMATOR else ["session"]
