"""Marks of tests that not every TensorFlow can run."""
import sys

import pytest

from bert_nq.modeling.runtime import HAS_ESTIMATOR

needs_estimator = pytest.mark.skipif(not HAS_ESTIMATOR, reason="this TensorFlow has no Estimator")

# The trainers that there are.
TRAINERS = ["estimator", "session"] if HAS_ESTIMATOR else ["session"]

# There is a release of OpenVINO, and of NNCF, for all later versions of Python that we run on.
needs_openvino = pytest.mark.skipif(sys.version_info < (3, 9),
                                    reason="there is no OpenVINO for this Python")
