"""The trained models that predict, their precision and what runs them. Free of TensorFlow."""
from typing import NamedTuple, Optional, Tuple

import google_crc32c
import numpy as np

from bert_nq.modeling import checkpoints
from bert_nq.modeling.models import Member


class ModelSettings(NamedTuple):
    """The models that compute the logits; picklable, for the processes that share the work."""
    members: Tuple[Member, ...]
    precision: str = "fp32"
    num_threads: int = 0  # of a session; 0: as many as there are cores
    runtime: str = "tensorflow"  # a name of runtimes.RUNTIMES
    # The fingerprint of the windows that the model of --precision=int8 was calibrated on.
    calibration: Optional[str] = None

    def fingerprint(self) -> str:
        """8 hex digits that differ where the weights do; of an ensemble, each one's and a weight.

        Raises:
          UserError: a checkpoint cannot be read.
        """
        crcs = ["%08x" % _crc(member) for member in self.members]
        if len(crcs) == 1:
            return crcs[0]
        return "-".join("%s*%g" % (crc, m.weight) for crc, m in zip(crcs, self.members))


def _crc(member: Member) -> int:
    crc = 0
    for name, value in checkpoints.read_weights(member.checkpoint).items():
        crc = google_crc32c.extend(crc, name.encode("utf8"))
        crc = google_crc32c.extend(crc, np.ascontiguousarray(value).tobytes())
    return crc
