r"""Turns questions of SQuAD, or of that shape, into TFRecords of training or prediction windows.

    python prepare_squad_data.py --input_file=train-v1.1.json --vocab_file=vocab.txt \
        --output_tfrecord=squad-train.tfrecord

Files are SQuAD 1.1 or 2.0 (with --version_2_with_negative), MRQA's JSON lines, or rows as Hugging
Face's run_qa takes them, in JSON, JSON lines or CSV; gzipped or not. Every question becomes windows
of --max_seq_length wordpieces, the question and a part of its context. They begin --doc_stride
wordpieces apart, as Google's run_squad counts, or share --doc_overlap, as run_qa counts. Training
windows carry the first answer and are shuffled; with --nois_training, windows stay in order.
Records equal those of run_squad value for value.

An answer that is not in the words at its offset is left out and counted; with --fix_offsets it is
looked for by its text, and found where that occurs once.

All cores work, a file or a part of one each. Killed at any moment, the same command carries on; the
same flags and files give the same bytes, however many workers there are and however often it was
killed. squad-train.manifest.json, beside the records, names their settings and files.
"""
from bert_nq.cli.start import run

from bert_nq.cli import preparation
from bert_nq.cli.squad_preparation import DATA

job_of_flags = preparation.define_flags(DATA, num_output_shards=1)
preparation.define_num_workers()

if __name__ == "__main__":
    run(lambda: preparation.run(DATA, job_of_flags))
