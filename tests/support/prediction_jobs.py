"""A small corpus and jobs that predict it with ArithmeticModel, in this process or in others."""
import functools
import json
import os

from bert_nq.base.bad_input import BadInput
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.shards import READING
from bert_nq.decoding.decoders import make_decoder
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import TextOptions
from bert_nq.modeling.models import Member
from bert_nq.prediction import job, predictor
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.tasks.nq_answers import ANSWERS
from tests.support import tiny_nq
from tests.support.arithmetic_model import ArithmeticModel, install
from tests.support.nq_pages import make_line, write_shard

# {first letter of a shard's name: number of pages}: 3, 0, 1 and 2 chunks of 32 pages.
NUM_PAGES = {"a": 70, "b": 0, "c": 3, "d": 40}


def place(i, **fields):
    """Page i; every third page has several windows, the others one."""
    return tiny_nq.place_page(i, filler=(1, 1, 4)[i % 3], **fields)


def write_corpus(folder):
    """Writes the shards and a vocabulary; returns the folder, a pathlib.Path."""
    tiny_nq.write_vocabulary(folder / "vocab.txt")
    first = 0
    for name, num_pages in NUM_PAGES.items():
        write_shard(folder / (name + (".jsonl" if name in "bc" else ".jsonl.gz")),
                    [place(i) for i in range(first, first + num_pages)])
        first += num_pages
    return folder


def make_job(corpus, output, inputs="abcd", decoder="page", **changes):
    """A job that predicts the shards with these first letters, or the list of files `inputs`."""
    paths = inputs if isinstance(inputs, list) else [
        str(corpus / name) for name in sorted(os.listdir(str(corpus)))
        if name[0] in inputs and ".jsonl" in name]
    return job.Job(**dict(
        {"inputs": paths, "output": str(output), "fingerprint": "01234567", "batch_size": 8,
         "model": ModelSettings((Member(tiny_nq.MODEL, "model.ckpt"),)),
         "text": TextOptions(str(corpus / "vocab.txt")), "windows": tiny_nq.feature_options(),
         "reading": READING, "featurizer": FEATURIZER, "answers": ANSWERS,
         "decoder": make_decoder(decoder, {})}, **changes))


class Run:
    """Runs a job and keeps its output.

    Args:
      some_job: the job.
      num_workers: number of processes, which have a model each, or make windows if `here` is given.
      here: the model of this process, if it is to predict.
      on_status: called with each status.
    """

    def __init__(self, some_job, num_workers=1, here=None, on_status=lambda status: None):
        self.notes, self.states = [], []

        def noted(status):
            self.states.append(status)
            on_status(status)

        self.result = job.run_job(some_job, num_workers, here and (lambda: here), noted,
                                  self.notes.append, install)
        self.content = read(some_job.output)


def here(some_job, model=ArithmeticModel):
    """A model for a run in this process."""
    return model(decoder=some_job.decoder)


def read(path):
    """The bytes of a file."""
    with open(str(path), "rb") as f:
        return f.read()


def entries(content):
    """The entries of a prediction file."""
    return json.loads(content.decode("utf8"))["predictions"]


@functools.lru_cache(maxsize=None)
def expected(indexes):
    """The page decoder's answers for pages, made without a job."""
    decoder = make_decoder("page", {})
    pages = predictor.Predictor(tiny_nq.window_maker(), FEATURIZER.spec, decoder, 8)
    return list(predictor.predict(
        ArithmeticModel(decoder=decoder), pages,
        (decode_example(make_line(place(i)), "page %d" % i) for i in indexes), BadInput()))


def work_folder(output):
    """The folder of finished chunks, a pathlib.Path."""
    return output.parent / (".%s.work" % output.name)


class StoppedError(Exception):
    """Raised in the middle of a run."""


def stop_after(num_pages):
    """A callback for on_status that raises once `num_pages` are done."""
    def on_status(status):
        if status.counts["pages"] >= num_pages:
            raise StoppedError()
    return on_status
