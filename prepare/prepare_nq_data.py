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

from bert_nq.cli import nq_preparation, preparation

job_of_flags = nq_preparation.define_flags(num_output_shards=1)
preparation.define_num_workers()

if __name__ == "__main__":
    run(lambda: preparation.run(nq_preparation.DATA, job_of_flags))
