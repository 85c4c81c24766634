"""Settings and environments of a run for the tests of devices and trainers."""
import json

from bert_nq.estimator import devices

# TF_CONFIG of the second of two workers.
TWO_WORKERS = json.dumps({"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]},
                          "task": {"type": "worker", "index": 1}})


def settings(**changes):
    """The settings of a small run, but for some."""
    return devices.RunSettings(**dict({"output_dir": "model", "seed": 1}, **changes))
