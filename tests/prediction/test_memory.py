"""Ten times the pages in the same memory."""
import json
import os
import subprocess
import sys

import pytest

from tests.support import predict_many, tiny_nq
from tests.support.programs import ROOT

FEW, MANY = 1000, 10000


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory as Linux tells it")
def test_memory_does_not_grow_with_the_pages(tmp_path):
    vocabulary = tiny_nq.write_vocabulary(tmp_path / "vocab.txt")
    peaks = []
    for num_pages in (FEW, MANY):
        shard = predict_many.write_pages(tmp_path / ("%d.jsonl" % num_pages), num_pages)
        output = tmp_path / ("%d.json" % num_pages)
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.predict_many", shard, vocabulary, str(output)],
            stdout=subprocess.PIPE, check=True,
            env=dict(os.environ, PYTHONPATH=ROOT))
        found = json.loads(done.stdout.decode("ascii"))
        assert found["pages"] == num_pages
        assert output.stat().st_size > 300 * num_pages  # bytes of an entry
        peaks.append(found["bytes"])
    # A page's id in a dict with the place of its line, and once more in a set: some 310 bytes.
    # Entries would be 390 more as text, as objects ten times as much, and so would be windows.
    assert peaks[1] - peaks[0] < 450 * (MANY - FEW)
