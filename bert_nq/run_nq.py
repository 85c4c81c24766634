r"""Trains BERT-joint on records of NQ windows, and predicts the answers of NQ shards.

    python run_nq.py --do_train --train_precomputed_file='nq-train.tfrecord*' \
        --bert_config_file=bert_config.json --vocab_file=vocab-nq.txt \
        --init_checkpoint=bert_model.ckpt --output_dir=model

    python run_nq.py --do_predict --output_dir=model --predict_file='dev/nq-dev-*.jsonl.gz'

Both flags together train, then predict; --do_export writes the model for serving. Prediction and
export take the newest checkpoint in --output_dir, with the config, the vocabulary and the settings
that it was trained with, which lie beside it; where there is none, --init_checkpoint, which must
then have the heads, as bert_joint.ckpt has, and a config and a vocabulary. The flags of Google's
bert_joint keep their names, meanings and defaults, except as docs/parity.md says.

The pipeline, file by file:

    features/contexts.py     a page's candidates as one text       no TensorFlow
    features/windows.py      the text as windows of wordpieces     no TensorFlow
    records/                 windows as TFRecords                  no TensorFlow
    modeling/                the model: an encoder and a head
    training/run.py          the training run
    prediction/job.py        shards to the prediction file         no TensorFlow
    prediction/predictor.py  pages through the model               no TensorFlow
    decoding/decoders.py     logits to answers                     no TensorFlow
    prediction/export.py     the model as a SavedModel
    tasks/nq_joint.py        which of these belong together        no TensorFlow
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli import nq_preparation
from bert_nq.cli.flags import nq_joint, scoring
from bert_nq.cli.model_program import ModelProgram

PROGRAM = ModelProgram(tasks.get("nq_joint"), nq_joint.define_flags, scoring.define_dev_flags,
                       nq_preparation.DATA)

if __name__ == "__main__":
    run(PROGRAM.main)
