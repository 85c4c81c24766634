"""Runs prepare/download_nq.py against a local bucket and inspects the result."""
import os

from bert_nq.datasets.nq.downloading import web
from tests.support.nq_server import Bucket, some_bytes
from tests.support.programs import run

PROGRAM = "prepare/download_nq.py"
DEV = ["v1.0/dev/nq-dev-%02d.jsonl.gz" % i for i in range(5)]

# For tests of the library: an object, its content before and after a change, and short waits.
NAME = DEV[0]
LOCAL = "dev/nq-dev-00.jsonl.gz"
DATA = some_bytes(3000)
OTHER = some_bytes(2500, seed=1)
FAST = web.Policy(timeout=5.0, retries=2, first_wait=0.001, longest_wait=0.002)


def shard(number, size=5000):
    """The bytes of a shard; not gzip, since nothing here decompresses them."""
    return some_bytes(size, seed=number)


def dev_bucket():
    """A bucket with the five dev shards, of 5,000 bytes each."""
    return Bucket({name: shard(i) for i, name in enumerate(DEV)})


def arguments(bucket, folder, *args):
    """Flags to fetch the dev shards of the bucket, with short waits."""
    return ["--output_dir=%s" % folder, "--base_url=%s" % bucket.url, "--split=dev",
            "--nocheck_published", "--retry_wait=0.01", "--retries=2", "--timeout=10"] + list(args)


def download(bucket, folder, *args, **options):
    """Runs the program to its end."""
    return run(PROGRAM, *arguments(bucket, folder, *args), **options)


def table(stdout, title):
    """The rows of a printed table, {name: text}."""
    block = stdout[stdout.index("\n" + title):].split("\n\n")[0].splitlines()
    rows = [line.strip().split("  ", 1) for line in block if line.startswith("  ")]
    return {name: text.strip() for name, text in rows}


def visible(folder):
    """The paths below a folder, without hidden files."""
    return sorted(os.path.relpath(os.path.join(place, name), str(folder))
                  for place, _, names in os.walk(str(folder)) for name in names if name[0] != ".")


def parts_of(folder):
    """The names of the part files below a folder."""
    return [name for _, _, names in os.walk(str(folder)) for name in names if ".part" in name]


def assert_complete(folder, numbers=range(5)):
    """Checks the bytes of shards, and that no part is left."""
    for i in numbers:
        assert (folder / "dev" / ("nq-dev-%02d.jsonl.gz" % i)).read_bytes() == shard(i)
    assert parts_of(folder) == []
