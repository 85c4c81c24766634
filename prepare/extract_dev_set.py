r"""Merges Natural Questions development shards into one file, or into several of equal size.

    python prepare/extract_dev_set.py --data_dir=v1.0 --num_dev=2 \
        --output_jsonl=out/dev.jsonl.gz

takes the first two shards of v1.0/dev. Lines go through as they are, one at a time, each of them
checked; --sample, --only_answerable and --simplify make the set smaller. The output appears under
its name when it is complete and replaces what was there.
"""
from bert_nq.cli.start import run

from bert_nq.cli import extraction

extraction.define_flags("dev")

if __name__ == "__main__":
    run(lambda: extraction.extract("dev"))
