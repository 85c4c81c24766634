"""Prediction by Apache Spark: on many machines, the files that prediction.job writes on one.

The bytes are the same, and a run of either kind carries on with what the other has left; see
jobs.spark_chunks. The model's weights and the vocabulary are sent to the workers.
"""
import contextlib
import functools
import os
import pickle
import tempfile
from typing import Any, Callable, Iterator, Tuple

from bert_nq.jobs import job, spark_chunks, spark_context, workers
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Result
from bert_nq.modeling import checkpoints
from bert_nq.prediction.chunk_work import Job, make_answerer
from bert_nq.prediction.job import Predicted, run_with


def run_job(context: Any, work: Job, num_tasks: int = 0,
            on_status: job.OnStatus = lambda status: None,
            note: job.Note = lambda text: None) -> Predicted:
    """Writes the prediction file, and the n-best file if it is wanted.

    Args:
      context: a pyspark.SparkContext, see `spark_context.started`.
      work: the files to predict, and with what. All machines must see the inputs under the same
        names; the vocabulary and the models' weights are read here and sent to them.
      num_tasks: where there are fewer files, divide them into so many tasks; 0: 4 for each core.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know.

    Raises:
      UserError: an input or the model is unusable, the cluster has failed, another run is under
        way. What was finished is kept for the next run.
    """
    executor = spark_chunks.on_spark(context, work.reading, functools.partial(
        _sending, context, work), make_work, num_tasks)
    return run_with(executor, work, on_status, note)


@contextlib.contextmanager
def _sending(context: Any, work: Job) -> Iterator[Tuple[bytes, str, Tuple[str, ...]]]:
    """Sends the vocabulary and the weights to all workers that come while the block lasts.

    Gives the pickled job and the names for pyspark.SparkFiles of vocabulary and weights.
    """
    with tempfile.TemporaryDirectory(prefix="bert_nq-spark-") as folder:
        vocabulary = spark_context.send_file(context, work.text.vocab_file, folder)
        names = tuple("bert_nq-model-%d" % i for i in range(len(work.model.members)))
        for name, member in zip(names, work.model.members):
            # Without what the optimizer keeps, and in two files.
            prefix = os.path.join(folder, name)
            checkpoints.write_weights(prefix, checkpoints.read_weights(member.checkpoint))
            for path in sorted(os.listdir(folder)):
                if path.startswith(name + "."):
                    context.addFile(os.path.join(folder, path))
        yield pickle.dumps(work._replace(inputs=[])), vocabulary, names


def make_work(sent: Tuple[bytes, str, Tuple[str, ...]]
              ) -> Callable[[Chunk, workers.Report], Result]:
    """A function, on a worker, that does a chunk: it holds the model."""
    from pyspark import SparkFiles
    pickled, vocabulary, names = sent
    work = pickle.loads(pickled)
    members = tuple(member._replace(checkpoint=SparkFiles.get(name))
                    for member, name in zip(work.model.members, names))
    return make_answerer(work._replace(
        text=work.text._replace(vocab_file=SparkFiles.get(vocabulary)),
        model=work.model._replace(members=members)))
