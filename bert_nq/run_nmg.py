r"""Learns which words a language model should guess when it is pretrained further on its domain.

    python run_nmg.py --do_meta_train --task=classification --train_file=train.jsonl \
        --vocab_file=vocab.txt --bert_config_file=bert_config.json \
        --init_checkpoint=bert_model.ckpt --output_dir=nmg

Episode after episode three players mask the same texts: a random masker, the policy, and its
opponent. Each pretrains a copy of the language model on its masks, fine-tunes it on a sample of the
task and is scored on texts that are held out; the policy learns from who did better. All trainings
are in one process and one graph. Killed at any moment, the same command goes on with the same
episodes, to the bit. Defaults are those of the source (Neural Mask Generator, Kang et al. 2020),
which are for BERT-base and a GPU. See docs/masking_policy.md.
"""
from bert_nq.cli.start import run

from bert_nq.cli.masking_policy import MaskingPolicyProgram

PROGRAM = MaskingPolicyProgram()

if __name__ == "__main__":
    run(PROGRAM.main)
