r"""Turns NQ shards into TFRecords of training or prediction windows.

    python prepare_nq_data.py --input_jsonl='train/nq-train-*.jsonl.gz' \
        --vocab_file=vocab-nq.txt --include_unknowns=0.02 --output_tfrecord=nq-train.tfrecord

Every page becomes windows of --max_seq_length wordpieces, --doc_stride apart: the question, then a
part of the page's candidates. Training windows carry the answer (those without one are kept with
probability --include_unknowns) and are shuffled; with --nois_training, windows carry the document
token of each wordpiece and stay in order. Records equal those of Google's bert_joint value for
value.

With --augment, changed copies of the pages are trained on as well: --augment=synonyms puts in
synonyms for one in five of the words that have any, and leaves the answers alone.

All cores work, a shard each. Killed at any moment, the same command carries on with the shards that
are left; the same flags and shards give the same bytes, however many workers there are and however
often it was killed. nq-train.manifest.json, beside the records, names their settings and shards.
"""
from bert_nq.cli.start import run

from absl import flags

from bert_nq.cli import preparation, program

FLAGS = flags.FLAGS

job_of_flags = preparation.define_flags(num_output_shards=1)
flags.DEFINE_integer("num_workers", None, "How many processes work; by default one for each core.",
                     lower_bound=1)


def main():
    work = job_of_flags()
    from bert_nq.records import job
    with program.Meter() as meter:
        result = job.run_job(work, FLAGS.num_workers or program.num_cores(),
                             lambda status: show(meter, status), meter.note)
        seconds = meter.elapsed()
    preparation.print_summary(result, seconds)


def show(meter, status):
    """Shows how far the job is."""
    counts = status.counts
    if status.stage == "writing":
        text = "records %s" % format(counts["records_written"], ",")
    else:
        text = "pages %s (%.1f/s), windows %s" % (
            format(counts["pages"], ","), counts["pages"] / meter.elapsed(),
            format(counts["windows"], ","))
    if status.total:
        meter.show(status.stage, status.share, text)


if __name__ == "__main__":
    run(main)
