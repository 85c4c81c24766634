r"""Size and reading speed of the record formats: full and compact, plain and gzipped.

    python benchmarks/record_formats.py
    python benchmarks/record_formats.py --input_tfrecord=nq-train.tfrecord

The records are read as training reads them: shuffled, in batches, parsed by TensorFlow. The shuffle
buffer is filled before the clock starts. The formats take turns, and medians over the turns are
printed. Without --input_tfrecord, the windows are made up: wordpieces of BERT's English vocabulary
by Zipf's law, nearly all windows full, as those of Wikipedia's long pages are.
"""
import gzip
import os
import resource
import tempfile
import time

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import program

FLAGS = flags.FLAGS

flags.DEFINE_string("input_tfrecord", None, "Training records in the full format, to measure with.")
flags.DEFINE_integer("num_records", 8000, "How many records a file has.", lower_bound=1)
flags.DEFINE_integer("max_seq_length", 512, "Of windows that are made up.", lower_bound=64)
flags.DEFINE_integer("batch_size", 32, "Records of a batch.", lower_bound=1)
flags.DEFINE_integer("num_batches", 600, "Batches of a turn.", lower_bound=1)
flags.DEFINE_integer("num_turns", 5, "How often each format is read.", lower_bound=1)

_GZIP_LEVEL = 2  # that of prepare_nq_data.py
_FULL_SHARE = 0.97
_VOCAB_SIZE, _CLS, _SEP, _FIRST_WORD = 30522, 101, 102, 1000


def main():
    import numpy as np

    from bert_nq.records import compact, examples
    windows = list(real_windows() if FLAGS.input_tfrecord else made_up_windows())
    seq_length = windows[0].input_ids.shape[1]
    program.quiet_tensorflow(verbose=False)
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, serialize in (("full", examples.serialize),
                                ("compact", compact.serialize_compact)):
            paths[name] = os.path.join(folder, name)
            paths[name + ", gzipped"] = os.path.join(folder, name + ".gz")
            write(windows, serialize, paths[name], paths[name + ", gzipped"])
        turns = {name: [] for name in paths}
        for _ in program.progress(range(FLAGS.num_turns), "turns", FLAGS.num_turns):
            for name, path in paths.items():
                turns[name].append(read(path, seq_length))
        medians = {name: np.median(values, axis=0) for name, values in turns.items()}
        sizes = {name: os.path.getsize(path) / len(windows) for name, path in paths.items()}
    print_results(len(windows), windows, sizes, medians)


def made_up_windows():
    """Yields Windows of one window each."""
    import numpy as np

    from bert_nq.features.windows import Labels, Windows
    random = np.random.RandomState(0)
    num_words, size = _VOCAB_SIZE - _FIRST_WORD, FLAGS.max_seq_length
    for _ in range(FLAGS.num_records):
        query = random.randint(10, 18)
        is_full = random.uniform() < _FULL_SHARE
        length = size if is_full else random.randint(query + 2, size)
        # The density of the logarithm is even: the word of rank r comes with a share of 1 / r.
        ranks = np.exp(random.uniform(0, np.log(num_words), length)).astype(np.int64) - 1
        ids = np.zeros([1, size], np.int64)
        ids[0, :length] = _FIRST_WORD + ranks
        ids[0, [0, query - 1, length - 1]] = _CLS, _SEP, _SEP
        answer = np.array([random.randint(query, length - 1)])
        kind = random.choice([0, 3, 4], size=1)
        positions = np.where(kind, answer, 0)
        yield Windows(random.randint(0, 2 ** 63, [1], dtype=np.int64), np.array([0]), ids,
                      np.array([length]), query, Labels(positions, positions, kind), None)


def real_windows():
    """Yields the windows of the first records of --input_tfrecord."""
    import itertools

    import numpy as np

    from bert_nq.features.windows import Labels, Windows
    from bert_nq.records import inspection
    found = inspection.read_windows(files.expand(FLAGS.input_tfrecord, "record"))
    for window in itertools.islice(found, FLAGS.num_records):
        if window.kind != "training":
            raise UserError("%s is no training record" % window.source)
        features = window.features
        yield Windows(
            features["unique_ids"], np.array([0]), features["input_ids"][None],
            np.array([window.length]), window.length - int(features["segment_ids"].sum()),
            Labels(*(features[name] for name in Labels._fields)), None)


def write(windows, serialize, plain_path, gzipped_path):
    """Writes the records into two files."""
    from bert_nq.records import tfrecord
    data = b"".join(tfrecord.frame(record) for some in windows for record in serialize(some))
    with open(plain_path, "wb") as out:
        out.write(data)
    with gzip.open(gzipped_path, "wb", _GZIP_LEVEL) as out:
        out.write(data)


def read(path, seq_length):
    """Microseconds a record: of time, and of the processors."""
    from bert_nq.estimator import inputs
    from bert_nq.modeling.runtime import tf
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = inputs.training_input_fn([path], seq_length, seed=1)(
            {"batch_size": FLAGS.batch_size})
        features = tf.data.make_one_shot_iterator(dataset).get_next()
        # The batch is made, and not copied to Python.
        batch = tf.group(*features.values())
        for _ in range(20):
            session.run(batch)
        start, start_cpu = time.time(), cpu_seconds()
        for _ in range(FLAGS.num_batches):
            session.run(batch)
        num_records = FLAGS.num_batches * FLAGS.batch_size
        return ((time.time() - start) / num_records * 1e6,
                (cpu_seconds() - start_cpu) / num_records * 1e6)


def cpu_seconds():
    """Of all threads of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def print_results(num_records, windows, sizes, medians):
    """Prints the table."""
    from bert_nq.modeling.runtime import tf
    pieces = sum(int(some.lengths[0]) for some in windows) / num_records
    print("\n%d records of %d wordpieces, %.0f of them no padding; batches of %d, medians of %d "
          "turns of %d batches; TensorFlow %s"
          % (num_records, windows[0].input_ids.shape[1], pieces, FLAGS.batch_size, FLAGS.num_turns,
             FLAGS.num_batches, tf.__version__))
    print("\n%-18s %15s %10s %11s %16s %10s" % (
        "format", "bytes a record", "of full", "records/s", "CPU us a record", "of full"))
    for name, (microseconds, cpu_microseconds) in medians.items():
        print("%-18s %15.0f %10.2f %11.0f %16.1f %10.2f" % (
            name, sizes[name], sizes[name] / sizes["full"], 1e6 / microseconds, cpu_microseconds,
            cpu_microseconds / medians["full"][1]))


if __name__ == "__main__":
    program.run(main)
