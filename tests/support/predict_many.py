"""Predicts many pages by a job and prints its peak memory; a test runs it as a process."""
import json
import resource
import sys

import numpy as np

from bert_nq.datasets.nq.shards import READING
from bert_nq.decoding.decoders import make_decoder
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import TextOptions
from bert_nq.modeling.heads import window_outputs as outputs
from bert_nq.modeling.models import Member
from bert_nq.prediction import job
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.tasks.nq_answers import ANSWERS
from tests.support import tiny_nq
from tests.support.nq_pages import make_line, make_page

_ID = 10 ** 15


class QuickModel:
    """A model whose answer is always the fourth piece of the document."""

    full_length = False

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def outputs(self, batches):
        for batch in batches:
            rows, starts = len(batch.rows), np.argmax(
                batch.features()["segment_ids"], axis=1)[:, None] + 3
            scores, positions = np.full([rows, 1], 3, np.float32), starts.astype(np.int32)
            numbers = np.ones([rows], np.float32)
            yield outputs.WindowOutputs(
                scores, positions, positions, numbers, numbers, numbers,
                np.zeros([rows, 5], np.float32), scores, positions, scores, positions)


def write_pages(path, num_pages):
    """Writes pages of one window each that differ only in their ids; returns the path."""
    line = make_line(make_page("<P> tovin is a town in aron . </P>", _ID))
    with open(str(path), "wb") as out:
        for i in range(num_pages):
            out.write(line.replace(b"%d" % _ID, b"%d" % (_ID + i)))
    return str(path)


def main():
    """Arguments: the shard, the vocabulary, the output. Prints pages and bytes as JSON."""
    shard, vocabulary, output = sys.argv[1:]
    result = job.run_job(
        job.Job([shard], output, ModelSettings((Member(tiny_nq.MODEL, "model.ckpt"),)), "01234567",
                TextOptions(vocabulary), tiny_nq.feature_options(), READING, FEATURIZER,
                make_decoder("page", {}), ANSWERS),
        num_workers=1, open_model=QuickModel)
    print(json.dumps({"pages": result.counts["pages"],
                      "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10}))


if __name__ == "__main__":
    main()
