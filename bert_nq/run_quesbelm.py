r"""Trains QuesBELM's reader of candidates on NQ, and predicts the answers of NQ shards.

    python run_quesbelm.py --do_train --train_precomputed_file='candidates.tfrecord*' \
        --num_train_epochs=1 --bert_config_file=bert_config.json --vocab_file=vocab-tags.txt \
        --init_checkpoint=bert_model.ckpt --output_dir=base

    python run_quesbelm.py --do_predict --output_dir=base --predict_file='dev/nq-dev-*.jsonl.gz'

Each long-answer candidate of a page is read by itself, and the best one is answered with. Records
come from prepare_candidates.py. A start may be a model of run_squad.py: encoder and span head are
taken, the class head is new. docs/quesbelm.md has the stages of the recipe.

The pipeline, file by file:

    features/candidate_maker.py   a page's candidates as rows of wordpieces   no TensorFlow
    features/candidate_rows.py    what records hold                           no TensorFlow
    records/                      rows as TFRecords                           no TensorFlow
    modeling/heads/candidate.py   the head
    training/run.py               the training run
    prediction/job.py             shards to the prediction file               no TensorFlow
    decoding/candidates.py        outputs to answers                          no TensorFlow
    tasks/quesbelm.py             which of these belong together              no TensorFlow
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli import candidate_preparation
from bert_nq.cli.flags import quesbelm, scoring
from bert_nq.cli.model_program import ModelProgram

PROGRAM = ModelProgram(tasks.get("quesbelm"), quesbelm.define_flags, scoring.define_dev_flags,
                       candidate_preparation.DATA)

if __name__ == "__main__":
    run(PROGRAM.main)
