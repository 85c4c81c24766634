r"""Fine-tunes BERT on texts with labels, and predicts and scores labels.

    python run_classifier.py --do_train --train_file=train.jsonl --vocab_file=vocab.txt \
        --bert_config_file=bert_config.json --init_checkpoint=bert_model.ckpt \
        --num_train_epochs=3 --learning_rate=2e-5 --train_batch_size=32 --output_dir=model

    python run_classifier.py --do_eval --output_dir=model --predict_file=dev.jsonl

Data are JSON lines, {"text": ..., "label": ...}, or tables of commas or tabs whose first line names
the columns text and label, gzipped or not; either may have an id. --do_eval predicts and prints
accuracy and F1, --do_predict predicts alone, also texts without labels, --do_export writes the
model for serving; all may be given together. Prediction takes the newest checkpoint in
--output_dir, with the config, the vocabulary, the labels and the settings that it was trained with,
which lie beside it. See docs/classification.md.
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli import classification_data
from bert_nq.cli.flags import classification
from bert_nq.cli.model_program import ModelProgram

PROGRAM = ModelProgram(tasks.get("classification"), classification.define_flags,
                       data=classification_data.DATA)

if __name__ == "__main__":
    run(PROGRAM.main)
