r"""Merges Natural Questions training shards into one file, or into several of equal size.

    python prepare/extract_train_set.py --data_dir=v1.0 --num_train=2 \
        --output_jsonl=out/train.jsonl.gz

takes the first two shards of v1.0/train. Lines go through as they are, one at a time, each of them
checked; --sample, --only_answerable and --simplify make the set smaller. The output appears under
its name when it is complete and replaces what was there.
"""
from bert_nq.cli.start import run

from bert_nq.cli import extraction

extraction.define_flags("train")

if __name__ == "__main__":
    run(lambda: extraction.extract("train"))
