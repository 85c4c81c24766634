r"""Turns texts into TFRecords of blocks with hidden pieces, for run_mlm.py.

    python prepare_text_corpus.py --input_file='texts-*.txt' --vocab_file=vocab.txt \
        --masking=whole_word --passes=3 --output_tfrecord=texts.tfrecord

Files are plain text, a context a line; JSON lines with a "text"; SQuAD's and MRQA's questions,
whose contexts are taken; pages of Natural Questions; and tables with a column text. Each context is
cut into blocks, [CLS] pieces [SEP]. A shorter block is made of a context that has no full one; with
--keep_remainders, of all that is behind the last full one.

--masking chooses the pieces that are hidden, of every block the same share, --masking_rate. The
records hold --passes passes over the text, one behind the other, each with masks of its own, which
follow from the seed, the text and the pass alone.

All cores work, a file or a part of one each. Killed at any moment, the same command carries on; the
same flags and files give the same bytes, however many workers there are and however often it was
killed. texts.manifest.json, beside the records, names their settings and files.
"""
from bert_nq.cli.start import run

from bert_nq.cli import preparation
from bert_nq.cli.corpus_preparation import DATA

job_of_flags = preparation.define_flags(DATA, num_output_shards=1)
preparation.define_num_workers()

if __name__ == "__main__":
    run(lambda: preparation.run(DATA, job_of_flags))
