r"""Fine-tunes BERT on SQuAD 1.1, SQuAD 2.0 or data of that shape, and predicts and scores answers.

    python run_squad.py --do_train --train_file=train-v1.1.json --vocab_file=vocab.txt \
        --bert_config_file=bert_config.json --init_checkpoint=bert_model.ckpt --output_dir=model

    python run_squad.py --do_eval --output_dir=model --predict_file=dev-v1.1.json

--do_eval predicts and prints the official scores, --do_predict predicts alone, --do_export writes
the model for serving; all may be given together. Large data are prepared by prepare_squad_data.py
and given as --train_precomputed_file. Prediction takes the newest checkpoint in --output_dir, with
the config, the vocabulary and the settings that it was trained with, which lie beside it. Flags of
Google's run_squad keep their names, meanings and defaults, except as docs/parity.md says.

The pipeline, file by file:

    datasets/squad/reading.py    files of any format, question by question   no TensorFlow
    features/squad_windows.py    questions as windows of wordpieces          no TensorFlow
    records/                     windows as TFRecords                        no TensorFlow
    modeling/                    the model: an encoder and a head, heads/span.py or heads/beam.py
    training/run.py              the training run
    prediction/job.py            files to the prediction files               no TensorFlow
    decoding/run_squad.py        logits to answers; of the beam head beam.py no TensorFlow
    scoring/squad/               the official scores                         no TensorFlow
    tasks/squad.py               which of these belong together              no TensorFlow
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli import squad_preparation
from bert_nq.cli.flags import squad
from bert_nq.cli.model_program import ModelProgram

PROGRAM = ModelProgram(tasks.get("squad"), squad.define_flags, data=squad_preparation.DATA)

if __name__ == "__main__":
    run(PROGRAM.main)
