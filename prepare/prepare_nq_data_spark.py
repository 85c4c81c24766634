r"""Turns NQ shards into TFRecords as prepare_nq_data.py does, on an Apache Spark cluster.

    python prepare_nq_data_spark.py --master=spark://HOST:7077 \
        --input_jsonl='/nfs/nq/train/nq-train-*.jsonl.gz' --vocab_file=vocab-nq.txt \
        --include_unknowns=0.02 --output_tfrecord=/nfs/nq/nq-train.tfrecord

or through spark-submit, without --master. The record files equal those of prepare_nq_data.py with
the same flags and the same --num_output_shards, byte for byte. A shard is a task; workers that are
lost meanwhile cost no record. The input and the output are on storage that all machines see;
docs/spark.md says how to set up a cluster, and how to read and write gs://, s3a:// and hdfs://.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.cli import nq_preparation, preparation, program
from bert_nq.cli.flags import spark as spark_flags

FLAGS = flags.FLAGS

job_of_flags = nq_preparation.define_flags(num_output_shards=32)
flags.DEFINE_integer("num_tasks", None, "Divide the work into so many tasks where there are fewer "
                     "shards: give the number of cores. By default a shard is a task.",
                     lower_bound=1)
spark_settings = spark_flags.define_spark_flags()


def main():
    work = job_of_flags()
    from bert_nq.jobs import spark_context
    from bert_nq.records import spark
    with spark_context.started(FLAGS.master, spark_settings(), FLAGS.verbose) as context:
        with program.Meter(FLAGS.progress_seconds) as meter:
            result = spark.run_job(context, work, FLAGS.num_tasks or 1,
                                   lambda status: show(meter, status), meter.note)
            seconds = meter.elapsed()
    preparation.print_summary(nq_preparation.DATA, result, seconds)


def show(meter, status):
    """Shows how far the job is."""
    counts = status.counts
    if status.stage == "preparing":
        text = "shards %d of %d, pages %s (%.1f/s), windows %s" % (
            status.done, status.total, format(counts["pages"], ","),
            counts["pages"] / max(meter.elapsed(), 1e-9), format(counts["windows"], ","))
    else:
        text = "files %d of %d, records %s" % (status.done, status.total,
                                               format(counts["records_written"], ","))
    meter.show(status.stage, status.share, text)


if __name__ == "__main__":
    run(main)
