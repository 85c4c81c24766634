r"""Pre-trains an encoder further on text, as a masked language model.

    python run_mlm.py --do_train --train_file='texts-*.txt' --dev_file=held-out.txt \
        --vocab_file=vocab.txt --bert_config_file=bert_config.json \
        --init_checkpoint=bert_model.ckpt --masking=whole_word --max_seq_length=128 \
        --num_train_epochs=3 --passes=3 --output_dir=adapted

    python run_mlm.py --do_eval --output_dir=adapted --predict_file=held-out.txt

Texts are files as prepare_text_corpus.py takes them; in place of --train_file its records,
--train_precomputed_file. Each pass over the text hides other pieces, --passes of them; without
--init_checkpoint the weights start at random. --do_eval prints loss, perplexity and the share of
hidden pieces that are told, and --dev_file does while training goes on.

The result is a checkpoint of the encoder and of its masked language model's head, with its config
and vocabulary: run_nq.py, run_squad.py and run_classifier.py start from it by --init_checkpoint.
See docs/pretraining.md.
"""
from bert_nq.cli.start import run

from bert_nq import tasks
from bert_nq.cli import corpus_preparation
from bert_nq.cli.flags import masked_lm
from bert_nq.cli.model_program import ModelProgram

PROGRAM = ModelProgram(tasks.get("masked_lm"), masked_lm.define_flags,
                       data=corpus_preparation.DATA)

if __name__ == "__main__":
    run(PROGRAM.main)
