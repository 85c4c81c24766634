"""A tiny training in this process: 10 steps of 4 records on one layer, in about two seconds."""
import os

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.estimator import devices
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.records import tfrecord
from bert_nq.scoring.nq.measure import MEASURE
from bert_nq.training import run, run_record
from bert_nq.training.history import History
from bert_nq.training.settings import KeepingSettings, TrainingData, TrainingSettings
from tests.support import tiny_nq
from tests.support.nq_pages import make_line

SETTINGS = TrainingSettings(max_seq_length=64, learning_rate=1e-3, num_train_epochs=2, seed=3)

KEEPING = KeepingSettings()


def records(num_pages):
    """The serialized windows, one each, of as many pages."""
    maker = tiny_nq.window_maker()
    found = []
    for i in range(num_pages):
        example = decode_example(make_line(tiny_nq.place_page(i)), "page %d" % i)
        found.extend(tiny_nq.serialized(maker.training(example).rows))
    return found


def write_records(path, framed) -> str:
    """Writes framed records; returns the path."""
    path.write_bytes(b"".join(framed))
    return str(path)


def write_pages(path, num_pages=16) -> str:
    """Writes the records of pages; returns the path."""
    return write_records(path, map(tfrecord.frame, records(num_pages)))


def program_flags(folder, num_pages, **config):
    """Writes the inputs of a training; returns the flags with which run_nq.py trains on them.

    Args:
      folder: the folder of the inputs, a pathlib.Path.
      num_pages: number of pages, which make one record each.
      **config: changes of tiny_nq.CONFIG.
    """
    return ["--do_train", "--train_precomputed_file=" + write_pages(
                folder / "train.tfrecord", num_pages),
            "--vocab_file=" + tiny_nq.write_vocabulary(folder / "vocab.txt"),
            "--bert_config_file=" + tiny_nq.write_config(folder / "bert_config.json", **config),
            "--max_seq_length=64", "--max_query_length=16"]


def trained(path, output_dir, keeping=KEEPING, evaluate=None, keep_checkpoint_max=5,
            trainer=None, objective=None, companions=None, model=None, num_devices=0,
            **settings):
    """Trains on batches of 4; by default 20 records / 4 * 2 epochs = 10 steps.

    The arguments are those of run.train, TrainingData, RunSettings and TrainingSettings.

    Returns:
      (the result, the reported lines).
    """
    lines = []
    settings = SETTINGS._replace(**settings)
    data = TrainingData([path], 20, run_record.describe_data([path], 20), FEATURIZER,
                        companions)
    result = run.train(model or tiny_nq.MODEL, None, data, settings, keeping,
                       devices.RunSettings(str(output_dir), trainer, train_batch_size=4,
                                           keep_checkpoint_max=keep_checkpoint_max,
                                           distribution="mirrored" if num_devices else "none",
                                           num_devices=num_devices),
                       MEASURE, lines.append, evaluate, objective)
    return result, lines


def losses(folder):
    """The loss of each step in the history of a model folder."""
    steps, values = History.read(os.path.join(str(folder), "history.json")).series("loss")
    assert steps == list(range(1, len(steps) + 1))
    return values
