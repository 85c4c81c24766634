r"""Turns NQ shards into TFRecords of candidates, for run_quesbelm.py.

    python prepare_candidates.py --input_jsonl='train/nq-train-*.jsonl.gz' \
        --vocab_file=vocab-tags.txt --num_draws=2 --output_tfrecord=candidates.tfrecord

A row is the question and one long-answer candidate, at most --max_seq_length wordpieces. Every pass
over the pages takes the annotated candidate of each page with a long answer and another one, which
is drawn anew for each of the --num_draws passes; with --candidate_scores, hard ones are drawn:

    python prepare_candidates.py --input_jsonl='train/nq-train-*.jsonl.gz' \
        --vocab_file=vocab-tags.txt --num_draws=3 --answerless_share=0.66 \
        --candidate_scores=scores.jsonl.gz --output_tfrecord=mined.tfrecord

A draw follows from the seed, the pass and the page alone. The records hold one pass behind the
other, so that --num_train_epochs=1 trains on all of them. With --nois_training, every candidate
becomes a row, in order.

All cores work, a shard each. Killed at any moment, the same command carries on with the shards that
are left; the same flags and shards give the same bytes, however many workers there are and however
often it was killed. candidates.manifest.json, beside the records, names their settings and shards.
"""
from bert_nq.cli.start import run

from bert_nq.cli import preparation
from bert_nq.cli.candidate_preparation import DATA
from bert_nq.cli.flags import quesbelm

job_of_flags = preparation.define_flags(DATA, num_output_shards=1,
                                        define_featurizer=quesbelm.define_mining_flags)
preparation.define_num_workers()

if __name__ == "__main__":
    run(lambda: preparation.run(DATA, job_of_flags))
